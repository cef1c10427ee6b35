"""Prints what CPython's own pickler makes of the state dicts of paddle_layout_test.cc: the case's name and the SHA-256 of its pickle.

Stands in for numpy, which need not be installed: objects that reduce as numpy's arrays and dtypes do (docs/spec/reference_pipeline.md F.3).
"""

import hashlib
import pickle
import sys
import types

core = types.ModuleType("numpy.core.multiarray")
sys.modules["numpy"] = numpy = types.ModuleType("numpy")
sys.modules["numpy.core"] = types.ModuleType("numpy.core")
sys.modules["numpy.core.multiarray"] = core


def _reconstruct():
    pass


_reconstruct.__module__ = "numpy.core.multiarray"
core._reconstruct = _reconstruct
MODULE = sys.intern("numpy")


class dtype:
    __module__ = MODULE

    def __init__(self, kind, width):
        self.kind, self.width = kind, width

    def __reduce__(self):
        order = "|" if self.width == 1 else "<"
        return dtype, (f"{self.kind}{self.width}", False, True), (3, order, None, None, None, -1, -1, 0)


class ndarray:
    __module__ = MODULE

    def __init__(self, element, shape, data):
        self.shape, self.element, self.data = shape, element, data

    def __reduce__(self):
        # numpy makes both tuples anew each time: the pickler must not find them in its memo.
        return _reconstruct, (ndarray, tuple([0]), b"b"), (1, tuple(list(self.shape)), self.element, False, self.data)


numpy.dtype, numpy.ndarray = dtype, ndarray
DTYPES = [dtype(k, w) for k, w in [("f", 4), ("f", 2), ("u", 2), ("i", 8), ("b", 1), ("c", 16)]]


def array(index, shape, element):
    """The bytes of paddle_layout_test.cc's Filled: byte j of tensor `index` is index + j."""
    size = element.width
    for extent in shape:
        size *= extent
    return ndarray(element, shape, bytes(bytearray((index + j) % 256 for j in range(size))))


def state_dict(rows):
    """Rows of name, shape, dtype index and tensor name."""
    result, table = {}, {}
    for index, (name, shape, element, tensor_name) in enumerate(rows):
        # Names come from UTF-8 that was read, or from C++: a new text each time, unless Python shares it.
        name = name.encode().decode()
        result[name] = array(index, shape, DTYPES[element])
        table[name] = tensor_name.encode().decode()
    result["StructuredToParameterName@@"] = table
    return result


SHAPES = [(2,), (2, 3), (), (1, 2, 3), (2, 1, 1, 2), (0,), (3, 0)]


def many(count):
    # No array of a single byte: see paddle_layout.h.
    shapes = [SHAPES[i % 7] if i % 6 != 4 or i % 7 != 2 else (2,) for i in range(count)]
    return [(f"layer.{i}.weight", shapes[i], i % 6, f"linear_{i % 50}.w_0") for i in range(count)]


CASES = {
    "no tensors": [],
    "one tensor": [("w", (2, 3), 0, "linear_0.w_0")],
    "999 tensors": many(999),
    "1000 tensors": many(1000),
    "2003 tensors": many(2003),
    "bytes opcodes and frames": [(f"t{n}", (n,), 1, f"n{n}") for n in [127, 128, 32767, 32768, 100, 32769, 20000, 20001, 1, 40000]],
    "extents of every size": [(f"e{n}", (n, 0), 3, "x") for n in [255, 256, 65535, 65536, 2**31 - 1, 2**31, 2**39, 2**40]],
    "shared texts": [("<", (2,), 0, "|"), ("w", (2,), 2, "w"), ("\u00e9", (2,), 1, "\u00e9"), ("", (2,), 0, ""), ("ab", (2,), 0, "ab"),
                     ("\u0100", (2,), 0, "\u0100"), ("b", (2, 2), 4, "|"), ("c" * 300, (2,), 4, "d" * 70000)],
}

for case, rows in CASES.items():
    print(case, hashlib.sha256(pickle.dumps(state_dict(rows), protocol=4)).hexdigest())
