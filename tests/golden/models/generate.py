#!/usr/bin/env python3
"""Golden outputs and gradients of every model, by PyTorch in double precision.

    python3 tests/golden/models/generate.py > tests/golden/models/models.json

Every model is written here once more, for its equation, token by token, without regard to speed; gradients come from PyTorch's autograd.
GRU and LSTM are PyTorch's own cells. Parameters and tokens are multiples of 1/64, so that they are the same numbers in f32.
"""

import json
import math
import sys

import torch

torch.set_default_dtype(torch.float64)


def numbers(count, phase):
    """Multiples of 1/64 between -1 and 1 without a visible pattern."""
    return [((i * i * 7 + i * 29 + phase * 17 + (i * phase) % 13) % 127 - 63) / 64 for i in range(count)]


class Parameters:
    """Named tensors that appear when they are first asked for."""

    def __init__(self):
        self.values = {}

    def __call__(self, name, rows, columns):
        if name not in self.values:
            flat = torch.tensor(numbers(rows * columns, len(self.values) + 1))
            self.values[name] = flat.reshape(rows, columns).requires_grad_()
        return self.values[name]


def decay(nu):
    return torch.exp(-torch.exp(nu))


def silu(x):
    return x * torch.sigmoid(x)


def softplus(x):
    return torch.log1p(torch.exp(x))


def over_time(tokens, state, step):
    """Runs step(x, state) -> (output, state) over the tokens."""
    outputs = []
    for x in tokens:
        output, state = step(x, state)
        outputs.append(output)
    return torch.stack(outputs)


def gated_rnn(p, layer, x, outputs, o):
    n, k, d = o["hidden"], o["outputNeurons"], x.shape[1]
    m_in, x_in = p(f"{layer}.inputGate.m", n, d + 1), p(f"{layer}.inputGate.x", n, d + 1)
    dense = o.get("dense", False)
    recurrence = p(f"{layer}.recurrence", n, n) if dense else torch.diag(decay(p(f"{layer}.nu", 1, n))[0])
    m_out, x_out = p(f"{layer}.outputGate.m", k, n), p(f"{layer}.outputGate.x", k, n)
    readout = p(f"{layer}.readout", outputs, k)

    def step(token, h):
        z = torch.cat([token, torch.ones(1)])
        h = recurrence @ h + (m_in @ z) * (x_in @ z)
        return readout @ ((m_out @ h) * (x_out @ h)), h

    return over_time(x, torch.zeros(n), step)


def dense_gated_rnn(p, layer, x, outputs, o):
    return gated_rnn(p, layer, x, outputs, {**o, "dense": True})


def side_gated_rnn(p, layer, x, outputs, o):
    n, k, d = o["hidden"], o["outputNeurons"], x.shape[1]
    m_in, x_in = p(f"{layer}.inputGate.m", n, d), p(f"{layer}.inputGate.x", n, d)
    rate = decay(p(f"{layer}.nu", 1, n))[0]
    side_h, side_x = p(f"{layer}.sideGate.h", k, n), p(f"{layer}.sideGate.x", k, d)
    readout = p(f"{layer}.readout", outputs, k)

    def step(token, h):
        h = rate * h + (m_in @ token) * (x_in @ token)
        return readout @ ((side_h @ h) * (side_x @ token)), h

    return over_time(x, torch.zeros(n), step)


def windowed_gated_rnn(p, layer, x, outputs, o):
    d = x.shape[1]
    padded = torch.cat([torch.zeros(o["window"] - 1, d), x])
    windows = [torch.cat([padded[t + o["window"] - 1 - age] for age in range(o["window"])]) for t in range(len(x))]
    return side_gated_rnn(p, layer, torch.stack(windows), outputs, o)


def attention(p, layer, x, outputs, o, mix):
    k, v, heads, d = o["keyDimension"], o["valueDimension"], o["heads"], x.shape[1]
    q = x @ p(f"{layer}.query", k, d).T
    key = x @ p(f"{layer}.key", k, d).T
    value = x @ p(f"{layer}.value", v, d).T
    split = lambda y: y.reshape(len(x), heads, -1).transpose(0, 1)
    mixed = torch.stack([mix(*parts) for parts in zip(split(q), split(key), split(value))])
    return mixed.transpose(0, 1).reshape(len(x), v) @ p(f"{layer}.readout", outputs, v).T


