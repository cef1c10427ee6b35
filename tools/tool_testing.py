"""What the tests of tools share: running programs as a user does, the example weights, a .pdparams written by hand."""
import hashlib
import json
import os
import shutil
import struct
import subprocess
import tempfile
import unittest

ROOT = os.getcwd()  # The runfiles folder of the workspace.
SHARED = os.environ.get("WEIGHBRIDGE_SHARED", "")
if SHARED and not os.path.isdir(SHARED):
    SHARED = ""


def run(tool, *arguments, **options):
    program = os.path.join(ROOT, "tools", tool)
    return subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=120, check=False, **options)


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def golden_sets():
    sets = {name: os.path.join(ROOT, "testdata", name) for name in ("tiny", "small")}
    if SHARED:
        sets.update({name: os.path.join(SHARED, "golden", name) for name in ("tiny", "small", "wide", "cast", "padtrap")})
    return sets


def expected(folder):
    with open(os.path.join(folder, "expected.json"), encoding="utf-8") as file:
        return json.load(file)["files"]


def sources(folder, vicuna="vicuna_consolidated"):
    return [f"blip2={folder}/blip2", f"vicuna={folder}/{vicuna}", f"minigpt4={folder}/prerained_minigpt4.pth"]


# --- A .pdparams written by hand, so that verify is shown files that our merge cannot write.

CODES = {"float32": "f4", "float16": "f2", "int64": "i8"}


def pickle_text(text):
    raw = text.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def pickle_array(dtype, shape, data):
    code = CODES[dtype]
    return (b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R(K\x01(" +
            b"".join(b"J" + struct.pack("<i", extent) for extent in shape) + b"tcnumpy\ndtype\n" + pickle_text(code) +
            b"\x89\x88\x87R(K\x03" + pickle_text("<") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89B" +
            struct.pack("<I", len(data)) + data + b"tb")


def pdparams(tensors):
    body = b"".join(pickle_text(name) + pickle_array(*tensor) for name, tensor in tensors)
    table = b"".join(pickle_text(name) + pickle_text(name) for name, _ in tensors)
    return b"\x80\x03}(" + body + pickle_text("StructuredToParameterName@@") + b"}(" + table + b"uu."


def safetensors(path, tensors, metadata=None):
    """Writes a file of tensors, each a code, a shape and its bytes, in that order."""
    header, data = ({} if metadata is None else {"__metadata__": metadata}), b""
    for name, (code, shape, content) in tensors.items():
        header[name] = {"dtype": code, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


class ToolsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.tiny = os.path.join(ROOT, "testdata", "tiny")

    def path(self, name):
        return os.path.join(self.folder, name)

    def expect_failure(self, result, *words, code=2):
        self.assertEqual(result.returncode, code, result.stderr + result.stdout)
        for word in words:
            self.assertIn(word, result.stderr + result.stdout)
        if code == 2:
            self.assertEqual(result.stderr.count("\n"), 1, result.stderr)

    def copy_tiny(self):
        folder = self.path("tiny")
        shutil.copytree(self.tiny, folder, symlinks=False)
        for directory, _, files in os.walk(folder):
            os.chmod(directory, 0o755)
            for name in files:
                os.chmod(os.path.join(directory, name), 0o644)
        return folder
