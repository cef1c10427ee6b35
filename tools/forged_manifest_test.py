#!/usr/bin/env python3
"""What an auditor is told about manifests that somebody made over, about files that are wrong, and about questions that are none."""
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

from tool_testing import ROOT, run, sha256
from verify_testing import VerifyTest


class ForgedManifestTest(VerifyTest):
    """The conversion is that of testdata/manifest."""

    def setUp(self):
        super().setUp()
        self.recipe = os.path.join(ROOT, "testdata", "manifest", "recipe.textproto")
        self.source = f"trained={self.tiny}/prerained_minigpt4.pth"
        self.merged = self.merge(arguments=[f"--recipe={self.recipe}", self.source])
        self.manifest = self.path("good/manifest.binpb")

    def protoc(self, mode, data):
        return subprocess.run(["protoc", mode + "=weighbridge.Manifest", "proto/manifest.proto"], cwd=ROOT, input=data, stdout=subprocess.PIPE,
                              check=True).stdout

    def forge(self, *changes, manifest=None):
        """The manifest with parts of its text replaced, as the path of a new file."""
        with open(manifest or self.manifest, "rb") as file:
            text = self.protoc("--decode", file.read()).decode()
        for before, after in changes:
            self.assertRegex(text, before)
            text = re.sub(before, after, text)
        path = self.path("forged.binpb")
        with open(path, "wb") as file:
            file.write(self.protoc("--encode", text.encode()))
        return path

    def damage(self, name="damaged.pdparams", spot=None):
        """A copy with one element of the matrix wrong."""
        tensors = self.verify_json(self.merged, self.source, "--recipe=" + self.recipe, code=0)["output"]["tensors"]
        tensor = next(tensor for tensor in tensors if tensor["name"] == "llama_proj.weight")
        with open(self.merged, "rb") as file:
            data = bytearray(file.read())
        data[tensor["offset"] if spot is None else spot] ^= 1
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def audit(self, path, manifest, *arguments, code):
        result = run("verify", path, "--manifest=" + manifest, *arguments)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        return result.stdout

    def test_the_tolerance_is_the_auditors(self):
        damaged = self.damage("damaged/model_state.pdparams")
        honest = self.path("honest.binpb")
        with open(self.recipe, encoding="utf-8") as file:
            strict = file.read().replace('tolerance: "ulp:1"', "")
        with open(self.path("strict.textproto"), "w", encoding="utf-8") as file:
            file.write(strict)
        judged = [self.source, "--recipe=" + self.path("strict.textproto")]
        self.assertEqual(run("verify", damaged, *judged, "--tolerance=abs:1e30", "--manifest_out=" + honest).returncode, 0)
        for sources in ([], [self.source]):
            self.assertIn("asked for is exact", self.audit(damaged, honest, *sources, code=1))
            self.assertIn("within tolerance: ", self.audit(damaged, honest, *sources, "--tolerance=abs:1e30", code=0))
        forged = self.forge(("VERDICT_WITHIN_TOLERANCE", "VERDICT_EXACT"), (r" *finding: .*\n", ""), manifest=honest)
        for arguments in ([], ["--tolerance=exact"], ["--tolerance=abs:1e30"], ["--format=json"]):
            said = self.audit(damaged, forged, self.source, *arguments, code=1)
            self.assertNotIn("exact: 8 of 8", said)
            self.assertIn("VERDICT_EXACT in the manifest and VERDICT_", said)

    def test_a_tolerance_of_a_rule_counts_where_the_auditor_has_the_recipe(self):
        damaged = self.damage("damaged/model_state.pdparams")
        manifest = self.path("within.binpb")
        self.assertEqual(run("verify", damaged, self.source, "--recipe=" + self.recipe, "--manifest_out=" + manifest).returncode, 0)
        for sources in ([], [self.source]):
            self.audit(damaged, manifest, *sources, code=1)
            self.audit(damaged, manifest, *sources, "--recipe=" + self.recipe, code=0)
        # One that no rule has is the manifest's word, though the recipe is the auditor's.
        with open(self.recipe, encoding="utf-8") as file:
            loose = file.read().replace("ulp:1", "abs:1e30")
        with open(self.path("loose.textproto"), "w", encoding="utf-8") as file:
            file.write(loose)
        generous = self.path("generous.binpb")
        judged = [damaged, self.source, "--recipe=" + self.path("loose.textproto"), "--manifest_out=" + generous]
        self.assertEqual(run("verify", *judged).returncode, 0)
        recipe = r"\nrecipe \{\n(?:  .*\n)*\}\n"
        with open(self.manifest, "rb") as file:
            right = re.search(recipe, self.protoc("--decode", file.read()).decode()).group()
        forged = self.forge((recipe, lambda _: right), manifest=generous)
        for sources in ([], [self.source]):
            self.assertIn("within the tolerance abs:1e30, and asked for is exact",
                          self.audit(damaged, forged, *sources, "--recipe=" + self.recipe, code=1))
        # In a file that is right it does no harm.
        self.audit(self.merged, self.manifest, self.source, code=0)

    def test_a_recipe_pins_that_of_the_manifest(self):
        for sources in ([], [self.source]):
            self.audit(self.merged, self.manifest, *sources, "--recipe=" + self.recipe, code=0)
            said = self.audit(self.merged, self.manifest, *sources, "--recipe=minigpt4", code=1)
            self.assertIn("the recipe golden of the manifest is another than minigpt4, which was asked for: name is", said)

    def test_a_recipe_with_the_name_of_an_embedded_one_is_named(self):
        with open(self.recipe, encoding="utf-8") as file:
            text = file.read().replace('name: "golden"', 'name: "minigpt4"')
        with open(self.path("other.textproto"), "w", encoding="utf-8") as file:
            file.write(text)
        path = self.merge("other", arguments=["--recipe=" + self.path("other.textproto"), self.source])
        for sources in ([], [self.source]):
            said = self.audit(path, self.path("other/manifest.binpb"), *sources, code=0)
            self.assertIn("remark: the manifest's recipe minigpt4 is another than the recipe of that name in this program: description is", said)
        self.assertIn("in this program", json.loads(self.audit(path, self.path("other/manifest.binpb"), "--format=json", code=0))["remarks"][0])
        # Those of the example are what they are called.
        self.assertNotIn("remark", self.audit(self.merge("small"), self.path("small/manifest.binpb"), code=0))

    def test_with_sources_every_statement_is_judged_anew(self):
        for label, change in (("an expression", ("expression: \"trained/", "expression: \"other/")),
                              ("a reason", ("not needed here", "needed here")), ("a remark", ("output {", 'output { remarks: "all is well" ')),
                              ("statistics", (r"mean: 0\.", "mean: 1.")), ("a file of a source", ("prerained_minigpt4.pth", "other.pth")),
                              ("a format", ('format: "torch_zip"', 'format: "torch_legacy"'))):
            with self.subTest(label):
                said = self.audit(self.merged, self.forge(change), self.source, code=1)
                self.assertIn("the manifest is not what these sources give: ", said)
        self.audit(self.merged, self.forge((":", ":")), self.source, code=0)
        # An origin is what whoever fetched recorded.
        origin = self.forge(('name: "prerained_minigpt4.pth"', r'\g<0> origin { uri: "hf://a/b/c" }'))
        self.audit(self.merged, origin, self.source, code=0)

    def test_config_files_beside_the_output_are_no_part_of_the_question(self):
        with open(self.path("good/config.json"), "w", encoding="utf-8") as file:
            file.write("{}")
        for arguments in ([], [self.source]):
            self.audit(self.path("good"), self.manifest, *arguments, code=0)

    def test_the_file_that_was_named_is_one_of_the_listed(self):
        forged = self.forge(("ROLE_WEIGHTS\n    name: \"model_state", "ROLE_CONFIG\n    name: \"model_state"))
        other = self.damage("good/other.pdparams", spot=100)
        self.assertIn("which is said to hold no weights", self.audit(other, forged, code=1))
        self.audit(other, self.manifest, code=1)
        self.expect_failure(run("verify", self.path("good/nothing.pdparams"), "--manifest=" + self.manifest), "nothing.pdparams")

    def test_other_weights_beside_the_audited_ones_are_named(self):
        for name in ("pytorch_model.bin", "model.safetensors", "model.safetensors.index.json", "model_state-00001-of-00002.pdparams"):
            with self.subTest(name):
                path = self.path("good/" + name)
                with open(path, "wb") as file:
                    file.write(b"{}")
                for asked in (self.path("good"), self.merged):
                    for sources in ([], [self.source]):
                        self.assertIn(f"{name}: the manifest does not list these weights", self.audit(asked, self.manifest, *sources, code=1))
                os.remove(path)
        with open(self.path("good/training_args.bin"), "wb") as file:
            file.write(b"{}")
        self.audit(self.path("good"), self.manifest, code=0)

    def test_questions_about_nothing_are_no_yes(self):
        os.mkdir(self.path("empty"))
        self.expect_failure(run("verify", self.path("empty"), "--manifest=" + self.manifest), "there is nothing to audit")
        judged = [self.merged, self.source, "--recipe=" + self.recipe]
        self.expect_failure(run("verify", *judged, "--match=atention", "--quiet"), "--match=atention: there is nothing to judge")
        self.expect_failure(run("inspect", self.merged, "--match=atention"), "--match=atention: no tensor has a name that matches")
        self.expect_failure(run("merge", self.source, "--recipe=" + self.recipe, "--dry_run", "--explain=atention"),
                            "--explain=atention: no tensor has a name that matches")
        nothing = self.forge((r"  tensors \{(\n    .*)*?\n  \}\n", ""))
        self.expect_failure(run("verify", self.merged, "--manifest=" + nothing), "lists no tensor")

    def test_a_no_leaves_nothing_that_says_yes(self):
        exports = {name: self.path(name) for name in ("page.html", "statement.json", "out.binpb")}
        flags = ["--report=" + exports["page.html"], "--attestation=" + exports["statement.json"], "--manifest_out=" + exports["out.binpb"]]
        damaged = self.damage("damaged/model_state.pdparams")
        sound = self.merged, "--manifest=" + self.manifest
        for label, question in (("audit", [damaged, "--manifest=" + self.manifest]), ("both", [damaged, "--manifest=" + self.manifest, self.source]),
                                ("judge", [damaged, self.source, "--recipe=" + self.strict()])):
            with self.subTest(label):
                self.assertEqual(run("verify", *sound, *flags, "--overwrite").returncode, 0)
                with open(exports["page.html"], encoding="utf-8") as file:
                    self.assertIn("Exact</span></h1>", file.read())
                result = run("verify", *question, *flags, "--overwrite")
                self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
                self.assertFalse(os.path.exists(exports["statement.json"]))
                with open(exports["page.html"], encoding="utf-8") as file:
                    page = file.read()
                self.assertIn("<title>Weighbridge: NO: golden</title>", page)
                self.assertRegex(page, "<h1><span[^>]*><b>[^<]*</b> NO")
                self.assertEqual(os.path.exists(exports["out.binpb"]), label != "audit")
                if label != "audit":
                    self.expect_failure(run("verify", damaged, "--manifest=" + exports["out.binpb"]), "the manifest itself says no", code=1)

    def strict(self):
        """The recipe without the tolerance of a rule."""
        with open(self.recipe, encoding="utf-8") as file:
            text = file.read().replace('tolerance: "ulp:1"', "")
        with open(self.path("strict.textproto"), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path("strict.textproto")

    def test_what_is_read_is_never_overwritten_nor_removed(self):
        recipe = self.path("recipe.textproto")
        shutil.copyfile(self.recipe, recipe)
        damaged = self.damage("damaged/model_state.pdparams")
        for path in (self.merged, damaged, self.manifest, recipe):
            before = sha256(path)
            for merged in (self.merged, damaged):
                if path in (self.merged, damaged) and path != merged:
                    continue
                for arguments in ([], ["--content"], [self.source]):
                    for export in ("--report=", "--manifest_out=", "--attestation="):
                        question = ["verify", merged, "--manifest=" + self.manifest, "--recipe=" + recipe, *arguments]
                        self.expect_failure(run(*question, export + path, "--overwrite"), "is never overwritten")
            self.assertEqual(sha256(path), before)

    def test_a_digest_that_cannot_be_computed_is_an_error(self):
        with open(self.path("fips.cnf"), "w", encoding="utf-8") as file:
            file.write("openssl_conf = a\n[a]\nalg_section = b\n[b]\ndefault_properties = fips=yes\n")
        fips = dict(os.environ, OPENSSL_CONF=self.path("fips.cnf"))
        for question in (["inspect", "--digest=sha256", self.merged], ["verify", self.merged, "--manifest=" + self.manifest],
                         ["verify", self.merged, "--manifest=" + self.manifest, "--content"],
                         ["verify", self.merged, self.source, "--recipe=" + self.recipe],
                         ["merge", self.source, "--recipe=" + self.recipe, "--save_path=" + self.path("new")]):
            self.expect_failure(run(*question, "--quiet", env=fips), "SHA-256 cannot be computed: OpenSSL: ")
        self.assertFalse(os.path.exists(self.path("new")))


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main()
