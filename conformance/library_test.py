#!/usr/bin/env python3
"""Has the real libraries read back what the tools write: the same tensors, bit for bit, in the same order.

What is expected of the golden set is what the real pipeline made of it (testdata/tiny/expected.json); of the other files, what `inspect` says
of them. A library that cannot be imported is skipped. WEIGHBRIDGE_LIBRARIES names a folder to which pip has installed some.
"""
import hashlib
import importlib
import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path[:0] = [path for path in [os.environ.get("WEIGHBRIDGE_LIBRARIES")] if path]

ROOT = os.getcwd()  # The runfiles folder of the workspace.
TINY = os.path.join(ROOT, "testdata", "tiny")
SEEDS = os.path.join(ROOT, "testdata", "seeds")
EXTENSIONS = {"torch": ".bin", "safetensors": ".safetensors", "pdparams": ".pdparams"}


def library(name):
    """The module, or None; a library that is there and broken is an error."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return None


def run(tool, *arguments):
    return subprocess.run([os.path.join(ROOT, "tools", tool), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=120, check=False)


def row(name, dtype, shape, data):
    return (name, dtype, list(shape), hashlib.sha256(data).hexdigest())


def golden(path):
    with open(os.path.join(TINY, "expected.json"), encoding="utf-8") as file:
        return [(t["name"], t["dtype"], t["shape"], t["sha256"]) for t in json.load(file)["files"][path]["tensors"]]


def inspected(path):
    """The rows of a file; none when it is refused."""
    result = run("inspect", "--format=json", "--digest=sha256", path)
    return [(t["name"], t["dtype"], t["shape"], t["digest"]) for t in json.loads(result.stdout)["tensors"]] if result.returncode == 0 else []


class LibraryTest(unittest.TestCase):
    """`rows` is by each library: the rows of one file."""

    formats = ()
    formats_of_every_kind = ()  # Those of which the library has each dtype that we write.

    def setUp(self):
        self.folder = tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(shutil.rmtree, self.folder)

    def make(self, tool, *arguments):
        result = run(tool, *arguments, "--quiet")
        self.assertEqual(result.returncode, 0, result.stderr)

    def expect(self, folder, container, wanted, context):
        """Shards stand in the order of their names."""
        paths = sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(EXTENSIONS[container]))
        self.assertTrue(paths, context)
        found = [tensor for path in paths for tensor in self.rows(path)]
        # safetensors sorts its tensors itself.
        order = sorted if container == "safetensors" else list
        self.assertEqual(order(found), order(wanted), context)
        return len(found)

    def each_format(self, formats):
        return [container for container in formats if container in self.formats]

    def check_all(self):
        merged = [f"blip2={TINY}/blip2", f"vicuna={TINY}/vicuna_consolidated", f"minigpt4={TINY}/prerained_minigpt4.pth"]
        tensors = 0
        for container in self.formats:
            for shards in ([], ["--max_shard_size=100KB"]):
                folder = os.path.join(self.folder, f"merge_{container}_{len(shards)}")
                self.make("merge", *merged, f"--save_path={folder}", f"--format={container}", *shards)
                tensors += self.expect(folder, container, golden("merged/model_state.pdparams"), ["merge", container, *shards])
        for container in self.each_format(["torch", "safetensors"]):
            for shards in ([], ["--max_shard_size=100KB"]):
                folder = os.path.join(self.folder, f"apply_delta_{container}_{len(shards)}")
                self.make("apply_delta", f"--base={TINY}/llama", f"--delta={TINY}/delta", f"--target={folder}", f"--format={container}", *shards)
                tensors += self.expect(folder, container, golden("vicuna/pytorch_model.bin"), ["apply_delta", container, *shards])
        for container in self.formats:
            folder = os.path.join(self.folder, f"consolidate_{container}")
            output = os.path.join(folder, "model" + EXTENSIONS[container])
            self.make("consolidate", f"--model={TINY}/vicuna", f"--output={output}", "--dtype=float32", f"--format={container}")
            tensors += self.expect(folder, container, golden("vicuna_consolidated/pytorch_model.bin"), ["consolidate", container])
        return tensors

    def check_every_kind(self):
        """All that small files of all formats hold: every dtype, scalars, empty tensors, views."""
        tensors = refused = 0
        for kind in ("torch_zip", "torch_legacy", "paddle", "npz", "safetensors", "lod_tensors"):
            for name in sorted(os.listdir(os.path.join(SEEDS, kind))):
                seed = os.path.join(SEEDS, kind, name)
                wanted = inspected(seed)
                for container in self.formats_of_every_kind if wanted else ():
                    folder = os.path.join(self.folder, f"{kind}_{name}_{container}")
                    output = os.path.join(folder, "model" + EXTENSIONS[container])
                    result = run("consolidate", f"--model={seed}", f"--output={output}", "--recipe=none", f"--format={container}", "--quiet")
                    if result.returncode != 0:
                        self.assertRegex(result.stderr, r'tensor ".*": .* (has no|cannot hold) \w+', seed)
                        refused += 1
                        continue
                    tensors += self.expect(folder, container, wanted, [seed, container])
        return tensors, refused


class NumpyTest(LibraryTest):
    """A .pdparams is a pickle of numpy arrays, which numpy and Python alone can load."""

    formats = formats_of_every_kind = ("pdparams",)

    def setUp(self):
        super().setUp()
        if not library("numpy"):
            self.skipTest("no numpy")

    def rows(self, path):
        with open(path, "rb") as file:
            state = pickle.load(file)
        names = state.pop("StructuredToParameterName@@")
        self.assertEqual(list(names), list(state))
        # uint16 stands for bfloat16.
        return [row(name, {"uint16": "bfloat16"}.get(array.dtype.name, array.dtype.name), array.shape, array.tobytes())
                for name, array in state.items()]

    def test_reads_what_the_stages_write(self):
        print("numpy:", self.check_all(), "tensors")

    def test_reads_every_kind_of_tensor(self):
        print("numpy: %d tensors, %d files refused" % self.check_every_kind())


class SafetensorsTest(LibraryTest):
    formats = formats_of_every_kind = ("safetensors",)
    # As the library's Rust spells them.
    DTYPES = {"BOOL": "bool", "U8": "uint8", "I8": "int8", "U16": "uint16", "I16": "int16", "U32": "uint32", "I32": "int32", "U64": "uint64",
              "I64": "int64", "F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64", "C64": "complex64",
              "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2", "F8_E8M0": "float8_e8m0fnu"}

    def setUp(self):
        super().setUp()
        if not library("safetensors"):
            self.skipTest("no safetensors")

    def rows(self, path):
        with open(path, "rb") as file:
            tensors = library("safetensors").deserialize(file.read())
        return [row(name, self.DTYPES[tensor["dtype"]], tensor["shape"], bytes(tensor["data"])) for name, tensor in tensors]

    def test_reads_what_the_stages_write(self):
        print("safetensors:", self.check_all(), "tensors")

    def test_reads_every_kind_of_tensor(self):
        print("safetensors: %d tensors, %d files refused" % self.check_every_kind())


class TorchTest(LibraryTest):
    formats = ("torch", "safetensors")
    formats_of_every_kind = ("torch",)  # safetensors has uint64 and others.

    def setUp(self):
        super().setUp()
        if not library("torch"):
            self.skipTest("no torch")

    def rows(self, path):
        torch = library("torch")
        if path.endswith(".bin"):
            state = torch.load(path, map_location="cpu", weights_only=True)
        else:
            state = importlib.import_module("safetensors.torch").load_file(path)
        return [row(name, str(tensor.dtype).removeprefix("torch."), tensor.shape, self.elements(torch, tensor)) for name, tensor in state.items()]

    def elements(self, torch, tensor):
        return (tensor.contiguous().view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor).numpy().tobytes()

    def test_reads_what_the_stages_write(self):
        print("torch:", self.check_all(), "tensors")

    def test_reads_every_kind_of_tensor(self):
        print("torch: %d tensors, %d files refused" % self.check_every_kind())


class PaddleTest(LibraryTest):
    formats = formats_of_every_kind = ("pdparams",)

    def setUp(self):
        super().setUp()
        if not library("paddle"):
            self.skipTest("no paddle")

    def rows(self, path):
        paddle = library("paddle")
        return [row(name, str(tensor.dtype).removeprefix("paddle."), tensor.shape, tensor.numpy().tobytes())
                for name, tensor in paddle.load(path).items()]

    def test_reads_what_the_stages_write(self):
        print("paddle:", self.check_all(), "tensors")

    def test_reads_every_kind_of_tensor(self):
        print("paddle: %d tensors, %d files refused" % self.check_every_kind())


if __name__ == "__main__":
    unittest.main(verbosity=2)
