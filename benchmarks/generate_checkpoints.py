#!/usr/bin/env python3
"""Writes the sources of recipe minigpt4, of any size, into a folder:

  OUT/blip2/model_state.pdparams      as paddle.save writes it
  OUT/vicuna/pytorch_model.bin        one float32 file as torch 1.12 writes it, with config.json
  OUT/prerained_minigpt4.pth          as MiniGPT-4's trainer writes it

With --from_delta, in the place of vicuna/, what Vicuna is made of, as transformers 4.28 writes it, with config and tokenizer:

  OUT/llama/, OUT/delta/              float16 shards and their index; the delta has one row more in embedding and lm_head

Names, shapes, dtypes, order and containers are those of the real files (docs/spec/reference_pipeline.md); values are pseudo-random numbers of the size
of weights. The same arguments give the same bytes. Existing files are replaced.

  benchmarks/generate_checkpoints.py /tmp/medium --preset=medium
  benchmarks/generate_checkpoints.py /tmp/7b --preset=7b --from_delta
  benchmarks/generate_checkpoints.py /tmp/wide --preset=tiny --hidden_size=4096 --vicuna_dtype=float16
"""
import argparse
import os

import minigpt4_tensors
from paddle_file import write_pdparams
from tensor_values import SparseValues, TensorValues, byte_size
from tokenizer_files import write_json, write_tokenizer
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
    parser.add_argument("--from_delta", action="store_true", help="llama/ and delta/ in the place of vicuna/")
    parser.add_argument("--max_shard_size", type=int, help="bytes of tensors in a file (default: 10 GB for llama/ and delta/, no limit for vicuna/)")
    parser.add_argument("--edges", action="store_true", help="any bit pattern as value: NaN, infinities, subnormals")
    parser.add_argument("--sparse", action="store_true", help="holes in the place of values: tables of any size, on next to no disk")
    return parser.parse_args()


def write_vicuna(folder, sizes, dtypes, max_shard_size, values):
    os.makedirs(folder, exist_ok=True)
    write_json(os.path.join(folder, "config.json"), minigpt4_tensors.vicuna_config(sizes))
    tensors = minigpt4_tensors.vicuna_tensors(sizes, dtypes)
    if max_shard_size:
        write_shards(folder, tensors, max_shard_size, values)
    else:
        state_dict = module_state_dict(tensors, minigpt4_tensors.vicuna_modules(sizes))
        write_torch(os.path.join(folder, "pytorch_model.bin"), state_dict, values)


def write_llama(folder, sizes, max_shard_size, values):
    """LLaMA, or a delta to it, without a tokenizer."""
    os.makedirs(folder, exist_ok=True)
    write_json(os.path.join(folder, "config.json"), minigpt4_tensors.llama_config(sizes))
    write_json(os.path.join(folder, "generation_config.json"), minigpt4_tensors.generation_config(sizes))
    dtypes = minigpt4_tensors.Dtypes(vicuna="float16", vision=None, qformer=None)
    write_shards(folder, minigpt4_tensors.vicuna_tensors(sizes, dtypes), max_shard_size or 10 * 10**9, values)


def write_shards(folder, tensors, max_shard_size, values):
    """As save_pretrained cuts and names them: in order, a new file where the next tensor no longer fits; no index for a single file."""
    shards, size = [[]], 0
    for tensor in tensors:
        if size + byte_size(tensor) > max_shard_size:
            shards.append([])
            size = 0
        shards[-1].append(tensor)
        size += byte_size(tensor)
    weight_map = {}
    for number, shard in enumerate(shards, 1):
        name = f"pytorch_model-{number:05}-of-{len(shards):05}.bin" if len(shards) > 1 else "pytorch_model.bin"
        write_torch(os.path.join(folder, name), {tensor.name: tensor for tensor in shard}, values)
        weight_map.update((tensor.name, name) for tensor in shard)
    if len(shards) > 1:
        index = {"metadata": {"total_size": sum(map(byte_size, tensors))}, "weight_map": weight_map}
        write_json(os.path.join(folder, "pytorch_model.bin.index.json"), index)


def main():
    arguments = parse_arguments()
    given = {field: getattr(arguments, field) for field in minigpt4_tensors.Sizes._fields if getattr(arguments, field) is not None}
    sizes = PRESETS[arguments.preset]._replace(**given)
    dtypes = minigpt4_tensors.Dtypes(vicuna=arguments.vicuna_dtype, vision=arguments.vision_dtype, qformer=arguments.qformer_dtype)

    def values(prefix=""):
        return SparseValues() if arguments.sparse else TensorValues(arguments.edges, prefix)

    def path(*names):
        return os.path.join(arguments.out, *names)

    os.makedirs(path("blip2"), exist_ok=True)
    write_pdparams(path("blip2", "model_state.pdparams"), minigpt4_tensors.blip2_tensors(sizes, dtypes), values())
    if arguments.from_delta:
        pieces = sizes.vocabulary - 1
        write_llama(path("llama"), sizes._replace(vocabulary=pieces), arguments.max_shard_size, values())
        write_llama(path("delta"), sizes, arguments.max_shard_size, values("delta/"))
        write_tokenizer(path("llama"), pieces)
        write_tokenizer(path("delta"), pieces, pad_token="[PAD]")
    else:
        write_vicuna(path("vicuna"), sizes, dtypes, arguments.max_shard_size, values())
    write_torch(path("prerained_minigpt4.pth"), minigpt4_tensors.minigpt4_checkpoint(sizes), values(), location="cuda:0")


if __name__ == "__main__":
    main()
