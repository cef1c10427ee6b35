#!/usr/bin/env python3
"""Recomputes every digest of a manifest without any code of Weighbridge: docs/manifest.md in some 100 lines.

  read_manifest.py MANIFEST.binpb [FILE...]     with the files of its output, in its order
"""
import hashlib
import math
import struct
import sys

import xxhash

CHUNK = 2**20
xxh3 = xxhash.xxh3_128_digest
ITEM = {"bool": 1, "uint8": 1, "int8": 1, "float8_e4m3fn": 1, "float8_e4m3fnuz": 1, "float8_e5m2": 1, "float8_e5m2fnuz": 1, "float8_e8m0fnu": 1,
        "uint16": 2, "int16": 2, "float16": 2, "bfloat16": 2, "uint32": 4, "int32": 4, "float32": 4, "uint64": 8, "int64": 8, "float64": 8,
        "complex64": 8, "complex128": 16}


def varint(data, at):
    value = shift = 0
    while data[at] > 127:
        value, shift, at = value | (data[at] & 127) << shift, shift + 7, at + 1
    return value | data[at] << shift, at + 1


def fields(data):
    """A protobuf message: the values of each field number, integers or bytes; packed fields stay bytes."""
    found, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        else:
            size, at = (8, at) if key & 7 == 1 else varint(data, at)
            value, at = data[at:at + size], at + size
        found.setdefault(key >> 3, []).append(value)
    return found


def one(message, number, default=b""):
    return message.get(number, [default])[-1]


def packed(data):
    values, at = [], 0
    while at < len(data):
        value, at = varint(data, at)
        values.append(value)
    return values


def sha256(data):
    return hashlib.sha256(data).digest()


def content_digest(algorithm, dtype, shape, data):
    header = b"weighbridge.tensor.v1\0" + dtype + b"\0" + struct.pack("<I%dQ" % len(shape), len(shape), *shape)
    return algorithm(header + b"".join(algorithm(data[i:i + CHUNK]) for i in range(0, len(data), CHUNK)))


def leaf(name, dtype, shape, digest):
    texts = b"".join(struct.pack("<Q", len(text)) + text for text in (name, dtype))
    return sha256(b"\0" + texts + struct.pack("<Q%dQ" % len(shape), len(shape), *shape) + digest)


def merkle_root(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"")
    left = 1 << (len(leaves) - 1).bit_length() - 1  # The greatest power of two below all.
    return sha256(b"\1" + merkle_root(leaves[:left]) + merkle_root(leaves[left:]))


def check(manifest, contents):
    def same(what, computed, stated):
        print("ok" if computed == stated else "WRONG", what)
        return computed == stated

    recipe, output = fields(one(manifest, 2)), fields(one(manifest, 4))
    good = same("recipe", sha256(one(recipe, 2)), one(recipe, 3))
    for file, data in zip(map(fields, output.get(2, [])), contents):
        good &= same("file " + one(file, 2).decode(), sha256(data), one(file, 4)) & same("its size", len(data), one(file, 3, 0))
        for part in map(fields, file.get(6, [])):
            begin, size = one(part, 1, 0), one(part, 2, 0)
            good &= same("container from %d" % begin, xxh3(data[begin:begin + size]), one(part, 3))
    leaves = []
    for tensor in map(fields, output.get(3, [])):
        name, dtype, shape = one(tensor, 1), one(tensor, 2), packed(one(tensor, 3))
        if 8 in tensor:
            leaves.append((name, leaf(name, dtype, shape, one(tensor, 8))))
        if contents and 10 in tensor:
            begin = one(tensor, 10)
            data = contents[one(tensor, 9, 0)][begin:begin + math.prod(shape) * ITEM[dtype.decode()]]
            what = "tensor " + name.decode(errors="backslashreplace")
            for algorithm, number in ((xxh3, 5), (sha256, 8)):
                good &= same(what, content_digest(algorithm, dtype, shape, data), one(tensor, number))
    return good & same("content root", merkle_root([digest for _, digest in sorted(leaves)]), one(output, 5))


if __name__ == "__main__":
    read = [open(path, "rb").read() for path in sys.argv[1:]]
    sys.exit(0 if check(fields(read[0]), read[1:]) else 1)
