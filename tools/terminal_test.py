#!/usr/bin/env python3
"""What a stranger's names and a path may do to a terminal, a page or a log: nothing, whichever tool prints them and wherever."""
import json
import os
import sys
import unittest

from tool_testing import ToolsTest, pdparams, run

# Of each kind one; none of them may reach the output as it is.
UNSEEN = ["\x1b[2J", "\x07", "\x7f", "\x9b", "\u061c", "\u200b", "\u200e", "\u2028", "\u202e", "\u2066", "\ufeff", "\U000e0041"]
HOSTILE = "a" + "".join(UNSEEN) + "\nfake: line"
COPY = 'name: "copy" sources { id: "m" description: "any" } sections { source: "m" takes { match: "*" tolerance: "abs:1" } }'


class TerminalTest(ToolsTest):
    def setUp(self):
        super().setUp()
        # File names cannot be as long, and hold all but a slash.
        self.source = self.path("w" + HOSTILE + ".pdparams")
        with open(self.source, "wb") as file:
            file.write(pdparams([(name, ("float32", [2], bytes(8))) for name in ("t", HOSTILE)]))
        self.recipe = self.path("r" + HOSTILE)
        with open(self.recipe, "w", encoding="utf-8") as file:
            file.write(COPY)

    def expect_harmless(self, text, what):
        for unseen in UNSEEN:
            self.assertNotIn(unseen, text, what)
        self.assertNotIn("\nfake: line", text, what)

    def test_no_tool_prints_what_is_unseen(self):
        m, out = "m=" + self.source, self.path("out" + HOSTILE)
        merge = ["merge", m, "--recipe=" + self.recipe]
        commands = [
            ([*merge, "--dry_run", "--explain=.", "--save_path=" + out], 0),
            ([*merge, "--dry_run", "--format=safetensors", "--max_shard_size=8B", "--save_path=" + out], 0),
            ([*merge, "--save_path=" + out, "--format=safetensors", "--max_shard_size=8B"], 0),
            ([*merge, "--save_path=" + out, "--format=torch"], 2),
            ([*merge, "--save_path=" + out + "/model.safetensors.index.json/x"], 2),
            (["inspect", self.source], 0),
            (["inspect", self.source, "--format=json", "--digest=xxh3"], 0),
            (["inspect", self.source, "--pickle"], 0),
            (["inspect", self.source, "--pickle", "--format=json"], 0),
            (["inspect", self.recipe], 2),
            (["inspect", self.source, "--match=(" + HOSTILE], 2),
            (["inspect", self.source, "--" + HOSTILE], 2),
            (["verify", self.source, m, "--recipe=" + self.recipe], 0),
            (["verify", self.source, m, "--recipe=" + self.recipe, "--format=json"], 0),
            (["verify", out, "--manifest=" + out + "/manifest.binpb"], 0),
            (["verify", out, "--manifest=" + out + "/manifest.binpb", "--format=json"], 0),
            (["verify", self.source, m, "--recipe=none" + HOSTILE], 2),
            (["consolidate", "--model=" + self.source, "--output=" + out + "/one.bin"], 0),
            (["consolidate", "--model=" + self.source, "--output=" + out + "/one.bin"], 2),
            (["apply_delta", "--base=" + self.source, "--delta=" + self.source, "--target=" + out], 2),
            (["fetch", "file://" + self.source, "--into=" + out + "2"], (0, 2)),
            (["fetch", "nothing://" + HOSTILE, "--into=" + out + "3"], 2),
        ]
        for command, codes in commands:
            result = run(*command)
            self.assertIn(result.returncode, codes if isinstance(codes, tuple) else (codes,), (command, result.stdout, result.stderr))
            self.expect_harmless(result.stdout + result.stderr, command)
            if "--format=json" in command:
                json.loads(result.stdout)

    def test_what_json_escapes_is_the_name(self):
        result = run("inspect", self.source, "--format=json")
        self.assertIn("\\u202e", result.stdout)
        self.assertEqual([tensor["name"] for tensor in json.loads(result.stdout)["tensors"]], ["t", HOSTILE])

    def test_exports_are_harmless_too(self):
        report, attestation = self.path("report.html"), self.path("attestation.json")
        result = run("verify", self.source, "m=" + self.source, "--recipe=" + self.recipe, "--report=" + report, "--attestation=" + attestation)
        self.assertEqual(result.returncode, 0, result.stderr)
        for path in (report, attestation):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            for unseen in UNSEEN:
                self.assertNotIn(unseen, text, os.path.basename(path))


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main()
