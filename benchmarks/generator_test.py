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


def load_json(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


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

    def test_base_and_delta_are_what_transformers_writes(self):
        # With the limit of the golden's delta, whose base is one file.
        generate(self.folder, "--from_delta", "--max_shard_size=100000")
        generate(f"{self.folder}/whole", "--from_delta")
        for made, golden in [(f"{self.folder}/delta", f"{GOLDEN}/delta"), (f"{self.folder}/whole/llama", f"{GOLDEN}/llama")]:
            self.assertEqual(sorted(os.listdir(made)), sorted(os.listdir(golden)))
            for name in os.listdir(golden):
                with self.subTest(os.path.join(golden, name)):
                    if name.endswith(".bin"):
                        self.assertEqual(members(f"{made}/{name}"), members(f"{golden}/{name}"))
                        self.assertEqual(program(f"{made}/{name}"), program(f"{golden}/{name}"))
                    elif name == "config.json":
                        # The golden's models know shorter texts.
                        self.assertEqual(load_json(f"{made}/{name}"),
                                         {**load_json(f"{golden}/{name}"), "max_position_embeddings": 2048, "max_sequence_length": 2048})
                    elif name != "tokenizer.model":
                        self.assertTrue(filecmp.cmp(f"{made}/{name}", f"{golden}/{name}", shallow=False))

    def test_tokenizer_is_what_sentencepiece_writes(self):
        generate(self.folder, "--from_delta", "--vocabulary=20001")
        generate(f"{self.folder}/tiny", "--from_delta")
        with open(f"{GOLDEN}/llama/tokenizer.model", "rb") as golden, open(f"{self.folder}/tiny/llama/tokenizer.model", "rb") as made:
            golden, made = golden.read(), made.read()
        # The pieces between, of text, mean nothing here.
        special_pieces, training = slice(0, golden.index(b"<0xFF>") + 13), slice(-80, None)
        self.assertEqual(made[special_pieces], golden[special_pieces])
        self.assertEqual(made[training], golden[training])
        with open(f"{self.folder}/llama/tokenizer.model", "rb") as file:
            self.assertEqual(file.read().count("\u2581".encode()), 20000 - 259)

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
