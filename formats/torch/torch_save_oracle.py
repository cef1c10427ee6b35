"""Prints what torch.save itself makes of the state dicts of torch_layout_test.cc: the case's name and the SHA-256 of the file.

Run with PyTorch 1.12, or 1.13 on Python 3.11: saving to a file object, 1.13.1 gives the bytes of 1.12.1 for all goldens of ../shared.
"""

import hashlib
import io
import sys
from collections import OrderedDict

import torch

DTYPES = [torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float16, torch.bfloat16, torch.float32,
          torch.float64, torch.complex64, torch.complex128]
SHAPES = [(2,), (2, 3), (), (1, 2, 3), (2, 1, 1, 2), (0,), (3, 0, 2)]


def tensor(index, shape, dtype):
    """Byte j is index + j, as in torch_layout_test.cc."""
    empty = torch.empty(shape, dtype=dtype)
    size = empty.numel() * empty.element_size()
    if size == 0:
        return empty
    return torch.frombuffer(bytearray((index + j) % 256 for j in range(size)), dtype=dtype).reshape(shape)


def state_dict(rows, modules=None):
    """Rows of name, shape, and dtype by index, or of name and the row that is the same tensor."""
    state = OrderedDict() if modules is not None else {}
    tensors = []
    for index, (name, *what) in enumerate(rows):
        tensors.append(tensors[what[0]].detach() if len(what) == 1 else tensor(index, what[0], DTYPES[what[1]]))
        # A name with a dot was put together; one without is an attribute's.
        state[name.encode().decode() if "." in name else sys.intern(name)] = tensors[-1]
    if modules is not None:
        state._metadata = OrderedDict((name.encode().decode(), dict(version=version)) for name, version in modules)
    return state


def many(count):
    return [(f"layer.{i}.weight", SHAPES[i % 7], i % 12) for i in range(count)]


def modules(count):
    return [(f"layer.{i}", 1 + i % 3) for i in range(count)]


CASES = {
    "no tensors": ([],),
    "no tensors, no modules": ([], []),
    "no tensors, one module": ([], [("", 1)]),
    "one tensor": ([("w.a", (2, 3), 8)],),
    "one tensor, one module": ([("w.a", (2, 3), 8)], [("w", 1)]),
    "every dtype and shape": (many(84), modules(2)),
    "extents of every size": ([(f"e.{n}", (n, 0), 3) for n in [255, 256, 65535, 65536, 2**31 - 1, 2**31, 2**39, 2**40]],),
    "versions of every size": ([], [(f"m{n}", n) for n in [0, -1, 255, 256, 65535, 65536, 2**31 - 1, 2**31, -2**31, -2**31 - 1, 2**63 - 1]]),
    "tied tensors": ([("a.w", (2,), 6), ("b.w", (3,), 8), ("c.w", 0), ("d.w", 2), ("e.w", (1,), 1)], modules(1)),
    "interned names": ([(name, (2,), 8) for name in ["storage", "cpu", "version", "_metadata", "0", "storage.0", "torch"]], [("cpu", 1)]),
    "names of every kind": ([("a" * 300 + ".b", (1,), 8), ("\u00e9.\u4e2d\U0001f600", (1,), 8), (".", (1,), 8), ("", (1,), 8)],),
    "999 tensors": (many(999), modules(999)),
    "1000 tensors": (many(1000),),
    "1000 tensors, 1000 modules": (many(1000), modules(1000)),
    "1001 tensors": (many(1001),),
    "1001 tensors, 1001 modules": (many(1001), modules(1001)),
    "2002 tensors, 2000 modules": (many(2002), modules(2000)),
    "66000 tensors": (many(66000),),
}

for case, arguments in CASES.items():
    file = io.BytesIO()
    torch.save(state_dict(*arguments), file)
    print(case, hashlib.sha256(file.getvalue()).hexdigest())
