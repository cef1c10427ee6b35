#!/usr/bin/env python3
"""Merges a model whose largest tensor is four times the memory budget, and one of many tensors, and measures what the process really held,
verification included.

Usage: memory_test.py MERGE CONSOLIDATE, the programs. Needs 500 MB of disk.
"""
import filecmp
import os
import subprocess
import sys
import tempfile
import unittest

FOLDER = os.path.dirname(os.path.abspath(__file__))
MIB = 1 << 20
BUDGET = 16 * MIB
# What the program may hold beside its buffers (docs/architecture.md, Memory and speed).
ALLOWANCE = 64 * MIB
MERGE, CONSOLIDATE = (os.path.abspath(sys.argv.pop(1)) for _ in range(2))


def peak_memory(*command):
    """Runs a command, which must succeed; returns its peak resident memory in bytes."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)
    return usage.ru_maxrss * 1024


class MemoryTest(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def generate(self):
        # The result's largest tensor, lm_head, is a float16 matrix, made by a cast and a transpose of one of twice the size.
        rows = 4 * BUDGET // (1024 * 2)
        subprocess.run([sys.executable, os.path.join(FOLDER, "generate_checkpoints.py"), self.folder, "--preset=tiny", "--layers=1",
                        "--hidden_size=1024", f"--vocabulary={rows}"], check=True)

    def merge(self, name, *flags):
        """Returns the path of the result and the peak memory."""
        sources = [f"blip2={self.folder}/blip2", f"vicuna={self.folder}/vicuna", f"minigpt4={self.folder}/prerained_minigpt4.pth"]
        result = f"{self.folder}/{name}"
        return f"{result}/model_state.pdparams", peak_memory(MERGE, *sources, f"--save_path={result}", "--quiet", *flags)

    def test_memory_stays_within_the_budget_and_the_bytes_are_the_same(self):
        self.generate()
        small, peak = self.merge("small", f"--memory={BUDGET // MIB}MiB", "--threads=2")
        print(f"peak resident memory {peak / MIB:.1f} MiB, budget {BUDGET / MIB:.0f} MiB")
        self.assertLessEqual(peak, BUDGET + ALLOWANCE)
        large, _ = self.merge("large", "--memory=1GiB", "--threads=1", "--noverify")
        self.assertTrue(filecmp.cmp(small, large, shallow=False))

    def test_what_a_tensor_costs_beside_its_bytes_is_bounded(self):
        # 300,000 tensors stay within 512 MiB of buffers and the allowance (docs/benchmarks.md): here a tenth, and so a tenth of the budget.
        for ending in ("safetensors", "bin"):
            source = f"{self.folder}/many.{ending}"
            subprocess.run([sys.executable, os.path.join(FOLDER, "generate_many_tensors.py"), source, "--tensors=30000"], check=True)
            peak = peak_memory(CONSOLIDATE, f"--model={source}", f"--output={self.folder}/result.{ending}", "--memory=51MiB", "--threads=2", "--quiet")
            print(f"{ending}: peak resident memory {peak / MIB:.1f} MiB, budget 51 MiB")
            self.assertLessEqual(peak, 51 * MIB + ALLOWANCE)


if __name__ == "__main__":
    unittest.main()
