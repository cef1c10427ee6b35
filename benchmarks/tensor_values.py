"""Tensors without a meaning: names, dtypes, shapes, and values that cost nothing to make."""
import collections
import math
import os
import random
import zlib

# `tensor_name` is the one that Paddle's name table gives, "" elsewhere.
Tensor = collections.namedtuple("Tensor", "name dtype shape tensor_name", defaults=("",))

ITEM_SIZE = {"float16": 2, "float32": 4, "int64": 8}

# Elements of the block that all values are cut from. A prime, so that rows, columns and tiles of different tensors never look alike.
BLOCK_ELEMENTS = 1048583

# Which bits of an element are random and which are set: any sign and fraction, and exponents that make 2^-7 <= |x| < 2^-3, which is what
# weights are like, and normal in every floating-point type.
_ORDINARY = {"float16": (0x8FFF, 0x2000), "float32": (0x81FFFFFF, 0x3C000000)}


def element_count(tensor):
    return math.prod(tensor.shape)


def byte_size(tensor):
    return element_count(tensor) * ITEM_SIZE[tensor.dtype]


class Hole:
    """So many bytes of a payload that is not written."""

    def __init__(self, size):
        self.size = size


def write_piece(file, piece):
    """A hole in a file takes no disk and reads as zeros; what follows it must be written."""
    if isinstance(piece, Hole):
        file.seek(piece.size, os.SEEK_CUR)
    else:
        file.write(piece)


class SparseValues:
    """Every tensor is a hole: files of any size with all their tables, for what reads no more than those."""

    def pieces(self, tensor):
        yield Hole(byte_size(tensor))


class TensorValues:
    """The elements of every tensor, little-endian and row-major: floats from a pseudo-random block, from a place that `prefix` and the
    tensor's name decide; integers count from 0. With `edges` every bit pattern occurs: NaN, infinities, subnormals."""

    def __init__(self, edges=False, prefix=""):
        self._prefix = prefix
        self._blocks = {}
        for dtype, (random_bits, set_bits) in _ORDINARY.items():
            size = BLOCK_ELEMENTS * ITEM_SIZE[dtype]
            bits = int.from_bytes(random.Random(0).randbytes(size), "little")
            if not edges:
                repeat = lambda pattern: int.from_bytes(pattern.to_bytes(ITEM_SIZE[dtype], "little") * BLOCK_ELEMENTS, "little")
                bits = bits & repeat(random_bits) | repeat(set_bits)
            # Twice, so that a block's worth can be cut from any place.
            self._blocks[dtype] = memoryview(bits.to_bytes(size, "little") * 2)

    def pieces(self, tensor):
        """Bytes-like pieces that make up the tensor."""
        if tensor.dtype == "int64":
            yield b"".join(i.to_bytes(8, "little") for i in range(element_count(tensor)))
            return
        block = self._blocks[tensor.dtype]
        period = len(block) // 2
        start = zlib.crc32((self._prefix + tensor.name).encode()) % BLOCK_ELEMENTS * ITEM_SIZE[tensor.dtype]
        left = byte_size(tensor)
        while left:
            size = min(left, period)
            yield block[start:start + size]
            left -= size
