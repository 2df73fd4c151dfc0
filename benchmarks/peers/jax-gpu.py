"""JAX with jit, on the device that it finds. Takes its task as JSON, answers with one line of JSON (peer.ts has the format)."""

import json
import math
import sys

import jax
import jax.numpy as jnp

from measuring import measure

# Products in full f32, as PyTorch and we compute them; by default a GPU rounds their factors to fewer bits.
jax.config.update("jax_default_matmul_precision", "highest")

task = json.loads(sys.argv[1])
workload = task["workload"]
size = workload["inputDimension"]
outputs = workload["outputDimension"]
tokens = workload["tokenCount"]
batch = workload["batchSize"]
all_tokens = workload["positions"] == "all"
keys = iter(jax.random.split(jax.random.PRNGKey(0), 16))


def weight(rows, columns):
    return jax.random.normal(next(keys), (rows, columns)) / math.sqrt(columns)


def loop_over_time(u, decay):
    """lax.scan, token by token."""

    def advance(hidden, value):
        hidden = decay * hidden + value
        return hidden, hidden

    last, states = jax.lax.scan(advance, jnp.zeros_like(u[:, 0]), jnp.swapaxes(u, 0, 1))
    return jnp.swapaxes(states, 0, 1) if all_tokens else last


def scan_in_a_tree(u, decay):
    """lax.associative_scan over pairs (decay, value)."""

    def combine(earlier, later):
        return earlier[0] * later[0], later[0] * earlier[1] + later[1]

    decays = jnp.broadcast_to(decay, u.shape)
    states = jax.lax.associative_scan(combine, (decays, u), axis=1)[1]
    return states if all_tokens else states[:, -1]


def matrix_over_time(u, decay):
    """A lower triangular matrix of powers for each neuron."""
    index = jnp.arange(tokens)
    distance = index[:, None] - index[None, :]
    powers = decay[:, None, None] ** jnp.maximum(distance, 0)[None].astype(jnp.float32)
    matrix = jnp.where(distance[None] >= 0, powers, 0.0)
    if all_tokens:
        return jnp.einsum("nts,bsn->btn", matrix, u)
    return jnp.einsum("ns,bsn->bn", matrix[:, -1], u)


def gated_rnn(recurrence):
    hidden = workload["hidden"]
    decay = 0.9 + 0.1 * jax.random.uniform(next(keys), (hidden,))
    parameters = [weight(2 * hidden, size), decay, weight(2 * hidden, hidden), weight(outputs, hidden)]

    def predict(parameters, x):
        inner, decay, outer, readout = parameters
        gates = x @ inner.T
        state = recurrence(gates[..., :hidden] * gates[..., hidden:], decay)
        products = state @ outer.T
        return (products[..., :hidden] * products[..., hidden:]) @ readout.T

    return parameters, predict


def attention():
    parameters = [weight(3 * size, size), weight(outputs, size)]
    past = jnp.tril(jnp.ones((tokens, tokens), bool))

    def predict(parameters, x):
        projections, readout = parameters
        query, key, value = jnp.split(x @ projections.T, 3, -1)
        scores = query @ jnp.swapaxes(key, 1, 2)
        if workload["model"] == "softmax-attention":
            shares = jax.nn.softmax(jnp.where(past, scores / math.sqrt(size), -1e30), -1)
        else:
            shares = scores * past
        return (shares @ value) @ readout.T

    return parameters, predict


def training_step(parameters, predict):
    x = jax.random.uniform(next(keys), (batch, tokens, size), minval=-1.0, maxval=1.0)
    rows = (batch, tokens, outputs) if all_tokens else (batch, outputs)
    target = jax.random.uniform(next(keys), rows, minval=-1.0, maxval=1.0)

    def loss_of(parameters, x, target):
        return ((predict(parameters, x) - target) ** 2).sum() * (0.5 / batch)

    @jax.jit
    def advance(state, x, target):
        parameters, means, squares, count = state
        gradients = jax.grad(loss_of)(parameters, x, target)
        count = count + 1
        means = [0.9 * mean + 0.1 * gradient for mean, gradient in zip(means, gradients)]
        squares = [0.999 * square + 0.001 * gradient**2 for square, gradient in zip(squares, gradients)]
        parameters = [
            parameter - 1e-4 * (mean / (1 - 0.9**count)) / (jnp.sqrt(square / (1 - 0.999**count)) + 1e-8)
            for parameter, mean, square in zip(parameters, means, squares)
        ]
        return parameters, means, squares, count

    zeros = [jnp.zeros_like(parameter) for parameter in parameters]
    state = (parameters, zeros, zeros, jnp.float32(0))

    def step():
        nonlocal state
        state = jax.block_until_ready(advance(state, x, target))

    return step


if workload["type"] == "attention":
    forms = {"masked matmuls": attention}
else:
    recurrences = {
        "loop over time": loop_over_time,
        "scan in a tree": scan_in_a_tree,
        "matrix over time": matrix_over_time,
    }
    forms = {name: (lambda chosen=recurrence: gated_rnn(chosen)) for name, recurrence in recurrences.items()}

version = f"{jax.__version__} on {jax.devices()[0].device_kind}"
steps = {f"{name}, jit": (lambda chosen=prepare: training_step(*chosen())) for name, prepare in forms.items()}
print(json.dumps({"version": version, **measure(steps, task["milliseconds"])}))