def linear_attention(p, layer, x, outputs, o):
    return attention(p, layer, x, outputs, o, lambda q, k, v: torch.tril(q @ k.T) @ v)


def softmax_attention(p, layer, x, outputs, o):
    def mix(q, k, v):
        visible = torch.tril(torch.ones(len(q), len(q), dtype=torch.bool))
        scores = (q @ k.T / math.sqrt(k.shape[1])).masked_fill(~visible, -math.inf)
        return torch.softmax(scores, dim=1) @ v

    return attention(p, layer, x, outputs, o, mix)


def fast_weights(p, layer, x, outputs, o):
    k, v, d = o["keyDimension"], o["valueDimension"], x.shape[1]
    q = x @ p(f"{layer}.query", k, d).T
    key = x @ p(f"{layer}.key", k, d).T
    value = x @ p(f"{layer}.value", v, d).T
    return q, key, value, p(f"{layer}.readout", outputs, v)


def gated_linear_attention(p, layer, x, outputs, o):
    q, key, value, readout = fast_weights(p, layer, x, outputs, o)
    k = o["keyDimension"]
    forget = torch.sigmoid(x @ p(f"{layer}.forget", k, x.shape[1]).T + p(f"{layer}.forget.bias", 1, k)) ** (1 / 16)
    memory, result = torch.zeros(k, o["valueDimension"]), []
    for t in range(len(x)):
        memory = torch.diag(forget[t]) @ memory + torch.outer(key[t], value[t])
        result.append(readout @ (memory.T @ q[t]))
    return torch.stack(result)


def delta_net(p, layer, x, outputs, o):
    q, key, value, readout = fast_weights(p, layer, x, outputs, o)
    rate = torch.sigmoid(x @ p(f"{layer}.rate", 1, x.shape[1]).T + p(f"{layer}.rate.bias", 1, 1))[:, 0]
    unit = lambda y: y / torch.sqrt((y * y).sum() + 1e-6)
    k = o["keyDimension"]
    memory, result = torch.zeros(k, o["valueDimension"]), []
    for t in range(len(x)):
        direction = unit(key[t])
        correction = torch.eye(k) - rate[t] * torch.outer(direction, direction)
        memory = correction @ memory + rate[t] * torch.outer(direction, value[t])
        result.append(readout @ (memory.T @ unit(q[t])))
    return torch.stack(result)


def lru(p, layer, x, outputs, o):
    n, d, feedforward = o["hidden"], x.shape[1], o["feedforward"]
    glu = lambda name, rows, y: (y @ p(f"{name}.m", rows, d).T) * torch.sigmoid(y @ p(f"{name}.x", rows, d).T)
    u = glu(f"{layer}.inputGlu", d, x) if o["inputGlu"] else x
    modulus = decay(p(f"{layer}.nu", 1, n))[0]
    rotation = torch.polar(modulus, torch.exp(p(f"{layer}.theta", 1, n))[0])
    gamma = torch.exp(p(f"{layer}.gamma", 1, n))[0]
    b = torch.complex(p(f"{layer}.input.real", n, d), p(f"{layer}.input.imaginary", n, d))
    c = torch.complex(p(f"{layer}.output.real", d, n), p(f"{layer}.output.imaginary", d, n))
    direct = p(f"{layer}.direct", 1, d)[0]

    def step(token, h):
        h = rotation * h + gamma * (b @ token.to(torch.complex128))
        return (c @ h).real + direct * token, h

    v = over_time(u, torch.zeros(n, dtype=torch.complex128), step)
    if feedforward == "glu":
        return glu(f"{layer}.glu", outputs, v)
    if feedforward == "mlp":
        hidden = torch.relu(v @ p(f"{layer}.mlp.first", o["mlpNeurons"], d).T)
        return hidden @ p(f"{layer}.mlp.second", outputs, o["mlpNeurons"]).T
    return (v @ p(f"{layer}.side.m", outputs, d).T) * (x @ p(f"{layer}.side.x", outputs, d).T)


