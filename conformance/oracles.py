#!/usr/bin/env python3
"""What the real libraries read from a file: the tensors that a user gets, by names as docs/formats.md gives them.

Usage: oracles.py LIBRARY CONTROL      CONTROL is a file that the library reads. Prints the library's version; then reads paths from standard input, a
line each, and prints an outcome for each as JSON: "refused", or {"rows": [[name, dtype, shape, sha256], …], "hidden": N}: N tensors at places that have
no name, such as a set or an attribute. A tensor without elements in memory (on "meta", sparse, …) has "none" for a digest.

Every file is read twice, in processes with other bytes in memory that nobody has written: what differs is "unstable". No pickle can name more than the
closed table does, since the libraries run what it names.
"""

import ctypes
import hashlib
import importlib
import json
import os
import pickle
import resource
import signal
import sys
import types
import warnings

import table_cases

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NAMES = {name for name, _, _ in table_cases.rows_of_table(ROOT)}

SECONDS = 20
MEMORY = 4 << 30  # On top of what the libraries map.
M_PERTURB = -6


def digest(raw):
    return hashlib.sha256(raw).hexdigest()


class Evaluate:
    """In place of eval, which is only asked for the value of a name."""

    __slots__ = ()

    def __call__(self, text, names=None, more=None):
        if text != "data" or not isinstance(names, dict) or more is not None:
            raise pickle.UnpicklingError("eval of something else")
        return names[text]


class TableUnpickler(pickle.Unpickler):
    """CPython's, for which there is nothing beyond the closed table."""

    def find_class(self, module, name):
        if f"{module}.{name}" not in NAMES:
            raise pickle.UnpicklingError(f"{module} {name} is not in the closed table")
        return Evaluate() if name == "eval" else super().find_class(module, name)


# The module pickle, as torch and paddle use it.
table_pickle = types.ModuleType("table_pickle")
table_pickle.__dict__.update(pickle.__dict__)
table_pickle.Unpickler = TableUnpickler
table_pickle.load = lambda file, **options: TableUnpickler(file, **options).load()


class Listing:
    """Walks what a library returned. `row(value)`: the rest of a row, where the value is a tensor, else None."""

    def __init__(self, row):
        self.row = row
        self.rows = []
        self.listed = set()

    def add(self, name, value, depth=0):
        rest = self.row(value)
        if rest is not None:
            self.listed.add(id(value))
            self.rows.append([name, *rest])
        elif depth > 50:
            raise RecursionError
        else:
            for key, member in self.members(value):
                self.add(f"{name}.{key}" if depth else str(key), member, depth + 1)

    def members(self, value):
        if isinstance(value, dict):
            return [(self.key(key), member) for key, member in value.items()]
        return list(enumerate(value)) if isinstance(value, (list, tuple)) else []

    def key(self, key):
        """Of any other key the tensors have no plain name, and ours must be none."""
        return str(key) if key is None or isinstance(key, (str, int)) else f"<{type(key).__name__}>"

    def hidden(self, root):
        """How many tensors can be reached from the root, and are not among the rows."""
        found, seen, left = set(), set(), [root]
        while left:
            value = left.pop()
            if id(value) in seen or isinstance(value, (type, str, bytes, int, float)) or callable(value) and not hasattr(value, "numel"):
                continue
            seen.add(id(value))
            if self.row(value) is not None and id(value) not in self.listed:
                found.add(id(value))
            left += self.referents(value)
        return len(found)

    def referents(self, value):
        if hasattr(value, "nbytes") and not hasattr(value, "shape"):
            return []  # A storage, which holds another one.
        inside = list(getattr(value, "__dict__", {}).values())
        if isinstance(value, dict):
            inside += [*value.keys(), *value.values()]
        elif isinstance(value, (list, tuple, set, frozenset)):
            inside += list(value)
        elif isinstance(value, slice):
            inside += [value.start, value.stop, value.step]
        if hasattr(value, "_backward_hooks"):
            inside += [value._backward_hooks, value.grad]
        return [one for one in inside if one is not None]


