#!/usr/bin/env python3
"""Runs the tools as a user does: real programs, real files, exit codes and words.

Over testdata/ always; over all goldens and the corpus too where WEIGHBRIDGE_SHARED names the shared folder.
"""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import unittest

from tool_testing import ROOT, SHARED, ToolsTest, expected, golden_sets, pdparams, run, sha256, sources


class MergeTest(ToolsTest):
    def test_gives_the_references_bytes_whatever_threads_and_memory(self):
        for name, folder in golden_sets().items():
            want = expected(folder)["merged/model_state.pdparams"]["sha256"]
            for number, (vicuna, flags) in enumerate([("vicuna_consolidated", ["--threads=1"]), ("vicuna_consolidated", ["--memory=64MiB"]),
                                                      ("vicuna", ["--threads=7", "--memory=100MB"]), ("vicuna", ["--noverify"])]):
                out = self.path(f"{name}-{number}")
                result = run("merge", *sources(folder, vicuna), "--save_path", out, *flags)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual(sha256(out + "/model_state.pdparams"), want, (name, vicuna, flags))
                files = ["model_state.pdparams"] if "--noverify" in flags else ["manifest.binpb", "model_state.pdparams"]
                self.assertEqual(sorted(os.listdir(out)), files)
        if not SHARED:
            self.skipTest("wide, cast and padtrap: WEIGHBRIDGE_SHARED is not set")

    def test_manifests_are_the_same_bytes_for_any_threads(self):
        digests = set()
        for threads in ("1", "5"):
            self.assertEqual(run("merge", *sources(self.tiny), "--save_path=" + self.path(threads), "--threads=" + threads).returncode, 0)
            digests.add(sha256(self.path(threads) + "/manifest.binpb"))
        self.assertEqual(len(digests), 1)

    def test_last_line_accounts_for_every_tensor(self):
        result = run("merge", *sources(self.tiny), "--save_path=" + self.path("out"))
        self.assertEqual(result.stdout.splitlines()[-1],
                         "100 of 100 tensors written, 139 of 139 source tensors accounted for (100 used, 39 dropped by rule)")
        self.assertIn("config.json", result.stdout.splitlines()[-2])

    def test_takes_the_flags_of_merge_weight_py(self):
        t = self.tiny
        result = run("merge", "--blip2_path", t + "/blip2", "--vicuna_path=" + t + "/vicuna", "--minigpt4_path", t + "/prerained_minigpt4.pth",
                     "--save_path", self.path("out"))
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_example_without_arguments(self):
        result = run("merge", env={**os.environ, "TMPDIR": self.folder})
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue(result.stdout.startswith("verified: " + self.folder), result.stdout)

    def test_dry_run_and_explain_write_nothing(self):
        result = run("merge", *sources(self.tiny), "--save_path=" + self.path("out"), "--dry_run", "--explain=lm_head")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("language_model.lm_head.weight float16 [64, 321] = transpose(cast(vicuna/lm_head.weight, float16))", result.stdout)
        self.assertEqual(result.stdout.count("\ndropped: "), 39)
        self.assertIn("tensors: 100 (", result.stdout)
        self.assertFalse(os.path.exists(self.path("out")))

    def test_names_from_files_do_not_reach_the_terminal_raw(self):
        path = self.path("blip2.pdparams")
        hostile = "\x1b[2J\nfake"
        tensors = ["vision_model." + hostile, "qformer.w", "language_model." + hostile]
        with open(path, "wb") as file:
            file.write(pdparams([("query_tokens", ("float32", [1, 1, 32], bytes(128)))] + [(name, ("float32", [2], bytes(8))) for name in tensors]))
        result = run("merge", "blip2=" + path, *sources(self.tiny)[1:], "--dry_run", "--explain=.")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn("\x1b", result.stdout)
        self.assertNotIn("\nfake", result.stdout)
        self.assertEqual(result.stdout.count("\\033[2J\\nfake"), 3, result.stdout)
        # Judged as a merged file, it is a no with findings; as a source, it is an error.
        for tool, code in (("verify", 1), ("inspect", 0)):
            result = run(tool, path, *(sources(self.tiny) if tool == "verify" else []))
            self.assertEqual(result.returncode, code, result.stderr)
            self.assertIn("\\033[2J\\nfake", result.stdout)
            self.assertNotIn("\x1b", result.stdout + result.stderr)
        result = run("verify", path, *sources(self.tiny)[:2], "minigpt4=" + path)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)

    def test_existing_files_stay(self):
        out = self.path("out")
        os.mkdir(out)
        for name in ("model_state.pdparams", "manifest.binpb"):
            with open(out + "/" + name, "w", encoding="utf-8") as file:
                file.write("mine")
            self.expect_failure(run("merge", *sources(self.tiny), "--save_path=" + out), name, "--overwrite")
            self.assertEqual(os.listdir(out), [name])
            with open(out + "/" + name, encoding="utf-8") as file:
                self.assertEqual(file.read(), "mine")
            os.remove(out + "/" + name)

    def test_a_source_is_never_overwritten(self):
        tiny = self.copy_tiny()
        before = sha256(tiny + "/blip2/model_state.pdparams")
        result = run("merge", *sources(tiny), "--save_path=" + tiny + "/blip2", "--overwrite")
        self.expect_failure(result, "source", "another folder")
        self.assertEqual(sha256(tiny + "/blip2/model_state.pdparams"), before)

    def test_what_the_reference_does_silently_is_an_error(self):
        cases = [
            ("vocab_size", 320, ["model.embed_tokens.weight", "[321, 64]", "320", "32001", "[PAD]", "apply_delta"]),
            ("num_hidden_layers", 3, ["model.layers.2.self_attn.q_proj.weight", "missing", "fewer layers"]),
            ("num_hidden_layers", 1, ["rotary_emb.inv_freq", "2 tensors match", "num_hidden_layers = 1"]),
            ("torch_dtype", "int8", ["int8", "torch_dtype"]),
            ("intermediate_size", None, ["intermediate_size", "config.json"]),
        ]
        tiny = self.copy_tiny()
        path = tiny + "/vicuna_consolidated/config.json"
        with open(path, encoding="utf-8") as file:
            config = json.load(file)
        for key, value, words in cases:
            changed = {**config, key: value}
            if value is None:
                del changed[key]
            with open(path, "w", encoding="utf-8") as file:
                json.dump(changed, file)
            self.expect_failure(run("merge", *sources(tiny), "--save_path=" + self.path("out")), "vicuna", *words)
            self.assertFalse(os.path.exists(self.path("out")))

    def test_a_missing_or_damaged_source_is_an_error(self):
        tiny = self.copy_tiny()
        pth = tiny + "/prerained_minigpt4.pth"
        with open(pth, "rb") as file:
            content = file.read()
        for damaged in (content[:-1], content[:1000], content[:len(content) // 2], b"", content[:2000] + b"\x55" + content[2001:]):
            with open(pth, "wb") as file:
                file.write(damaged)
            self.expect_failure(run("merge", *sources(tiny), "--save_path=" + self.path("out"), "--quiet"), "prerained_minigpt4.pth")
            self.assertFalse(os.path.exists(self.path("out")))
        os.remove(pth)
        self.expect_failure(run("merge", *sources(tiny), "--save_path=" + self.path("out")), "prerained_minigpt4.pth", "No such file")
        os.remove(tiny + "/vicuna_consolidated/config.json")
        self.expect_failure(run("merge", *sources(self.tiny)[:1], f"vicuna={tiny}/vicuna_consolidated", sources(self.tiny)[2],
                                "--save_path=" + self.path("out")), "config.json")

    def test_two_checkpoints_in_one_folder_are_refused(self):
        tiny = self.copy_tiny()
        shutil.copy(tiny + "/blip2/model_state.pdparams", tiny + "/vicuna_consolidated/")
        self.expect_failure(run("merge", *sources(tiny), "--save_path=" + self.path("out")), "pytorch_model.bin", "model_state.pdparams")

    def test_an_unaccounted_tensor_is_refused(self):
        path = self.path("blip2.pdparams")
        with open(path, "wb") as file:
            file.write(pdparams([("query_tokens", ("float32", [1, 1, 32], bytes(128))), ("vision_model.w", ("float32", [2], bytes(8))),
                                 ("qformer.w", ("float32", [2], bytes(8))), ("surprise", ("float32", [3], bytes(12)))]))
        self.expect_failure(run("merge", "blip2=" + path, *sources(self.tiny)[1:], "--save_path=" + self.path("out")), "surprise", "float32 [3]",
                            "neither used nor dropped")

    def test_too_little_memory_is_an_error_before_the_work(self):
        for flags in (["--memory=1MiB"], ["--memory=4MiB", "--threads=1"], ["--memory=20MiB", "--threads=100"]):
            self.expect_failure(run("merge", *sources(self.tiny), "--save_path=" + self.path("out"), *flags), "memory")
            self.assertFalse(os.path.exists(self.path("out")))
        result = run("merge", *sources(self.tiny), "--save_path=" + self.path("out"), "--memory=4MiB", "--threads=1", "--noverify")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_an_unwritable_target_is_an_error(self):
        with open(self.path("file"), "w", encoding="utf-8"):
            pass
        self.expect_failure(run("merge", *sources(self.tiny), "--save_path=" + self.path("file/out")), "file")
        self.expect_failure(run("merge", *sources(self.tiny), "--save_path=/proc/weighbridge"), "/proc/weighbridge")

    def test_a_full_disk_leaves_nothing(self):
        mount = f"mount -t tmpfs -o size=100k tmpfs {self.folder} && "
        if subprocess.run(["unshare", "-rm", "sh", "-c", mount + "true"], check=False, stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("a small file system cannot be mounted here")
        command = [os.path.join(ROOT, "tools/merge"), *sources(self.tiny), "--save_path=" + self.path("out")]
        script = mount + " ".join(command) + f"; code=$?; find {self.folder} -mindepth 1; exit $code"
        result = subprocess.run(["unshare", "-rm", "sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        self.expect_failure(result, "No space left", "bytes are needed")
        self.assertEqual(result.stdout, "")


    def test_when_the_result_cannot_get_its_name_what_stood_there_stays(self):
        out = self.path("out")
        os.mkdir(out)
        for name in ("model_state.pdparams", "manifest.binpb"):
            with open(out + "/" + name, "w", encoding="utf-8") as file:
                file.write("mine")
        # What is mounted somewhere cannot be replaced by a rename.
        mount = f"mount --bind {out}/model_state.pdparams {out}/model_state.pdparams && "
        if subprocess.run(["unshare", "-rm", "sh", "-c", mount + "true"], check=False, stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("a file cannot be mounted here")
        for flags in ("", " --noverify"):
            merge = " ".join([os.path.join(ROOT, "tools/merge"), *sources(self.tiny), "--save_path=" + out, "--overwrite --quiet"])
            result = subprocess.run(["unshare", "-rm", "sh", "-c", mount + merge + flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                    check=False)
            self.expect_failure(result, "model_state.pdparams", "busy")
            self.assertEqual(sorted(os.listdir(out)), ["manifest.binpb", "model_state.pdparams"])
            for name in os.listdir(out):
                with open(out + "/" + name, encoding="utf-8") as file:
                    self.assertEqual(file.read(), "mine")


class CommandLineTest(ToolsTest):
    def test_mistakes_exit_with_2(self):
        cases = [
            (["--no_such_flag"], "no such flag"),
            (["--threads=many"], "threads"),
            (["--threads=1", "--threads=2"], "twice"),
            (["--memory=12XB"], "memory"),
            (["--save_path"], "missing"),
            (["blip2=a", "blip2=b"], "twice"),
            (["blip2="], "missing"),
            (["--", "--help"], "--help"),
            (["nonsense"], "ID=CHECKPOINT"),
            (["other=x"], "other"),
            (["blip2=x"], "blip2"),
            (["--recipe=no_such_recipe", "a=b"], "no_such_recipe"),
        ]
        for arguments, word in cases:
            self.expect_failure(run("merge", *arguments), word)

    def test_an_error_is_one_line_whatever_libraries_think(self):
        with open(os.path.join(self.folder, "bad.binpb"), "wb") as file:
            file.write(b"\x0a\x02\xff\xfe")  # A text that is not UTF-8.
        self.expect_failure(run("verify", self.tiny + "/blip2/model_state.pdparams", "--manifest=" + self.path("bad.binpb")), "bad.binpb")

    def test_help_exits_with_0_and_has_an_example(self):
        for tool in ("merge", "verify", "inspect", "apply_delta", "consolidate", "fetch"):
            for flag in ("--help", "-h"):
                result = run(tool, flag)
                self.assertEqual(result.returncode, 0)
                self.assertIn("  %s " % tool, result.stdout)
                self.assertIn("--threads", result.stdout)

    def test_relative_paths_are_the_users(self):
        shutil.copy(self.tiny + "/prerained_minigpt4.pth", self.folder)
        result = run("inspect", "prerained_minigpt4.pth", env={**os.environ, "BUILD_WORKING_DIRECTORY": self.folder})
        self.assertEqual(result.returncode, 0, result.stderr)


class VerifyTest(ToolsTest):
    def setUp(self):
        super().setUp()
        result = run("merge", *sources(self.tiny), "--save_path=" + self.path("good"), "--quiet")
        self.assertEqual(result.returncode, 0, result.stderr)
        with open(self.path("good/model_state.pdparams"), "rb") as file:
            self.good = file.read()
        listing = run("inspect", "--format=json", "--digest=sha256", self.path("good/model_state.pdparams"))
        self.tensors = []
        self.offsets = {}
        for t in json.loads(listing.stdout)["tensors"]:
            begin = self.offsets[t["name"]] = self.offset(t["name"], t["bytes"], t["digest"])
            self.tensors.append((t["name"], (t["dtype"], t["shape"], self.good[begin:begin + t["bytes"]])))

    def offset(self, name, size, digest):
        """Where the tensor's bytes lie in the good file: behind its key, where their digest says."""
        key = b"\x8c" + bytes([len(name)]) + name.encode()
        begin = self.good.index(key) + len(key)
        while hashlib.sha256(self.good[begin:begin + size]).hexdigest() != digest:
            begin += 1
        return begin

    def verify(self, content):
        with open(self.path("model_state.pdparams"), "wb") as file:
            file.write(content)
        return run("verify", self.path("model_state.pdparams"), *sources(self.tiny), "--quiet")

    def expect_no(self, content, *words):
        result = self.verify(content)
        self.expect_failure(result, *words, code=1)
        return result

    def test_says_yes_to_the_same_tensors_in_a_file_that_we_did_not_write(self):
        result = self.verify(pdparams(self.tensors))
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_says_no_to_a_flipped_bit_in_any_tensor(self):
        for name, (_, _, data) in self.tensors:
            for offset in (0, len(data) // 2, len(data) - 1):
                changed = bytearray(self.good)
                changed[self.offsets[name] + offset] ^= 1 << (offset % 8)
                result = self.expect_no(bytes(changed), f'tensor "{name}"')
                self.assertIn("0x", result.stdout)
                self.assertIn("[", result.stdout)

    def test_says_no_to_tensors_out_of_place(self):
        names = [name for name, _ in self.tensors]
        q = names.index("language_model.llama.layers.0.self_attn.q_proj.weight")
        k = names.index("language_model.llama.layers.0.self_attn.k_proj.weight")
        dtype, (rows, _), data = self.tensors[q][1]
        elements = [data[i:i + 2] for i in range(0, len(data), 2)]
        transposed = b"".join(elements[i * rows + j] for j in range(rows) for i in range(rows))
        cases = [
            ("transposed", [*self.tensors[:q], (names[q], (dtype, [rows, rows], transposed)), *self.tensors[q + 1:]], [names[q], "0x"]),
            ("swapped", [*self.tensors[:q], (names[q], self.tensors[k][1]), (names[k], self.tensors[q][1]), *self.tensors[k + 1:]],
             [names[q], names[k]]),
            ("missing", self.tensors[:-1], [names[-1], "missing"]),
            ("extra", [*self.tensors, ("extra", ("float32", [1], bytes(4)))], ["extra", "not among"]),
            ("renamed", [("query_token", self.tensors[0][1]), *self.tensors[1:]], ["query_token", "query_tokens"]),
            ("order", [self.tensors[1], self.tensors[0], *self.tensors[2:]], ["should be tensor 1"]),
            ("shape", [*self.tensors[:q], (names[q], (dtype, [rows * rows], data)), *self.tensors[q + 1:]], [names[q], "[4096]"]),
        ]
        for _, tensors, words in cases:
            self.expect_no(pdparams(tensors), *words)

    def test_says_no_to_a_damaged_container(self):
        self.expect_no(self.good[:-1], "model_state.pdparams")
        self.expect_no(self.good[:1000], "model_state.pdparams")

    def test_writes_the_manifest_whatever_the_answer(self):
        good = self.path("good/model_state.pdparams")
        result = run("verify", good, *sources(self.tiny), "--manifest_out=" + self.path("yes.binpb"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(sha256(self.path("yes.binpb")), sha256(self.path("good/manifest.binpb")))
        self.expect_failure(run("verify", good, *sources(self.tiny), "--manifest_out=" + self.path("yes.binpb")), "exists")
        with open(self.path("model_state.pdparams"), "wb") as file:
            file.write(pdparams(self.tensors[:-1]))
        result = run("verify", self.path("model_state.pdparams"), *sources(self.tiny), "--manifest_out=" + self.path("no.binpb"))
        self.assertEqual(result.returncode, 1)
        self.assertTrue(os.path.exists(self.path("no.binpb")))
        self.expect_failure(run("verify", good, *sources(self.tiny), "--manifest_out=" + good, "--overwrite"), "is read here and is never overwritten")

    def test_says_yes_to_the_reference_files(self):
        if not SHARED:
            self.skipTest("WEIGHBRIDGE_SHARED is not set")
        for name in ("tiny", "small", "wide", "cast", "padtrap"):
            folder = os.path.join(SHARED, "golden", name)
            result = run("verify", folder + "/merged/model_state.pdparams", *sources(folder))
            self.assertEqual(result.returncode, 0, name + result.stdout + result.stderr)

    def test_says_yes_to_a_conversion_by_others(self):
        if not SHARED:
            self.skipTest("WEIGHBRIDGE_SHARED is not set")
        corpus = os.path.join(SHARED, "corpus")
        chgnet = f"chgnet={corpus}/torch_zip/chgnet_0.3.0.pth.tar"
        result = run("verify", "--recipe=chgnet", corpus + "/pdparams/paddlescience_chgnet_0.3.0.pdparams", chgnet)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("136 of 136", result.stdout)
        self.assertEqual(run("merge", "--recipe=chgnet", chgnet, "--save_path=" + self.path("chgnet")).returncode, 0)


class InspectTest(ToolsTest):
    def expect_lists(self, path, tensors, prefix=""):
        result = run("inspect", "--format=json", "--digest=sha256", path)
        self.assertEqual(result.returncode, 0, path + ": " + result.stderr)
        listed = [(t["name"], t["dtype"], t["shape"], t["digest"]) for t in json.loads(result.stdout)["tensors"]]
        listed = [(name[len(prefix):], *rest) for name, *rest in listed if name.startswith(prefix)]
        self.assertEqual(listed, [(t["name"], t["dtype"], t["shape"], t["sha256"]) for t in tensors], path)

    def test_agrees_with_what_the_real_libraries_read(self):
        for folder in golden_sets().values():
            for name, entry in expected(folder).items():
                if "tensors" in entry and os.path.exists(f"{folder}/{name}"):
                    self.expect_lists(f"{folder}/{name}", entry["tensors"], "model." if "top_level" in entry else "")

    def test_text_has_a_total_line_and_match_selects(self):
        result = run("inspect", self.tiny + "/prerained_minigpt4.pth", "--match=llama_proj.weight$")
        self.assertEqual(result.stdout.splitlines()[-1], "torch_zip: 1 tensors, 2048 elements, 8192 bytes (8.19 KB), 1 float32")
        self.expect_failure(run("inspect", self.tiny + "/prerained_minigpt4.pth", "--match=("), "--match")
        self.expect_failure(run("inspect", self.tiny + "/prerained_minigpt4.pth", "--digest=md5"), "md5")

    def test_pickle_reports_what_a_file_names_and_opaque_passes_it_over(self):
        result = run("inspect", "--pickle", self.tiny + "/prerained_minigpt4.pth")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("  allowed  torch._utils _rebuild_tensor_v2", result.stdout)
        self.assertTrue(result.stdout.endswith(" 0 names outside the table of allowed ones\n"), result.stdout)
        path = self.path("hostile.pdparams")
        with open(path, "wb") as file:
            file.write(b"\x80\x02cposix\nsystem\nX\x0c\0\0\0touch PWNED!\x85R.")
        result = run("inspect", "--pickle", path)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("  OUTSIDE  posix system  1 time, first at offset 2\n", result.stdout)
        result = run("inspect", "--pickle", "--format=json", path)
        self.assertEqual(result.returncode, 1, result.stderr)
        named = json.loads(result.stdout)["pickles"][0]["globals"]
        self.assertEqual(named, [{"module": "posix", "name": "system", "allowed": False, "count": 1, "offset": 2}])
        self.expect_failure(run("inspect", path), "posix system")
        result = run("inspect", "--opaque", path)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("remark: objects of posix system are passed over", result.stdout)
        with open(path, "wb") as file:
            file.write(b"\x80\x02}(")
        self.expect_failure(run("inspect", "--pickle", path), "without STOP")

    def test_xxh3_says_the_same_of_the_same_content_in_any_container(self):
        listings = []
        for name in ("good", "again"):
            self.assertEqual(run("merge", *sources(self.tiny), "--save_path=" + self.path(name), "--noverify").returncode, 0)
        again = run("inspect", "--format=json", "--digest=xxh3", self.path("again/model_state.pdparams"))
        for path in (self.path("good/model_state.pdparams"), self.tiny + "/blip2/model_state.pdparams"):
            result = run("inspect", "--format=json", "--digest=xxh3", path)
            listings.append({t["name"]: t["digest"] for t in json.loads(result.stdout)["tensors"]})
        self.assertEqual({t["name"]: t["digest"] for t in json.loads(again.stdout)["tensors"]}, listings[0])
        self.assertEqual(listings[0]["query_tokens"], listings[1]["query_tokens"])
        self.assertEqual(len(listings[0]["query_tokens"]), 32)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main()