def rg_lru(p, layer, x, outputs, o):
    n, d = o["hidden"], x.shape[1]
    u = x @ p(f"{layer}.input", n, d).T
    gate = lambda name: torch.sigmoid(x @ p(f"{layer}.{name}", n, d).T + p(f"{layer}.{name}.bias", 1, n))
    r, i = gate("recurrenceGate"), gate("inputGate")
    rate = decay(p(f"{layer}.nu", 1, n)) ** r
    side = silu(x @ p(f"{layer}.sideGate", n, d).T)
    h, result = torch.zeros(n), []
    for t in range(len(x)):
        h = rate[t] * h + torch.sqrt(1 - rate[t] ** 2) * i[t] * u[t]
        result.append(h * side[t])
    return torch.stack(result) @ p(f"{layer}.readout", outputs, n).T


def selective_ssm(p, layer, x, outputs, o):
    c, n, d = o["channels"], o["states"], x.shape[1]
    u = x @ p(f"{layer}.input", c, d).T
    step = softplus(u @ p(f"{layer}.step", c, c).T + p(f"{layer}.step.bias", 1, c))
    write, read = u @ p(f"{layer}.write", n, c).T, u @ p(f"{layer}.read", n, c).T
    rates = -torch.exp(torch.cat([p(f"{layer}.state{i}.logRate", 1, c) for i in range(n)])).T
    direct = p(f"{layer}.direct", 1, c)[0]
    side = silu(x @ p(f"{layer}.sideGate", c, d).T)
    h, result = torch.zeros(c, n), []
    for t in range(len(x)):
        h = torch.exp(step[t][:, None] * rates) * h + torch.outer(step[t] * u[t], write[t])
        result.append((h @ read[t] + direct * u[t]) * side[t])
    return torch.stack(result) @ p(f"{layer}.readout", outputs, c).T


def recurrent_cell(cell, p, layer, x, o, gates):
    """The states of PyTorch's own cell with our parameters; `gates` are ours in PyTorch's order."""
    n, d = o["hidden"], x.shape[1]
    together = lambda part, columns: torch.cat([p(f"{layer}.{gate}.{part}", n, columns) for gate in gates])
    from_input, from_hidden = together("x", d), together("h", n)
    bias = torch.cat([p(f"{layer}.{gate}.bias", 1, n)[0] for gate in gates])
    hidden_bias = torch.zeros(len(gates) * n)
    if cell is torch.gru_cell:
        hidden_bias = torch.cat([torch.zeros(2 * n), p(f"{layer}.candidate.h.bias", 1, n)[0]])
    zeros = torch.zeros(1, n)
    state, result = zeros if cell is torch.gru_cell else (zeros, zeros), []
    for token in x:
        state = cell(token[None, :], state, from_input, from_hidden, bias, hidden_bias)
        result.append(state[0] if cell is torch.gru_cell else state[0][0])
    return torch.stack(result)


def gru(p, layer, x, o):
    return recurrent_cell(torch.gru_cell, p, layer, x, o, ["reset", "update", "candidate"])


def lstm(p, layer, x, o):
    return recurrent_cell(torch.lstm_cell, p, layer, x, o, ["input", "forget", "candidate", "output"])


def stack(layer_function):
    """Embedding, normalization, convolution, skip connection and readout around layers."""

    def run(p, tokens, outputs, o):
        width = o.get("width")
        x = tokens if o.get("embedding") is None else tokens @ p("embedding", o["embedding"], tokens.shape[1]).T
        layers = o.get("layers", 1)
        for index in range(layers):
            layer, d = f"layer{index}", x.shape[1]
            wanted = outputs if index == layers - 1 and not o.get("readout", False) else (width or (o.get("embedding") or d))
            u = x
            if o.get("normalization") == "layer":
                scale, shift = p(f"{layer}.normalization.scale", 1, d), p(f"{layer}.normalization.bias", 1, d)
                u = torch.nn.functional.layer_norm(u, (d,), scale[0], shift[0], eps=1e-5)
            taps = o.get("convolution", 1)
            if taps > 1:
                padded = torch.cat([torch.zeros(taps - 1, d), u])
                rows = [p(f"{layer}.convolution.tap{age}", 1, d) for age in range(taps)]
                u = sum(row * padded[taps - 1 - age : len(padded) - age] for age, row in enumerate(rows))
            y = layer_function(p, layer, u, wanted, o)
            x = x + y if o.get("skip") and wanted == d else y
        return x @ p("readout", outputs, x.shape[1]).T if o.get("readout") else x

    return run