def outcome_of(root, row):
    listing = Listing(row)
    listing.add("", root)
    return {"rows": listing.rows, "hidden": listing.hidden(root)}


def array_row(array):
    import numpy

    if not isinstance(array, numpy.ndarray):
        return None
    if array.dtype.hasobject:
        return ["object", list(array.shape), "none"]
    plain = array.astype(array.dtype.newbyteorder("<"))
    return [array.dtype.newbyteorder("=").name, list(array.shape), digest(plain.tobytes())]


def read_pickle(path):
    with open(path, "rb") as file:
        return outcome_of(table_pickle.load(file, encoding="latin1"), array_row)


class Library:
    def refill(self, filling):
        """numpy keeps small pieces of memory for itself."""
        numpy = sys.modules.get("numpy")
        if numpy:
            del [[numpy.full(size, filling, "u1") for _ in range(8)] for size in range(1, 65)][:]


class Torch(Library):
    """torch.load with weights_only, as it is by default; else without. On this machine's devices; else on the CPU."""

    def __init__(self):
        self.torch = importlib.import_module("torch")
        self.version = "torch " + self.torch.__version__.partition("+")[0]

    def row(self, value):
        torch = self.torch
        if isinstance(value, torch.Tensor):
            dtype = str(value.dtype)[len("torch.") :]
            if value.layout != torch.strided or value.device.type != "cpu" or value.is_quantized:
                return [dtype, list(value.shape), "none"]
            plain = value.detach().resolve_conj().resolve_neg().contiguous()
            begin, size = plain.storage_offset() * plain.element_size(), plain.numel() * plain.element_size()
            return [dtype, list(value.shape), digest(bytes(plain.untyped_storage())[begin : begin + size])]
        if isinstance(value, torch.storage.TypedStorage):
            raw = value._untyped_storage
            return [str(value.dtype)[len("torch.") :], [value._size()], digest(bytes(raw)) if raw.device.type == "cpu" else "none"]
        if isinstance(value, torch.UntypedStorage):
            return ["uint8", [value.nbytes()], digest(bytes(value)) if value.device.type == "cpu" else "none"]
        return array_row(value)

    def read(self, path):
        error = None
        for weights_only in (True, False):
            for device in (None, "cpu"):
                try:
                    how = {} if weights_only else {"pickle_module": table_pickle}
                    return outcome_of(self.torch.load(path, weights_only=weights_only, map_location=device, **how), self.row)
                except Exception as problem:  # Whatever the library raises is its no.
                    error = problem
        raise error


class Paddle(Library):
    """paddle.load; else CPython's pickle, as many a script reads such files: paddle.load walks the whole object and refuses bytes and sets in it."""

    def __init__(self):
        self.paddle = importlib.import_module("paddle")
        importlib.import_module("paddle.framework.io").pickle = table_pickle
        self.version = "paddlepaddle " + self.paddle.__version__

    def row(self, value):
        if isinstance(value, self.paddle.Tensor):
            return [str(value.dtype)[len("paddle.") :], list(value.shape), digest(value.numpy().tobytes())]
        return array_row(value)

    def read(self, path):
        try:
            return outcome_of(self.paddle.load(path), self.row)
        except Exception:  # Whatever the library raises is its no.
            return read_pickle(path)


class Numpy(Library):
    def __init__(self):
        self.numpy = importlib.import_module("numpy")
        self.version = "numpy " + self.numpy.__version__

    def read(self, path):
        loaded = self.numpy.load(path)
        if isinstance(loaded, self.numpy.ndarray):
            return outcome_of(loaded, array_row)
        return outcome_of({name: loaded[name] for name in loaded.files}, array_row)


class Pickle(Library):
    """CPython's pickle and numpy's arrays; byte strings of Python 2 as Latin-1, as numpy and paddle have them."""

    def __init__(self):
        self.version = f"CPython {sys.version.split()[0]}, numpy {importlib.import_module('numpy').__version__}"

    def read(self, path):
        return read_pickle(path)


