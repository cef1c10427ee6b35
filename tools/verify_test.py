#!/usr/bin/env python3
"""Shows verify what others might write and what may happen to a file: mutations of the merged example, each with its verdict; sums that went
through bfloat16, with statistics computed here; audits by a manifest; and a manifest read without any code of ours.
"""
import json
import math
import os
import subprocess
import sys
import unittest

from tool_testing import ROOT, run, sha256
from verify_testing import EMBED, HALF, SMALL, Mutations, VerifyTest, half_bits, half_bytes, halves, through_bfloat16, transposed


class JudgeTest(VerifyTest):
    def test_every_mutation_gets_its_verdict(self):
        path = self.merge()
        good = self.read(path, self.verify_json(path, *self.small, code=0))
        blip2 = self.consolidated("blip2")
        left_in = next(name for name, (_, shape, _) in blip2.items() if name.startswith("language_model") and len(shape) == 2)
        count = 0
        for label, file, found in Mutations(good, (left_in, blip2[left_in])).all():
            with self.subTest(label):
                count += 1
                mutated = self.path("mutated.pdparams")
                file.write(mutated)
                manifest = self.verify_json(mutated, *self.small, code=1 if found else 0)
                self.assertEqual(manifest["verdict"], "differs" if found else "exact")
                wrong = {t["name"]: (t["verdict"], t["finding"]) for t in manifest["output"]["tensors"] if t["verdict"] != "exact"}
                self.assertEqual({name: verdict for name, (verdict, _) in wrong.items()},
                                 {name: verdict for name, (verdict, _) in found.items()})
                for name, (_, words) in found.items():
                    self.assertIn(words, wrong[name][1])
        self.assertGreaterEqual(count, 40)

    def test_damaged_containers_are_a_no(self):
        path = self.merge()
        with open(path, "rb") as file:
            good = file.read()
        for label, damaged in (("truncated", good[:-100]), ("cut in half", good[:len(good) // 2]), ("empty", b""), ("no end", good[:-1])):
            with self.subTest(label):
                with open(self.path("damaged.pdparams"), "wb") as file:
                    file.write(damaged)
                result = run("verify", self.path("damaged.pdparams"), *self.small)
                self.assertEqual(result.returncode, 1, result.stderr)
                self.assertTrue(result.stdout.startswith("damaged: "), result.stdout)

    def test_appended_bytes_change_no_tensor_but_the_file(self):
        path = self.merge()
        manifest = self.path("good/manifest.binpb")
        with open(path, "ab") as file:
            file.write(b"appended")
        judged = self.verify_json(path, *self.small, code=0)
        self.assertIn("bytes", " ".join(judged["output"]["remarks"]))
        self.expect_failure(run("verify", path, "--manifest=" + manifest), "should have", code=1)

    def test_statistics_of_sums_through_bfloat16_are_those_computed_here(self):
        fused = [self.small[0], f"base={SMALL}/llama", f"delta={SMALL}/delta", self.small[2]]
        path = self.merge(arguments=fused)
        exact = self.verify_json(path, *fused, code=0)
        good = self.read(path, exact)
        base, delta = (self.consolidated(name) for name in ("llama", "delta"))
        sums, expected = good.copy(), {}
        for name in good.rows:
            if name.startswith("language_model.") and "inv_freq" not in name:
                sums.set_data(name, self.careless_sum(name, good.rows[name], base, delta))
                expected[name] = statistics(halves(sums.data(name)), halves(good.data(name)))
        careless = self.path("careless.pdparams")
        sums.write(careless)
        self.assertGreater(sum(e["differing"] for e in expected.values()), 1000)
        for tolerance, within in (("exact", lambda a, e, ulp: False), ("torch", near(1e-5, 1e-3)), ("paddle", near(1e-3, 1e-3)),
                                  ("abs:1e-5,rel:0.016", near(1e-5, 0.016)), ("ulp:4", lambda a, e, ulp: ulp <= 4 and math.isfinite(a + e))):
            with self.subTest(tolerance):
                self.check_tolerance(careless, fused, tolerance, within, sums, good, expected)

    def check_tolerance(self, path, fused, tolerance, within, sums, good, expected):
        beyond = {name: sum(not equal_or(within, a, e) for a, e in zip(halves(sums.data(name)), halves(good.data(name)))) for name in expected}
        manifest = self.verify_json(path, *fused, "--tolerance=" + tolerance, code=1 if any(beyond.values()) else 0)
        verdicts = set()
        for tensor in manifest["output"]["tensors"]:
            want = expected.get(tensor["name"], {"differing": 0})
            if want["differing"] == 0:
                self.assertEqual(tensor["verdict"], "exact", tensor["name"])
                continue
            errors = tensor["errors"]
            self.assertEqual(errors["beyond_tolerance"], beyond[tensor["name"]], tensor["name"])
            self.assertEqual(tensor["verdict"], "differs" if beyond[tensor["name"]] else "within tolerance")
            verdicts.add(tensor["verdict"])
            for key, value in want.items():
                if isinstance(value, float):
                    self.assertAlmostEqual(errors[key], value, delta=1e-9 * max(1, abs(value)), msg=key)
                else:
                    self.assertEqual(errors[key], value, (tensor["name"], key))
        self.assertIn("differs" if any(beyond.values()) else "within tolerance", verdicts)

    @staticmethod
    def careless_sum(name, row, base, delta):
        """Base and delta, added as float32, rounded to bfloat16 and then to float16; rows that the base lacks are zero."""
        source = name.removeprefix("language_model.").replace("llama.", "model.")
        shape, left = base[source][1], halves(base[source][2])
        right = halves(delta[source][2])
        left = left + [0] * (len(right) - len(left))
        total = half_bytes([half_bits(through_bfloat16(HALF[a] + HALF[b])) for a, b in zip(left, right)])
        if len(shape) == 2 and name != EMBED:
            columns, rows = row[1]
            return transposed(total, rows, columns, 2)
        return total


def order(bits):
    return -(bits & 0x7FFF) if bits & 0x8000 else bits


def near(absolute, relative):
    return lambda a, e, ulp: a == e or (math.isfinite(a) and math.isfinite(e) and abs(a - e) <= absolute + relative * abs(e))


def equal_or(within, actual, expected):
    a, e = HALF[actual], HALF[expected]
    if actual == expected:
        return True
    if math.isnan(a) or math.isnan(e):
        return math.isnan(a) and math.isnan(e) and within(0, 0, 0)
    return within(a, e, abs(order(actual) - order(expected)))


def statistics(actual, expected):
    """What the manifest must say of such tensors, by the words of docs/manifest.md."""
    histogram = [0] * 23
    errors, relative, nans, payloads, differing = [], [], 0, 0, 0
    for a, e in zip(actual, expected):
        x, y = HALF[a], HALF[e]
        differing += a != e
        if math.isnan(x) or math.isnan(y):
            payloads += math.isnan(x) and math.isnan(y) and a != e
            continue
        ulp = abs(order(a) - order(e))
        histogram[next(i for i in range(23) if i == 22 or ulp <= (0 if i == 0 else 2**(i - 1)))] += 1
        if math.isfinite(x) and math.isfinite(y):
            errors.append(x - y)
            if y != 0:
                relative.append(abs(x - y) / abs(y))
    nans = sum(math.isnan(HALF[e]) for e in expected)
    return {
        "elements": len(actual), "differing": differing, "ulp_histogram": histogram, "nan_payloads": payloads,
        "max_absolute": float(max(map(abs, errors))), "mean_absolute": math.fsum(map(abs, errors)) / len(errors),
        "mean_signed": math.fsum(errors) / len(errors), "max_relative": float(max(relative)), "mean_relative": math.fsum(relative) / len(relative),
        "expected": {"nan": nans, "positive_infinity": expected.count(0x7C00), "negative_infinity": expected.count(0xFC00),
                     "zero": expected.count(0) + expected.count(0x8000), "subnormal": sum(0 < (e & 0x7FFF) < 0x400 for e in expected)},
    }


class AuditTest(VerifyTest):
    def test_yes_to_the_same_bytes_with_and_without_sources(self):
        path = self.merge()
        manifest = "--manifest=" + self.path("good/manifest.binpb")
        for arguments in ([], self.small):
            result = run("verify", path, manifest, *arguments)
            self.assertEqual(result.returncode, 0, result.stderr + result.stdout)
            self.assertIn("as the manifest says", result.stdout)
        # A folder is looked through; another file name is no other file.
        self.assertEqual(run("verify", self.path("good"), manifest).returncode, 0)
        os.rename(path, self.path("good/renamed.pdparams"))
        self.assertEqual(run("verify", self.path("good/renamed.pdparams"), manifest).returncode, 0)
        self.expect_failure(run("verify", self.path("good"), manifest), "model_state.pdparams: is missing", code=1)

    def test_every_changed_byte_is_found_and_named(self):
        path = self.merge()
        manifest = self.path("good/manifest.binpb")
        tensors = self.verify_json(path, *self.small, code=0)["output"]["tensors"]
        with open(path, "rb") as file:
            good = file.read()
        spots = [0, 1, len(good) // 2, len(good) - 1]
        for tensor in tensors[::25]:
            spots += [tensor["offset"] - 1, tensor["offset"], tensor["offset"] + 1]
        starts = {t["offset"]: t["name"] for t in tensors}
        for spot in spots:
            damaged = bytearray(good)
            damaged[spot] ^= 4
            with open(self.path("damaged.pdparams"), "wb") as file:
                file.write(damaged)
            result = self.verify_json(self.path("damaged.pdparams"), "--manifest=" + manifest, code=1)
            self.assertFalse(result["accepted"])
            self.assertEqual(len(result["findings"]), 1, result["findings"])
            if spot in starts:
                self.assertIn(f'tensor "{starts[spot]}"', result["findings"][0])
            elif spot + 1 in starts:
                self.assertIn(f'container, bytes', result["findings"][0])
                self.assertIn(f'before tensor "{starts[spot + 1]}"', result["findings"][0])

    def test_the_same_tensors_in_other_containers_and_shards(self):
        self.merge()
        manifest = "--manifest=" + self.path("good/manifest.binpb")
        for name, flags, file in (("safetensors", ["--format=safetensors"], "model.safetensors"), ("torch", ["--format=torch"], "pytorch_model.bin"),
                                  ("shards", ["--format=safetensors", "--max_shard_size=500KB"], "")):
            result = run("merge", *self.small, "--save_path=" + self.path(name), *flags)
            self.assertEqual(result.returncode, 0, result.stderr)
            result = run("verify", self.path(name + "/" + file), manifest, "--content")
            self.assertEqual(result.returncode, 0, name + result.stdout + result.stderr)
        self.expect_failure(run("verify", self.path("safetensors/model.safetensors"), manifest), "should have", code=1)
        with open(self.path("torch/pytorch_model.bin"), "r+b") as file:
            file.seek(os.path.getsize(file.name) // 2)
            byte = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte[0] ^ 1]))
        self.expect_failure(run("verify", self.path("torch/pytorch_model.bin"), manifest, "--content"), "its elements are not what they were", code=1)

    def test_other_sources_are_a_no(self):
        path = self.merge()
        manifest = "--manifest=" + self.path("good/manifest.binpb")
        other = self.small[:1] + [f"vicuna={SMALL}/vicuna"] + self.small[2:]
        self.expect_failure(run("verify", path, manifest, *other), "the manifest is not what these sources give: sources[1] (vicuna).", code=1)

    def test_a_manifest_that_says_no_stays_a_no(self):
        path = self.merge()
        with open(path, "r+b") as file:
            file.seek(os.path.getsize(path) // 2)
            file.write(b"\x55\xaa")
        result = run("verify", path, *self.small, "--manifest_out=" + self.path("no.binpb"))
        self.assertEqual(result.returncode, 1)
        self.expect_failure(run("verify", path, "--manifest=" + self.path("no.binpb")), "the manifest itself says no", code=1)

    def test_what_makes_no_sense_is_refused(self):
        path = self.merge()
        manifest = "--manifest=" + self.path("good/manifest.binpb")
        self.expect_failure(run("verify", path, "--manifest=" + path), "no manifest")
        self.expect_failure(run("verify", self.path("nothing"), manifest), "nothing")
        self.expect_failure(run("verify", path, *self.small, "--tolerance=loose"), "loose")
        self.expect_failure(run("verify", path, *self.small, "--match=("), "--match")
        self.expect_failure(run("verify", path, *self.small, "--match=.", "--manifest_out=" + self.path("m")), "--match")
        self.expect_failure(run("verify", path, *self.small, "--content"), "--content")
        self.expect_failure(run("verify", path, *self.small, "--format=xml"), "xml")

    def test_exports(self):
        path = self.merge()
        result = run("verify", path, *self.small, "--manifest_out=" + self.path("m.binpb"), "--attestation=" + self.path("statement.json"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(sha256(self.path("m.binpb")), sha256(self.path("good/manifest.binpb")))
        with open(self.path("statement.json"), encoding="utf-8") as file:
            statement = json.load(file)
        self.assertEqual(statement["subject"], [{"name": "model_state.pdparams", "digest": {"sha256": sha256(path)}}])
        self.assertEqual(statement["predicate"]["manifest"]["digest"]["sha256"], sha256(self.path("m.binpb")))
        self.assertIn({"name": "minigpt4/prerained_minigpt4.pth", "digest": {"sha256": sha256(SMALL + "/prerained_minigpt4.pth")}},
                      statement["predicate"]["materials"])
        # Folders are made as needed, and an audit has its page too.
        for arguments in (self.small, ["--manifest=" + self.path("m.binpb")]):
            page = self.path(f"pages/{len(arguments)}/report.html")
            self.assertEqual(run("verify", path, *arguments, "--report=" + page).returncode, 0)
            with open(page, encoding="utf-8") as file:
                content = file.read()
            self.assertIn(sha256(self.path("m.binpb")), content.replace("&#8203;", "").replace("<wbr>", ""))
            self.assertNotIn("<script", content)
        result = run("verify", path, *self.small, "--match=mlp")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("exact: ", result.stdout)

    def test_a_manifest_of_a_fused_merge_holds_the_recipes_of_both_stages(self):
        fused = [self.small[0], f"base={SMALL}/llama", f"delta={SMALL}/delta", self.small[2]]
        path = self.merge(arguments=fused)
        manifest = self.verify_json(path, *fused, code=0)
        self.assertEqual([made["id"] for made in manifest["made_sources"]], ["vicuna"])
        self.assertEqual([source["id"] for source in manifest["sources"]], ["blip2", "base", "delta", "minigpt4"])
        self.assertEqual(run("verify", path, "--manifest=" + self.path("good/manifest.binpb"), *fused).returncode, 0)


class GoldenManifestTest(VerifyTest):
    """testdata/manifest/manifest.textproto is what `merge` writes for its recipe and tiny's MiniGPT-4 checkpoint."""

    def setUp(self):
        super().setUp()
        folder = os.path.join(ROOT, "testdata", "manifest")
        checkpoint = f"trained={self.tiny}/prerained_minigpt4.pth"
        self.merged = self.merge(arguments=[f"--recipe={folder}/recipe.textproto", checkpoint])
        self.manifest = self.path("good/manifest.binpb")
        with open(folder + "/manifest.textproto", "rb") as file:
            self.golden = file.read()

    def protoc(self, mode, data):
        return subprocess.run(["protoc", mode + "=weighbridge.Manifest", "proto/manifest.proto"], cwd=ROOT, input=data, stdout=subprocess.PIPE,
                              check=True).stdout

    def test_is_what_merge_writes(self):
        with open(self.manifest, "rb") as file:
            written = file.read()
        self.assertEqual(self.protoc("--decode", written).decode(), self.golden.decode())

    def test_its_digests_are_recomputed_without_our_code(self):
        with open(self.path("golden.binpb"), "wb") as file:
            file.write(self.protoc("--encode", self.golden))
        # The interpreter that Debian's python3-xxhash belongs to.
        reader = ["/usr/bin/python3", os.path.join(ROOT, "docs", "read_manifest.py"), self.path("golden.binpb")]
        result = subprocess.run([*reader, self.merged], stdout=subprocess.PIPE, text=True, check=False)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertEqual(result.stdout.count("ok tensor "), 8)
        with open(self.merged, "r+b") as file:
            file.seek(1000)
            file.write(b"\x55\xaa\x55")
        result = subprocess.run([*reader, self.merged], stdout=subprocess.PIPE, text=True, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("WRONG tensor llama_proj.weight", result.stdout)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main()
