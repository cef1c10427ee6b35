#!/usr/bin/env python3
"""Builds the example workspace with a Bazel of its own, and does to the weights outside of it what happens to weights."""
import contextlib
import hashlib
import os
import shutil
import subprocess
import unittest

HERE = os.getcwd()
ROOT = os.path.join(os.environ["TEST_TMPDIR"], "weighbridge")
WEIGHTS = os.path.join(ROOT, "testdata/tiny")
WORKSPACE = os.path.join(ROOT, "bazel/example/minigpt4")

# The programs exist already, so that nothing is compiled again: this is about the rules and what they load.
PROGRAMS = ("merge", "verify")
PREBUILT = "".join(f'sh_binary(name = "{name}", srcs = ["{name}.program"])\n' for name in PROGRAMS)

YES, NO_BUILD, NO_TEST = 0, 1, 3


def read(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


def write(content, *path):
    with open(os.path.join(*path), "wb") as file:
        file.write(content)


def replace(path, content):
    if content is None:
        os.remove(path)
    else:
        write(content, path)


def bazel(command, *arguments):
    # It keeps everything in TEST_TMPDIR, and its server ends soon by itself.
    return subprocess.run(["bazel", "--host_jvm_args=-Xmx400m", command, *arguments], cwd=WORKSPACE, check=False, encoding="utf-8",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


class ExampleTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        for folder in ("base", "bazel", "recipes", "testdata", "third_party"):
            shutil.copytree(folder, os.path.join(ROOT, folder))
        subprocess.run(["chmod", "-R", "u+w", ROOT], check=True)
        write(b"", ROOT, "WORKSPACE")
        os.mkdir(os.path.join(WORKSPACE, "prebuilt"))
        write(PREBUILT.encode(), WORKSPACE, "prebuilt/BUILD")
        for name in PROGRAMS:
            shutil.copy(os.path.join("tools", name), os.path.join(WORKSPACE, "prebuilt", name + ".program"))

    @classmethod
    def tearDownClass(cls):
        bazel("shutdown")

    def run_example(self, code, *words):
        result = bazel("test", "--noshow_progress", "--symlink_prefix=out-", "--test_output=errors",
                       *(f"--@weighbridge//bazel:{name}=//prebuilt:{name}" for name in PROGRAMS), "//...")
        self.assertEqual(result.returncode, code, result.stdout)
        for word in words:
            self.assertIn(word, result.stdout)

    def assert_result_is_that_of_the_other_workspace(self):
        for name in ("model_state.pdparams", "manifest.binpb"):
            merged = read(WORKSPACE, "out-bin/minigpt4_paddle", name)
            self.assertEqual(hashlib.sha256(merged).hexdigest(), hashlib.sha256(read(HERE, "bazel/example/tiny_merged", name)).hexdigest())
        self.assertEqual(read(WORKSPACE, "out-bin/minigpt4_paddle.manifest.binpb"), read(HERE, "bazel/example/tiny_merged/manifest.binpb"))

    @contextlib.contextmanager
    def changed(self, content, *path):
        """Has `content` in a file, or no file for None, and in the end again what was there."""
        path = os.path.join(*path)
        before = read(path) if os.path.exists(path) else None
        replace(path, content)
        try:
            yield
        finally:
            replace(path, before)

    def test_gives_the_same_bytes_in_every_workspace_and_is_what_the_kept_manifest_says(self):
        self.run_example(YES)
        self.assert_result_is_that_of_the_other_workspace()

    def test_a_changed_weight_is_another_result(self):
        weights = bytearray(read(WEIGHTS, "blip2/model_state.pdparams"))
        weights[len(weights) // 2] ^= 1
        self.run_example(YES)
        with self.changed(weights, WEIGHTS, "blip2/model_state.pdparams"):
            self.run_example(NO_TEST, 'tensor "vision_model.', "not as the manifest says")
        self.run_example(YES)

    def test_files_that_come_and_go_are_noticed(self):
        self.run_example(YES)
        with self.changed(read(WEIGHTS, "blip2/model_state.pdparams"), WEIGHTS, "llama/model_state.pdparams"):
            self.run_example(NO_BUILD, "llama holds 2 complete checkpoints: model_state.pdparams, pytorch_model.bin")
        with self.changed(None, WEIGHTS, "delta/pytorch_model-00002-of-00004.bin"):
            self.run_example(NO_BUILD, "names the shard pytorch_model-00002-of-00004.bin, which is not there")
        with self.changed(None, WEIGHTS, "llama/tokenizer.model"):
            self.run_example(NO_BUILD, "there is no tokenizer.model")
        self.run_example(YES)

    def test_an_index_is_meant_beside_another_checkpoint(self):
        text = read(WORKSPACE, "WORKSPACE")
        with self.changed(read(WEIGHTS, "llama/pytorch_model.bin"), WEIGHTS, "delta/pytorch_model.bin"):
            self.run_example(NO_BUILD, "delta holds 2 complete checkpoints")
            with self.changed(text.replace(b'tiny/delta"', b'tiny/delta/pytorch_model.bin.index.json"'), WORKSPACE, "WORKSPACE"):
                self.run_example(YES)
                self.assert_result_is_that_of_the_other_workspace()

    def test_weights_that_are_not_there_are_named(self):
        text = read(WORKSPACE, "WORKSPACE")
        with self.changed(text.replace(b'tiny/delta"', b'tiny/nowhere"'), WORKSPACE, "WORKSPACE"):
            self.run_example(NO_BUILD, "@vicuna_delta: there is no ", "testdata/tiny/nowhere")

    def test_the_manifest_believes_no_lock_that_lies_above(self):
        digest = hashlib.sha256(read(WEIGHTS, "llama/pytorch_model.bin")).hexdigest()
        lock = (f'schema: "weighbridge.weights_lock.v1" sources {{ folder: "llama" files {{ path: "pytorch_model.bin" uri: "https://example.org/llama.bin" '
                f'sha256: "{digest}" }} }}')
        self.run_example(YES)
        with self.changed(lock.encode(), WEIGHTS, "weights.lock"):
            self.run_example(YES)
            self.assertNotIn(b"https://example.org/llama.bin", read(WORKSPACE, "out-bin/minigpt4_paddle.manifest.binpb"))


if __name__ == "__main__":
    unittest.main()
