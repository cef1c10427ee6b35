#!/usr/bin/env python3
"""Writes one checkpoint of many small tensors, for what costs per tensor: names like those of a mixture of experts, float32.

  benchmarks/generate_many_tensors.py /tmp/many.safetensors --tensors=300000
  benchmarks/generate_many_tensors.py /tmp/many.bin --tensors=60000

The ending chooses the container: .safetensors, or a zip as torch writes it. The same arguments give the same bytes.
"""
import argparse
import json
import struct

from tensor_values import Tensor, TensorValues, byte_size
from torch_file import module_state_dict, write_torch

SHAPES = {"gate_proj.weight": (4, 6), "up_proj.weight": (4, 6), "down_proj.weight": (6, 4), "gate_proj.bias": (4,)}
EXPERTS = 512


def make_tensors(count):
    tensors = []
    for index in range(count):
        expert, part = divmod(index, len(SHAPES))
        layer, expert = divmod(expert, EXPERTS)
        name, shape = list(SHAPES.items())[part]
        tensors.append(Tensor(f"model.layers.{layer}.mlp.experts.{expert}.{name}", "float32", shape))
    return tensors


def write_safetensors(path, tensors, values):
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for tensor in sorted(tensors, key=lambda tensor: tensor.name):
        begin, end = end, end + byte_size(tensor)
        header[tensor.name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in sorted(tensors, key=lambda tensor: tensor.name):
            for piece in values.pieces(tensor):
                file.write(piece)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("out", help="the file; replaced when it is there")
    parser.add_argument("--tensors", type=int, default=300_000)
    arguments = parser.parse_args()
    tensors, values = make_tensors(arguments.tensors), TensorValues()
    if arguments.out.endswith(".safetensors"):
        write_safetensors(arguments.out, tensors, values)
    else:
        write_torch(arguments.out, module_state_dict(tensors, []), values)


if __name__ == "__main__":
    main()
