#!/usr/bin/env python3
"""Runs what the documents show as commands ("    $ …"), and compares what they print with what stands there.

A command runs as a reader types it at the repository's root, with the built program in the place of `./bazelw run //tools:…` and a folder of the
test's own in the place of /tmp. "…" in a line of its own stands for lines that a document leaves out; progress is left out everywhere.
"""
import os
import re
import subprocess
import sys
import tempfile
import unittest

PROGRESS = r"(writing|verifying|auditing): .* GB/s"


def transcripts(path):
    """Of each command in the document: itself, and the lines below it."""
    found = []
    with open(path, encoding="utf-8") as file:
        for line in file.read().split("\n"):
            if line.startswith("    $ "):
                found.append((line[len("    $ "):], []))
                is_open = True
            elif not line.startswith("    "):
                is_open = False
            elif found and is_open:
                found[-1][1].append(line[len("    "):])
    return found


def run(command, folder):
    command = re.sub(r"^\./bazelw run //tools:(\w+) --", r"tools/\1", command).replace("/tmp/", folder + "/")
    result = subprocess.run(["sh", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            timeout=120, check=False)
    lines = (result.stdout + result.stderr).replace(folder + "/", "/tmp/").splitlines()
    return [line for line in lines if not re.match(PROGRESS, line)]


class TranscriptsTest(unittest.TestCase):
    def expect_true(self, document, count):
        commands = transcripts(document)
        self.assertGreaterEqual(len(commands), count)
        with tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR")) as folder:
            for command, shown in commands:
                printed = run(command, folder)
                if "…" in shown:
                    place = shown.index("…")
                    behind = len(shown) - place - 1
                    printed[place:len(printed) - behind] = ["…"]
                self.assertEqual(printed, shown, f"{document}: {command}")

    def test_readme(self):
        self.expect_true("README.md", 8)

    def test_readme_in_chinese(self):
        self.expect_true("README.zh-CN.md", 8)

    def test_architecture(self):
        self.expect_true("docs/architecture.md", 5)

    def test_recipes(self):
        self.expect_true("docs/recipes.md", 4)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main()
