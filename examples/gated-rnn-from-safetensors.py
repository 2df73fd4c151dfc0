#!/usr/bin/env python3
"""Rebuilds a gated RNN (Eq. 2) from an exported file with nothing but numpy, and measures its loss on sequences of its own.

    npx starling train experiments/in-context-regression/gated-rnn.yaml --out my-run
    npx starling export my-run --out gated-rnn.safetensors
    python3 examples/gated-rnn-from-safetensors.py gated-rnn.safetensors

The sequences are drawn by numpy, so the loss equals that of the run up to the sampling error that is printed beside it.
"""

import json
import struct
import sys

import numpy as np


def read_safetensors(path):
    """Metadata and tensors of a file, as the format has them: a length, a JSON header, then the numbers."""
    with open(path, "rb") as file:
        (header_bytes,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(header_bytes))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        if entry["dtype"] != "F32":
            raise ValueError(f"Cannot read {name}: {entry['dtype']} found, F32 wanted")
        begin, end = entry["data_offsets"]
        tensors[name] = np.frombuffer(data[begin:end], dtype="<f4").reshape(entry["shape"])
    return metadata, tensors


def draw(task, count, generator):
    """Tokens [count, T + 1, d_x + d_y] and targets [count, d_y] of in-context linear regression."""
    length, d_x, d_y = task["contextLength"], task["inputDimension"], task["outputDimension"]
    law = task["inputs"]
    if law["law"] == "uniform":
        x = generator.uniform(-law["bound"], law["bound"], (count, length + 1, d_x))
    else:
        x = generator.normal(0, law["standardDeviation"], (count, length + 1, d_x))
    variance = task["testWeightVariance"] or task["weightVariance"] or 1 / d_x
    w = generator.normal(0, np.sqrt(variance), (count, d_y, d_x))
    y = np.einsum("nij,ntj->nti", w, x)
    shown = y + task["noise"] * generator.normal(size=y.shape)
    shown[:, -1] = 0
    return np.concatenate([x, shown], axis=2), y[:, -1]


def gated_rnn(tensors, tokens):
    """Eq. 2 at the last token: h = decay * h + (m z)(x z), y = D ((m h)(x h)), z = [token; 1]."""
    layer = lambda name: tensors[f"layer0.{name}"]
    decay = np.exp(-np.exp(layer("nu")[0]))
    h = np.zeros((len(tokens), len(decay)), dtype=np.float32)
    for t in range(tokens.shape[1]):
        z = np.concatenate([tokens[:, t], np.ones((len(tokens), 1))], axis=1).astype(np.float32)
        h = decay * h + (z @ layer("inputGate.m").T) * (z @ layer("inputGate.x").T)
    return ((h @ layer("outputGate.m").T) * (h @ layer("outputGate.x").T)) @ layer("readout").T


def main(path, count=100_000):
    metadata, tensors = read_safetensors(path)
    configuration = json.loads(metadata["configuration"])
    model, task = configuration["model"], configuration["task"]
    if model["name"] != "gated-rnn" or model["layers"] != 1 or task["name"] != "in-context-regression":
        raise SystemExit(f"Cannot rebuild {path}: {model['name']} on {task['name']} found, one layer of gated-rnn on in-context-regression wanted")
    losses = []
    generator = np.random.default_rng(0)
    for _ in range(0, count, 10_000):
        tokens, targets = draw(task, 10_000, generator)
        losses.append(0.5 * ((gated_rnn(tensors, tokens) - targets) ** 2).mean(axis=1))
    losses = np.concatenate(losses)
    error = losses.std(ddof=1) / np.sqrt(len(losses))
    print(f"{path}: step {metadata['step']}, half the mean squared error per output {losses.mean():.6f} +- {error:.6f} on {len(losses)} sequences")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
