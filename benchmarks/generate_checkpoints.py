#!/usr/bin/env python3
"""Writes the sources of recipe minigpt4, of any size, into a folder:

  OUT/blip2/model_state.pdparams      as paddle.save writes it
  OUT/vicuna/pytorch_model.bin        as torch 1.12 writes it, with config.json; with --shards shards and their index instead
  OUT/prerained_minigpt4.pth          as MiniGPT-4's trainer writes it

Names, shapes, dtypes, order and containers are those of the real files (reference_pipeline.md); values are pseudo-random numbers of the size
of weights. The same arguments give the same bytes. Existing files are replaced.

  benchmarks/generate_checkpoints.py /tmp/medium --preset=medium
  benchmarks/generate_checkpoints.py /tmp/wide --preset=tiny --hidden_size=4096 --vicuna_dtype=float16
"""
import argparse
import json
import os

import minigpt4_tensors
from paddle_file import write_pdparams
from tensor_values import SparseValues, TensorValues, byte_size
from torch_file import module_state_dict, write_torch

# `tiny` has the extents of the golden of that name; `medium` the widths of the 7B model and one of its layers, which makes 3.3 GB merged; `7b`
# is the whole of it, 15.9 GB; `13b` the larger one, 28.5 GB.
_7B = minigpt4_tensors.Sizes(
    hidden_size=4096, intermediate_size=11008, layers=32, heads=32, vocabulary=32001,
    vision_hidden_size=1408, vision_intermediate_size=6144, vision_layers=39, image_positions=257,
    qformer_hidden_size=768, qformer_intermediate_size=3072, qformer_layers=12, query_tokens=32, t5_hidden_size=256)
PRESETS = {
    "tiny": minigpt4_tensors.Sizes(
        hidden_size=64, intermediate_size=176, layers=2, heads=4, vocabulary=321,
        vision_hidden_size=48, vision_intermediate_size=96, vision_layers=2, image_positions=5,
        qformer_hidden_size=32, qformer_intermediate_size=64, qformer_layers=2, query_tokens=4, t5_hidden_size=32),
    "medium": _7B._replace(layers=1),
    "7b": _7B,
    "13b": _7B._replace(hidden_size=5120, intermediate_size=13824, layers=40, heads=40),
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("out", help="the folder; created as needed")
    parser.add_argument("--preset", choices=PRESETS, default="tiny")
    for field in minigpt4_tensors.Sizes._fields:
        parser.add_argument(f"--{field}", type=int, help="default: the preset's")
    parser.add_argument("--vicuna_dtype", choices=["float32", "float16"], default="float32")
    parser.add_argument("--vision_dtype", choices=["float32", "float16"], default="float16")
    parser.add_argument("--qformer_dtype", choices=["float32", "float16"], default="float32")
    parser.add_argument("--shards", type=int, default=0, help="so many files for Vicuna, and an index (default: one file, no index)")
    parser.add_argument("--edges", action="store_true", help="any bit pattern as value: NaN, infinities, subnormals")
    parser.add_argument("--sparse", action="store_true", help="holes in the place of values: tables of any size, on next to no disk")
    return parser.parse_args()


def write_vicuna(folder, sizes, tensors, shards, values):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
        file.write(json.dumps(minigpt4_tensors.vicuna_config(sizes), indent=2, sort_keys=True) + "\n")
    if shards:
        write_shards(folder, tensors, shards, values)
    else:
        state_dict = module_state_dict(tensors, minigpt4_tensors.vicuna_modules(sizes))
        write_torch(os.path.join(folder, "pytorch_model.bin"), state_dict, values)


def write_shards(folder, tensors, shards, values):
    """Cuts the tensors, in order, into files of about the same size; fewer than `shards` where single tensors are larger than that."""
    total = sum(byte_size(tensor) for tensor in tensors)
    groups, before = {}, 0
    for tensor in tensors:
        groups.setdefault(before * shards // total, []).append(tensor)
        before += byte_size(tensor)
    weight_map = {}
    for number, group in enumerate(groups.values(), 1):
        name = f"pytorch_model-{number:05}-of-{len(groups):05}.bin"
        write_torch(os.path.join(folder, name), {tensor.name: tensor for tensor in group}, values)
        weight_map.update((tensor.name, name) for tensor in group)
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    with open(os.path.join(folder, "pytorch_model.bin.index.json"), "w", encoding="utf-8") as file:
        file.write(json.dumps(index, indent=2, sort_keys=True) + "\n")


def main():
    arguments = parse_arguments()
    given = {field: getattr(arguments, field) for field in minigpt4_tensors.Sizes._fields if getattr(arguments, field) is not None}
    sizes = PRESETS[arguments.preset]._replace(**given)
    dtypes = minigpt4_tensors.Dtypes(vicuna=arguments.vicuna_dtype, vision=arguments.vision_dtype, qformer=arguments.qformer_dtype)
    values = SparseValues() if arguments.sparse else TensorValues(arguments.edges)

    os.makedirs(os.path.join(arguments.out, "blip2"), exist_ok=True)
    write_pdparams(os.path.join(arguments.out, "blip2", "model_state.pdparams"), minigpt4_tensors.blip2_tensors(sizes, dtypes), values)
    vicuna = minigpt4_tensors.vicuna_tensors(sizes, dtypes)
    write_vicuna(os.path.join(arguments.out, "vicuna"), sizes, vicuna, arguments.shards, values)
    write_torch(os.path.join(arguments.out, "prerained_minigpt4.pth"), minigpt4_tensors.minigpt4_checkpoint(sizes), values, location="cuda:0")


if __name__ == "__main__":
    main()
