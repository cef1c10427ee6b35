#!/usr/bin/env python3
"""Files of the generator's smallest preset beside those that Paddle and PyTorch wrote: all but the values must be the same."""
import filecmp
import json
import os
import pickle
import pickletools
import subprocess
import sys
import tempfile
import unittest
import zipfile

FOLDER = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(FOLDER, "..", "testdata", "tiny")
sys.path.insert(0, FOLDER)
from pickle_writer import PickleWriter  # pylint: disable=wrong-import-position

OUTPUTS = ["blip2/model_state.pdparams", "vicuna/pytorch_model.bin", "vicuna/config.json", "prerained_minigpt4.pth"]


def generate(folder, *flags):
    subprocess.run([sys.executable, os.path.join(FOLDER, "generate_checkpoints.py"), folder, "--preset=tiny", *flags], check=True)


def opcodes(path):
    """Those of a pickle, with only the length of byte strings."""
    with open(path, "rb") as file:
        return [(code.name, len(argument) if isinstance(argument, bytes) else argument, position)
                for code, argument, position in pickletools.genops(file)]


def members(path):
    """Of a zip: name, offset and size of each. Reads all and checks their CRCs."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return [(member.filename, member.header_offset, member.file_size) for member in archive.infolist()]


def program(path):
    with zipfile.ZipFile(path) as archive:
        return archive.read("archive/data.pkl")


class GeneratorTest(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def test_pdparams_is_what_paddle_writes(self):
        generate(self.folder, "--vision_dtype=float32")
        self.assertEqual(opcodes(f"{self.folder}/blip2/model_state.pdparams"), opcodes(f"{GOLDEN}/blip2/model_state.pdparams"))

    def test_torch_files_are_what_torch_writes(self):
        generate(self.folder)
        for made, golden in [("vicuna/pytorch_model.bin", "vicuna_consolidated/pytorch_model.bin"), ("prerained_minigpt4.pth",) * 2]:
            with self.subTest(made):
                self.assertEqual(members(f"{self.folder}/{made}"), members(f"{GOLDEN}/{golden}"))
                self.assertEqual(program(f"{self.folder}/{made}"), program(f"{GOLDEN}/{golden}"))

    def test_float16_takes_half_the_bytes(self):
        generate(self.folder, "--vicuna_dtype=float16")
        self.assertEqual([name for name, _, _ in members(f"{self.folder}/vicuna/pytorch_model.bin")],
                         [name for name, _, _ in members(f"{GOLDEN}/vicuna_consolidated/pytorch_model.bin")])
        self.assertIn(b"HalfStorage", program(f"{self.folder}/vicuna/pytorch_model.bin"))
        self.assertIn(("archive/data/0", 321 * 64 * 2), [(name, size) for name, _, size in members(f"{self.folder}/vicuna/pytorch_model.bin")])

    def test_same_arguments_give_the_same_bytes(self):
        for run in "ab":
            generate(f"{self.folder}/{run}", "--edges")
        for output in OUTPUTS:
            self.assertTrue(filecmp.cmp(f"{self.folder}/a/{output}", f"{self.folder}/b/{output}", shallow=False), output)

    def test_shards_hold_each_tensor_once(self):
        generate(self.folder, "--shards=3")
        vicuna = f"{self.folder}/vicuna"
        with open(f"{vicuna}/pytorch_model.bin.index.json", encoding="utf-8") as file:
            index = json.load(file)
        shards = sorted(set(index["weight_map"].values()))
        self.assertEqual(shards, [f"pytorch_model-0000{i}-of-00003.bin" for i in (1, 2, 3)])
        self.assertEqual(sorted(os.listdir(vicuna)), sorted(["config.json", "pytorch_model.bin.index.json", *shards]))
        sizes = [size for shard in shards for name, _, size in members(f"{vicuna}/{shard}") if "/data/" in name]
        self.assertEqual(sum(sizes), index["metadata"]["total_size"])
        self.assertEqual(len(sizes), len(index["weight_map"]))

    def test_sparse_files_have_the_same_tables(self):
        generate(f"{self.folder}/full")
        generate(f"{self.folder}/sparse", "--sparse")
        for output in OUTPUTS:
            self.assertEqual(os.path.getsize(f"{self.folder}/sparse/{output}"), os.path.getsize(f"{self.folder}/full/{output}"))
        self.assertEqual(opcodes(f"{self.folder}/sparse/{OUTPUTS[0]}"), opcodes(f"{self.folder}/full/{OUTPUTS[0]}"))

    def test_pickles_are_those_of_cpython(self):
        values = {
            "plain": [None, True, False, 0, 255, 256, 65535, 65536, -1, 2**31, -(2**31) - 1, 2**63, 1.5, "ü" * 200, "x" * 300],
            "containers": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [], [1], {}, {1: 2}, {"a": {"b": [()]}}],
            "batches": {f"key {i}": i for i in range(2500)},
            "many members": list(range(3001, 4501)),
        }
        for protocol in (2, 4):
            for name, value in values.items():
                with self.subTest(name, protocol=protocol):
                    path = f"{self.folder}/pickle"
                    with open(path, "wb") as file:
                        PickleWriter(file, protocol).write(value)
                    with open(path, "rb") as file:
                        self.assertEqual(file.read(), pickle.dumps(value, protocol))

    def test_large_bytes_stand_outside_of_frames(self):
        for size in (255, 256, 65535, 65536, 200000):
            value = {"before": 1, "bytes": bytes(size), "after": 2}
            with open(f"{self.folder}/pickle", "wb+") as file:
                PickleWriter(file, 4).write(value)
                file.seek(0)
                self.assertEqual(file.read(), pickle.dumps(value, 4), size)


if __name__ == "__main__":
    unittest.main()
