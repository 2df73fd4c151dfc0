"""PyTorch on the processor or a GPU. Takes its task as JSON, answers with one line of JSON (peer.ts has the format)."""

import json
import math
import sys
import time

import torch

from measuring import measure
from recurrences import recurrences

task = json.loads(sys.argv[1])
workload = task["workload"]
torch.set_num_threads(task["threads"])
torch.manual_seed(0)
device = torch.device(task.get("device", "cpu"))
on_gpu = device.type == "cuda"
# One thread is measured by the processor's time, several and a GPU by the wall's.
clock = time.process_time if task["threads"] == 1 and not on_gpu else time.perf_counter

size = workload["inputDimension"]
outputs = workload["outputDimension"]
tokens = workload["tokenCount"]
batch = workload["batchSize"]
all_tokens = workload["positions"] == "all"
x = torch.rand(batch, tokens, size, device=device) * 2 - 1
target = torch.rand(batch, tokens, outputs, device=device) * 2 - 1
if not all_tokens:
    target = target[:, -1]


def weight(rows, columns):
    return torch.nn.Parameter(torch.randn(rows, columns, device=device) / math.sqrt(columns))


def gated_rnn(recurrence):
    hidden = workload["hidden"]
    inner = weight(2 * hidden, size)
    decay = torch.nn.Parameter(0.9 + 0.1 * torch.rand(hidden, device=device))
    outer = weight(2 * hidden, hidden)
    readout = weight(outputs, hidden)

    def predict():
        gates = x @ inner.t()
        state = recurrence(gates[..., :hidden] * gates[..., hidden:], decay, all_tokens)
        products = state @ outer.t()
        return (products[..., :hidden] * products[..., hidden:]) @ readout.t()

    return [inner, decay, outer, readout], predict


def attention():
    projections = weight(3 * size, size)
    readout = weight(outputs, size)
    past = torch.tril(torch.ones(tokens, tokens, device=device)).bool()

    def predict():
        query, key, value = (x @ projections.t()).split(size, -1)
        scores = query @ key.transpose(1, 2)
        if workload["model"] == "softmax-attention":
            shares = torch.softmax((scores / math.sqrt(size)).masked_fill(~past, -1e30), -1)
        else:
            shares = scores * past
        return (shares @ value) @ readout.t()

    return [projections, readout], predict


def training_step(parameters, predict):
    optimizer = torch.optim.Adam(parameters, lr=1e-4)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = ((predict() - target) ** 2).sum() * (0.5 / batch)
        loss.backward()
        optimizer.step()
        if on_gpu:
            torch.cuda.synchronize()

    return step


if workload["type"] == "attention":
    forms = {"masked matmuls": attention}
else:
    forms = {name: (lambda chosen=recurrence: gated_rnn(chosen)) for name, recurrence in recurrences.items()}


def compiled(prepare):
    parameters, predict = prepare()
    return parameters, torch.compile(predict)


if on_gpu:
    for name, prepare in list(forms.items()):
        forms[f"{name}, compiled"] = lambda chosen=prepare: compiled(chosen)

version = f"{torch.__version__} on {torch.cuda.get_device_name()}" if on_gpu else torch.__version__
steps = {name: (lambda chosen=prepare: training_step(*chosen())) for name, prepare in forms.items()}
print(json.dumps({"version": version, **measure(steps, task["milliseconds"], clock)}))
