#!/usr/bin/env python3
"""Merges a model whose largest tensor is four times the memory budget, and measures what the process really held, verification included.

Usage: memory_test.py MERGE, the program. Needs 500 MB of disk.
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
# What the program may hold beside its buffers (docs/architecture.md, Memory).
ALLOWANCE = 64 * MIB
MERGE = os.path.abspath(sys.argv.pop(1))


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
        small, peak = self.merge("small", f"--memory={BUDGET // MIB}MiB", "--threads=2")
        print(f"peak resident memory {peak / MIB:.1f} MiB, budget {BUDGET / MIB:.0f} MiB")
        self.assertLessEqual(peak, BUDGET + ALLOWANCE)
        large, _ = self.merge("large", "--memory=1GiB", "--threads=1", "--noverify")
        self.assertTrue(filecmp.cmp(small, large, shallow=False))


if __name__ == "__main__":
    unittest.main()