def classic(layer_function):
    """Layers of LSTM or GRU and a linear readout."""

    def run(p, tokens, outputs, o):
        x = tokens if o.get("embedding") is None else tokens @ p("embedding", o["embedding"], tokens.shape[1]).T
        for index in range(o.get("layers", 1)):
            x = layer_function(p, f"layer{index}", x, o)
        return x @ p("readout", outputs, o["hidden"]).T

    return run


MODELS = {
    "gated-rnn": stack(gated_rnn),
    "side-gated-rnn": stack(side_gated_rnn),
    "dense-gated-rnn": stack(dense_gated_rnn),
    "windowed-gated-rnn": stack(windowed_gated_rnn),
    "linear-attention": stack(linear_attention),
    "softmax-attention": stack(softmax_attention),
    "gated-linear-attention": stack(gated_linear_attention),
    "delta-net": stack(delta_net),
    "lru": stack(lru),
    "rg-lru": stack(rg_lru),
    "selective-ssm": stack(selective_ssm),
    "lstm": classic(lstm),
    "gru": classic(gru),
}

AROUND = {"layers": 2, "embedding": 4, "width": 4, "readout": True, "normalization": "layer", "skip": True, "convolution": 3}
ATTENTION = {"keyDimension": 4, "valueDimension": 6, "heads": 2}
CASES = [
    ("gated-rnn", {"hidden": 4, "outputNeurons": 3}),
    ("gated-rnn", {"hidden": 3, "outputNeurons": 3, **AROUND}),
    ("side-gated-rnn", {"hidden": 4, "outputNeurons": 3}),
    ("dense-gated-rnn", {"hidden": 3, "outputNeurons": 3}),
    ("windowed-gated-rnn", {"hidden": 4, "outputNeurons": 3, "window": 3}),
    ("linear-attention", ATTENTION),
    ("linear-attention", {**ATTENTION, **AROUND}),
    ("softmax-attention", ATTENTION),
    ("softmax-attention", {**ATTENTION, **AROUND}),
    ("gated-linear-attention", {"keyDimension": 3, "valueDimension": 4}),
    ("gated-linear-attention", {"keyDimension": 3, "valueDimension": 4, **AROUND}),
    ("delta-net", {"keyDimension": 3, "valueDimension": 4}),
    ("delta-net", {"keyDimension": 3, "valueDimension": 4, **AROUND}),
    ("lru", {"hidden": 4, "feedforward": "glu", "inputGlu": False}),
    ("lru", {"hidden": 4, "feedforward": "glu", "inputGlu": True, **AROUND}),
    ("lru", {"hidden": 4, "feedforward": "mlp", "inputGlu": False, "mlpNeurons": 5}),
    ("lru", {"hidden": 4, "feedforward": "side", "inputGlu": True}),
    ("rg-lru", {"hidden": 4}),
    ("rg-lru", {"hidden": 4, **AROUND}),
    ("selective-ssm", {"channels": 4, "states": 3}),
    ("selective-ssm", {"channels": 4, "states": 3, **AROUND}),
    ("lstm", {"hidden": 4, "layers": 2}),
    ("gru", {"hidden": 4, "layers": 2}),
]

TOKENS, INPUTS, OUTPUTS = 6, 3, 2


def golden(name, options):
    parameters = Parameters()
    tokens = torch.tensor(numbers(TOKENS * INPUTS, 99)).reshape(TOKENS, INPUTS)
    outputs = MODELS[name](parameters, tokens, OUTPUTS, options)
    (outputs**2).sum().mul(0.5).backward()
    listed = lambda tensor: [[float(f"{x:.9g}") for x in row] for row in tensor.tolist()]
    # Every parameter counts its own numbers, so the test needs the order in which they appeared here.
    gradients = {key: listed(value.grad) for key, value in parameters.values.items()}
    return {"name": name, "options": options, "outputs": listed(outputs.detach()), "gradients": gradients}


cases = [json.dumps(golden(name, options)) for name, options in CASES]
source = f"PyTorch {torch.__version__.split('+')[0]}, float64; tests/golden/models/generate.py"
sys.stdout.write('{"source": %s,\n "cases": [\n%s\n]}\n' % (json.dumps(source), ",\n".join(cases)))