class Safetensors(Library):
    DTYPES = {
        "BOOL": "bool",
        "U8": "uint8",
        "I8": "int8",
        "U16": "uint16",
        "I16": "int16",
        "U32": "uint32",
        "I32": "int32",
        "U64": "uint64",
        "I64": "int64",
        "F16": "float16",
        "BF16": "bfloat16",
        "F32": "float32",
        "F64": "float64",
        "C64": "complex64",
        "F8_E4M3": "float8_e4m3fn",
        "F8_E5M2": "float8_e5m2",
        "F8_E8M0": "float8_e8m0fnu",
        "F8_E4M3FNUZ": "float8_e4m3fnuz",
        "F8_E5M2FNUZ": "float8_e5m2fnuz",
    }

    def __init__(self):
        self.safetensors = importlib.import_module("safetensors")
        self.version = "safetensors " + self.safetensors.__version__

    def read(self, path):
        with open(path, "rb") as file:
            tensors = self.safetensors.deserialize(file.read())
        rows = [[name, self.DTYPES.get(one["dtype"], one["dtype"]), list(one["shape"]), digest(bytes(one["data"]))] for name, one in tensors]
        return {"rows": sorted(rows), "hidden": 0}


ORACLES = {"torch": Torch, "paddle": Paddle, "numpy": Numpy, "pickle": Pickle, "safetensors": Safetensors}


class Child:
    """A fork of this process that reads files. It is replaced when it dies, and when what it read has changed how it reads: a pickle may set
    attributes of classes."""

    def __init__(self, oracle, filling):
        self.oracle, self.filling, self.process = oracle, filling, None

    def start(self):
        requests, self.requests = os.pipe()
        self.answers, answers = os.pipe()
        self.process = os.fork()
        if self.process == 0:
            try:
                os.close(self.requests)
                os.close(self.answers)
                ctypes.CDLL(None).mallopt(M_PERTURB, self.filling)
                self.work(os.fdopen(requests, encoding="utf-8"), os.fdopen(answers, "w", encoding="utf-8"))
            finally:
                os._exit(0)
        os.close(requests)
        os.close(answers)
        self.answers = os.fdopen(self.answers, encoding="utf-8")
        self.requests = os.fdopen(self.requests, "w", encoding="utf-8")

    def work(self, requests, answers):
        for line in requests:
            signal.alarm(SECONDS)
            outcome = self.attempt(line.rstrip("\n"))
            clean = self.attempt(sys.argv[2]) == self.oracle.control
            signal.alarm(0)
            print(json.dumps([outcome, clean]), file=answers, flush=True)

    def attempt(self, path):
        self.oracle.refill(self.filling)
        try:
            return self.oracle.read(path)
        except Exception:  # Whatever the library raises is its no.
            return "refused"

    def read(self, path):
        if self.process is None:
            self.start()
        print(path, file=self.requests, flush=True)
        answer = self.answers.readline()
        outcome, clean = json.loads(answer) if answer else ("refused", False)  # It died of the file.
        if not clean:
            self.stop()
        return outcome

    def stop(self):
        if self.process is not None:
            self.requests.close()
            self.answers.close()
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
            self.process = None


def main():
    warnings.simplefilter("ignore")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # What the libraries print is not for us.
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    oracle = ORACLES[sys.argv[1]]()
    with open("/proc/self/statm", encoding="ascii") as file:
        mapped = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + MEMORY, mapped + MEMORY))
    oracle.control = oracle.read(sys.argv[2])
    print(json.dumps(oracle.version), file=answers, flush=True)
    children = [Child(oracle, filling) for filling in (0x55, 0xA3)]
    for line in sys.stdin:
        first, second = (child.read(line.rstrip("\n")) for child in children)
        print(json.dumps(first if first == second else "unstable"), file=answers, flush=True)
    for child in children:
        child.stop()


if __name__ == "__main__":
    main()
