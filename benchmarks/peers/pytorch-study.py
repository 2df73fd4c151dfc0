"""
The runs of a study in PyTorch, one after the other on one thread, as one would write them for speed: fresh sequences in every step (drawn for many steps at
once), clipping, Adam with a cosine schedule, held-out losses before and after, a line of a log for every step, a checkpoint at the end.

Takes its task as JSON, says which form of the recurrence it found to be the fastest, waits for a line, trains, and answers; all by lines of JSON
(pytorch-study.ts has their format).
"""

import csv
import json
import math
import os
import sys
import time

import torch

from recurrences import recurrences

task = json.loads(sys.argv[1])
steps, batch, hidden = task["stepCount"], task["batchSize"], task["hidden"]
context, size, outputs = task["contextLength"], task["inputDimension"], task["outputDimension"]
torch.set_num_threads(1)
# So many steps are drawn at once: one step at a time costs PyTorch more than twice as much.
steps_per_draw = 50
steps_to_choose = 300


def draw(count):
    """Contexts of `count` sequences as tokens (x, y, 1), and the targets of their queries."""
    x = (torch.rand(count, context + 1, size) * 2 - 1) * math.sqrt(3)
    y = x @ (torch.randn(count, size, outputs) * math.sqrt(1 / size))
    target = y[:, -1].clone()
    y[:, -1] = 0
    return torch.cat([x, y, torch.ones(count, context + 1, 1)], -1), target


class GatedRnn(torch.nn.Module):
    """Eq. 2 of Zucchet et al. 2023, for the last token."""

    def __init__(self, recurrence):
        super().__init__()
        self.recurrence = recurrence
        self.inner = weight(2 * hidden, size + outputs + 1)
        self.nu = torch.nn.Parameter(torch.log(-torch.log(0.9 + 0.0999 * torch.rand(hidden))))
        self.outer = weight(2 * hidden, hidden)
        self.readout = weight(outputs, hidden)

    def forward(self, tokens):
        gates = tokens @ self.inner.t()
        decay = torch.exp(-torch.exp(self.nu))
        state = self.recurrence(gates[..., :hidden] * gates[..., hidden:], decay, False)
        products = state @ self.outer.t()
        return (products[..., :hidden] * products[..., hidden:]) @ self.readout.t()


def weight(rows, columns):
    return torch.nn.Parameter(torch.randn(rows, columns) / math.sqrt(columns))


def half_squared_error(model, tokens, target):
    return ((model(tokens) - target) ** 2).sum() * (0.5 / (len(tokens) * outputs))


def held_out_loss(model, sequences):
    with torch.no_grad():
        return half_squared_error(model, *sequences).item()


def train(seed, recurrence, step_count):
    """Gives held-out losses and the log; the run's checkpoint and log lie in the task's folder afterwards."""
    torch.manual_seed(seed)
    model = GatedRnn(recurrence)
    parameters = list(model.parameters())
    optimizer = torch.optim.Adam(parameters, lr=task["learningRate"])
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, step_count)
    held_out = draw(batch)
    before = held_out_loss(model, held_out)
    rows = []
    for step in range(step_count):
        if step % steps_per_draw == 0:
            drawn = [part.split(batch) for part in draw(batch * steps_per_draw)]
        tokens, target = (part[step % steps_per_draw] for part in drawn)
        optimizer.zero_grad(set_to_none=True)
        loss = half_squared_error(model, tokens, target)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        rows.append((step, loss.item(), norm.item(), schedule.get_last_lr()[0]))
        schedule.step()
    after = held_out_loss(model, held_out)
    path = os.path.join(task["folder"], f"run-{seed}")
    with open(f"{path}.csv", "w", newline="") as file:
        csv.writer(file).writerows([("step", "loss", "gradient norm", "learning rate"), *rows])
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, f"{path}.pt")
    return before, after


def seconds_of(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


first = task["firstSeed"]
choices = {name: seconds_of(lambda: train(first, form, steps_to_choose)) for name, form in recurrences.items()}
form = min(choices, key=choices.get)
print(json.dumps({"version": torch.__version__, "form": form}), flush=True)
sys.stdin.readline()
losses = [train(seed, recurrences[form], steps) for seed in range(first, first + task["runCount"])]
print(json.dumps({"heldOutLosses": losses}))
