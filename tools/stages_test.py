#!/usr/bin/env python3
"""Runs apply_delta, consolidate and the fused merge as a user does, beside every stage's output of the real pipeline.

Over testdata/ always; over all goldens too where WEIGHBRIDGE_SHARED names the shared folder.
"""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import unittest

from tool_testing import ROOT, SHARED, ToolsTest, expected, golden_sets, run, safetensors, sha256, sources

TORCH_NAME = "pytorch_model.bin"
COMPANIONS = ["added_tokens.json", "config.json", "generation_config.json", "special_tokens_map.json", "tokenizer.model", "tokenizer_config.json"]


def fused(folder):
    return [f"blip2={folder}/blip2", f"base={folder}/llama", f"delta={folder}/delta", f"minigpt4={folder}/prerained_minigpt4.pth"]


def pad_rows(name):
    return ["--pad_rows=reference"] if name == "padtrap" else []


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


class StagesTest(ToolsTest):
    def apply_delta(self, folder, target, *flags, **options):
        return run("apply_delta", f"--base={folder}/llama", f"--delta={folder}/delta", f"--target={target}", *flags, **options)

    def listing(self, path):
        result = run("inspect", "--format=json", "--digest=sha256", path)
        self.assertEqual(result.returncode, 0, result.stderr)
        return [{key: t[key] for key in ("name", "dtype", "shape", "digest")} for t in json.loads(result.stdout)["tensors"]]

    def expect_tensors(self, path, entry, in_any_order=False):
        listed = self.listing(path)
        wanted = [{"name": t["name"], "dtype": t["dtype"], "shape": t["shape"], "digest": t["sha256"]} for t in entry["tensors"]]
        if in_any_order:
            listed, wanted = (sorted(tensors, key=lambda t: t["name"]) for tensors in (listed, wanted))
        self.assertEqual(listed, wanted, path)

    def files(self, folder):
        return {name: sha256(os.path.join(folder, name)) for name in os.listdir(folder)}


class ApplyDeltaTest(StagesTest):
    def test_gives_the_references_folder_byte_for_byte(self):
        for name, folder in golden_sets().items():
            # Paths as the reference's user typed them: config.json keeps the base's.
            target = self.path(name)
            result = run("apply_delta", "--base=llama", "--delta=delta", "--target=" + target, *pad_rows(name), cwd=folder)
            self.assertEqual(result.returncode, 0, name + result.stderr)
            want = {path.split("/")[1]: entry for path, entry in expected(folder).items() if path.startswith("vicuna/")}
            self.assertEqual(sha256(target + "/" + TORCH_NAME), want[TORCH_NAME]["sha256"], name)
            self.expect_tensors(target, want[TORCH_NAME])
            self.assertEqual(sorted(os.listdir(target)), sorted([*COMPANIONS, TORCH_NAME, "manifest.binpb"]))
            for companion in COMPANIONS:
                if companion.startswith("config"):
                    self.assertEqual(load(f"{target}/{companion}"), load(f"{folder}/vicuna/{companion}"))
                else:
                    self.assertEqual(sha256(f"{target}/{companion}"), sha256(f"{folder}/vicuna/{companion}"))

    def test_threads_and_memory_change_no_byte(self):
        folder = golden_sets()["small"]
        first = None
        for number, flags in enumerate([["--threads=1"], ["--threads=7", "--memory=64MiB"], ["--memory=20MiB", "--threads=2"]]):
            target = self.path(str(number))
            result = self.apply_delta(folder, target, "--max_shard_size=300KB", *flags)
            self.assertEqual(result.returncode, 0, result.stderr)
            first = first or self.files(target)
            self.assertEqual(self.files(target), first)
        self.assertGreater(len(first), 8)

    def test_shards_are_those_of_transformers(self):
        # transformers wrote these deltas, whose tensors have the result's shapes, with a smaller limit: it would cut the result likewise.
        for name in ("tiny", "small"):
            folder = golden_sets()[name]
            target = self.path(name)
            limit = load(folder + "/expected.json")["parameters"]["delta_shard"]
            self.assertEqual(self.apply_delta(folder, target, "--max_shard_size=" + limit).returncode, 0)
            with open(target + "/pytorch_model.bin.index.json", encoding="utf-8") as mine, \
                    open(folder + "/delta/pytorch_model.bin.index.json", encoding="utf-8") as wanted:
                self.assertEqual(mine.read(), wanted.read())

    def test_a_first_tensor_beyond_the_limit_leaves_an_empty_first_shard(self):
        target = self.path("out")
        self.assertEqual(self.apply_delta(self.tiny, target, "--max_shard_size=1KB").returncode, 0)
        index = load(target + "/pytorch_model.bin.index.json")
        shards = [name for name in os.listdir(target) if name.endswith(".bin")]
        self.assertEqual(len(shards), len(set(index["weight_map"].values())) + 1)
        first = min(shards)
        self.assertNotIn(first, index["weight_map"].values())
        self.assertEqual(self.listing(os.path.join(target, first)), [])
        self.expect_tensors(target, expected(self.tiny)["vicuna/" + TORCH_NAME])

    def test_writes_safetensors_too(self):
        want = expected(self.tiny)["vicuna/" + TORCH_NAME]
        for flags, name in (([], "model.safetensors"), (["--max_shard_size=100KB"], "model.safetensors.index.json")):
            target = self.path(name)
            result = self.apply_delta(self.tiny, target, "--format=safetensors", *flags)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn(name, os.listdir(target))
            self.expect_tensors(target, want, in_any_order=True)
        # A base in safetensors gives a result in safetensors, in the same bits.
        base = self.path("base")
        os.mkdir(base)
        self.assertEqual(run("consolidate", f"--model={self.tiny}/llama", f"--output={base}/model.safetensors").returncode, 0)
        for companion in COMPANIONS:
            if os.path.exists(f"{self.tiny}/llama/{companion}"):
                shutil.copy(f"{self.tiny}/llama/{companion}", base)
        target = self.path("again")
        result = run("apply_delta", "--base=" + base, f"--delta={self.tiny}/delta", "--target=" + target)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(sha256(target + "/model.safetensors"), sha256(self.path("model.safetensors") + "/model.safetensors"))

    def test_the_references_trap_is_refused_and_explained(self):
        if not SHARED:
            self.skipTest("WEIGHBRIDGE_SHARED is not set")
        folder = os.path.join(SHARED, "golden", "padtrap")
        result = self.apply_delta(folder, self.path("out"))
        self.expect_failure(result, "[PAD]", "--pad_rows=0", "--pad_rows=reference")
        self.assertFalse(os.path.exists(self.path("out")))
        # What the user most likely wants: base + delta, nothing zeroed.
        self.assertEqual(self.apply_delta(folder, self.path("sane"), "--pad_rows=0").returncode, 0)
        embedding = [t["digest"] for t in self.listing(self.path("sane")) if t["name"] == "model.embed_tokens.weight"]
        self.assertNotIn(embedding[0], [t["sha256"] for t in expected(folder)["vicuna/" + TORCH_NAME]["tensors"]])

    def test_a_tensor_on_one_side_only_is_an_error(self):
        tiny = self.copy_tiny()
        index = load(tiny + "/delta/pytorch_model.bin.index.json")
        for sides in (("base", "delta"), ("delta", "base")):
            folders = {"base": tiny + "/llama", "delta": tiny + "/delta"}
            # The one side becomes one without a layer norm.
            short = self.path("short-" + sides[0])
            self.assertEqual(run("consolidate", "--model=" + folders[sides[0]], "--recipe=none", f"--output={short}/model.safetensors").returncode, 0)
            with open(short + "/model.safetensors", "rb") as file:
                content = file.read()
            self.assertIn(b"model.norm.weight", content)
            with open(short + "/model.safetensors", "wb") as file:
                file.write(content.replace(b"model.norm.weight", b"model.morn.weight"))
            for companion in COMPANIONS:
                if os.path.exists(os.path.join(folders[sides[0]], companion)):
                    shutil.copy(os.path.join(folders[sides[0]], companion), short)
            folders[sides[0]] = short
            result = run("apply_delta", "--base=" + folders["base"], "--delta=" + folders["delta"], "--target=" + self.path("out"))
            self.expect_failure(result, "model.norm.weight", sides[0])
            self.assertFalse(os.path.exists(self.path("out")))
        self.assertIn("model.norm.weight", index["weight_map"])

    def test_other_weights_of_the_folder_are_not_left_beside_new_ones(self):
        target = self.path("out")
        self.assertEqual(self.apply_delta(self.tiny, target, "--max_shard_size=100KB").returncode, 0)
        before = self.files(target)
        self.expect_failure(self.apply_delta(self.tiny, target), "--overwrite")
        self.assertEqual(self.files(target), before)
        self.assertEqual(self.apply_delta(self.tiny, target, "--overwrite").returncode, 0)
        self.assertEqual(sorted(os.listdir(target)), sorted([*COMPANIONS, TORCH_NAME, "manifest.binpb"]))

    def test_nor_are_weights_in_another_format(self):
        for name in (TORCH_NAME, TORCH_NAME + ".index.json", "model_state.pdparams", "model-00001-of-00002.safetensors"):
            target = self.path(name)
            os.mkdir(target)
            for left in (name, "model.fp16.safetensors", "adapter_model.bin"):
                with open(os.path.join(target, left), "w", encoding="utf-8") as file:
                    file.write("mine")
            self.expect_failure(self.apply_delta(self.tiny, target, "--format=safetensors"), name, "--overwrite")
            self.assertEqual(self.apply_delta(self.tiny, target, "--format=safetensors", "--overwrite").returncode, 0)
            # What FindCheckpoint passes over beside the new weights may stay.
            wanted = [*COMPANIONS, "adapter_model.bin", "manifest.binpb", "model.fp16.safetensors", "model.safetensors"]
            self.assertEqual(sorted(os.listdir(target)), sorted(wanted))
            self.assertEqual(len(self.listing(target)), 23)

    def test_no_source_is_overwritten(self):
        tiny = self.copy_tiny()
        before = self.files(tiny + "/delta")
        for flags in ([], ["--overwrite"]):
            self.expect_failure(self.apply_delta(tiny, tiny + "/delta", *flags), "another folder")
            self.assertEqual(self.files(tiny + "/delta"), before)

    def test_mistakes_exit_with_2(self):
        for arguments, word in [([], "--base"), (["--base=x"], "--delta"), (["--base=x", "--delta=y"], "--target"),
                                (["--base=x", "--delta=y", "--target=z"], "x"), (["--pad_rows=-1"], "pad_rows"), (["--format=gguf"], "format"),
                                (["base=x"], "--base=DIR"), (["word"], "word")]:
            self.expect_failure(run("apply_delta", *arguments), word)
        for flag in ("--max_shard_size=0", "--format=pdparams"):
            self.expect_failure(self.apply_delta(self.tiny, self.path("out"), flag), flag)
            self.assertEqual(os.listdir(self.folder), [])

    def test_a_dry_run_names_every_file(self):
        result = self.apply_delta(self.tiny, self.path("out"), "--max_shard_size=150KB", "--dry_run")
        self.assertEqual(result.returncode, 0, result.stderr)
        named = [line.split(": ")[1] for line in result.stdout.splitlines() if line.startswith("would write: ")]
        self.assertEqual(self.apply_delta(self.tiny, self.path("out"), "--max_shard_size=150KB").returncode, 0)
        self.assertEqual(sorted(named + [self.path("out/manifest.binpb")]), sorted(os.path.join(self.path("out"), name) for name in os.listdir(self.path("out"))))

    def test_what_stands_in_the_place_of_a_tokenizers_file_is_refused(self):
        pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "4d" * 32 + "\nsize 499723\n"
        for side, name in (("llama", "tokenizer.model"), ("delta", "tokenizer.model"), ("delta", "tokenizer_config.json"), ("llama", "config.json")):
            tiny = self.path(f"{side}-{name}")
            shutil.copytree(self.tiny, tiny)
            os.chmod(f"{tiny}/{side}/{name}", 0o644)
            with open(f"{tiny}/{side}/{name}", "w", encoding="utf-8") as file:
                file.write(pointer)
            for flags in ([], ["--dry_run"], ["--pad_rows=1"]):
                self.expect_failure(self.apply_delta(tiny, self.path("out"), *flags), f"{side}/{name}", "Git LFS pointer")
                self.assertFalse(os.path.exists(self.path("out")))

    def test_added_tokens_that_the_tokenizer_has_change_nothing(self):
        tiny = self.copy_tiny()
        with open(tiny + "/llama/added_tokens.json", "w", encoding="utf-8") as file:
            json.dump({"</s>": 2, "<s>": 1, "<unk>": 0}, file)
        for number, flags in enumerate(([], ["--pad_rows=1"])):
            result = self.apply_delta(tiny, self.path(str(number)), *flags)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(sha256(self.path(f"{number}/{TORCH_NAME}")), expected(self.tiny)["vicuna/" + TORCH_NAME]["sha256"])

    def test_a_damaged_generation_config_is_passed_over_and_told(self):
        tiny = self.copy_tiny()
        with open(tiny + "/llama/generation_config.json", "w", encoding="utf-8") as file:
            file.write('{\n  "bos_token_id": 1,\n}\n')
        result = self.apply_delta(tiny, self.path("out"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("remark: reading " + tiny + "/llama/generation_config.json: no valid JSON", result.stdout)
        self.assertEqual(load(self.path("out/generation_config.json")), load(self.tiny + "/vicuna/generation_config.json"))

    def test_a_target_without_tokenizer_says_so(self):
        tiny = self.copy_tiny()
        os.remove(tiny + "/delta/tokenizer.model")
        for name in ("added_tokens.json", "special_tokens_map.json", "tokenizer_config.json"):
            os.remove(f"{tiny}/delta/{name}")
        result = self.apply_delta(tiny, self.path("out"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("no tokenizer was found beside delta", result.stdout)


class ConsolidateTest(StagesTest):
    def test_gives_torchs_own_bytes(self):
        for name, folder in golden_sets().items():
            want = expected(folder)["vicuna_consolidated/" + TORCH_NAME]["sha256"]
            for number, flags in enumerate([[], ["--threads=1", "--memory=64MiB"], ["--noverify"]]):
                output = self.path(f"{name}-{number}/weights/{TORCH_NAME}")
                result = run("consolidate", f"--model={folder}/vicuna", "--output=" + output, "--dtype=float32", "--format=torch", *flags)
                self.assertEqual(result.returncode, 0, name + result.stderr)
                self.assertEqual(sha256(output), want, name)
                self.assertEqual(os.listdir(os.path.dirname(output)), [TORCH_NAME])

    def test_any_checkpoint_keeps_its_tensors_in_any_format(self):
        source = self.tiny + "/blip2/model_state.pdparams"
        want = expected(self.tiny)["blip2/model_state.pdparams"]
        for name in ("all.bin", "all.safetensors", "all.pdparams"):
            output = self.path(name)
            result = run("consolidate", "--model=" + source, "--output=" + output)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.expect_tensors(output, want, in_any_order=name.endswith(".safetensors"))
        self.assertEqual(sha256(self.path("all.pdparams")), sha256(source))

    def test_safetensors_say_which_framework_they_are_of(self):
        sources = [(self.tiny + "/llama", "pt"), (self.tiny + "/blip2", "np")]
        for number, (source, framework) in enumerate(sources):
            output = self.path(f"{number}.safetensors")
            self.assertEqual(run("consolidate", "--model=" + source, "--output=" + output).returncode, 0)
            again = self.path(f"{number}-again.safetensors")
            self.assertEqual(run("consolidate", "--model=" + output, "--output=" + again, "--recipe=none").returncode, 0)
            for path in (output, again):
                with open(path, "rb") as file:
                    header = json.loads(file.read(8 + 100_000)[8:].split(b"}}", 1)[0] + b"}}")
                self.assertEqual(header["__metadata__"], {"format": framework})

    def metadata(self, path):
        return json.loads(run("inspect", "--format=json", path).stdout)["metadata"]

    def test_safetensors_keep_their_metadata_in_safetensors(self):
        cases = [{"ss_network_dim": "4", "modelspec.title": "ü", "format": "pt"}, {"ss_network_dim": "4"}, {}]
        for number, metadata in enumerate(cases):
            source, output = self.path(f"{number}.safetensors"), self.path(f"{number}-out.safetensors")
            safetensors(source, {"w": ("F32", [1], b"abcd")}, metadata)
            result = run("consolidate", "--model=" + source, "--output=" + output)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(self.metadata(output), metadata)
            self.assertNotIn("remark", result.stdout)
        result = run("consolidate", "--model=" + self.path("0.safetensors"), "--output=" + self.path("out.bin"))
        self.assertIn("remark: metadata that the result does not have, for only safetensors have a place for it: modelspec.title, ss_network_dim\n",
                      result.stdout)

    def test_shards_state_metadata_for_the_whole_unless_they_differ(self):
        folder = self.path("sharded")
        os.mkdir(folder)
        safetensors(folder + "/1.safetensors", {"a": ("F32", [1], b"abcd")}, {"format": "pt", "ss_network_dim": "4", "part": "1"})
        safetensors(folder + "/2.safetensors", {"b": ("F32", [1], b"abcd")}, {"format": "pt", "part": "2"})
        with open(folder + "/model.safetensors.index.json", "w", encoding="utf-8") as file:
            json.dump({"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}, file)
        result = run("consolidate", "--model=" + folder, "--output=" + self.path("whole.safetensors"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.metadata(self.path("whole.safetensors")), {"format": "pt", "ss_network_dim": "4"})
        self.assertIn("remark: model: the shards' metadata differ, so the whole has none of: part\n", result.stdout)

    def test_of_several_sources_the_metadata_that_all_state_is_kept(self):
        recipe = self.path("two.textproto")
        with open(recipe, "w", encoding="utf-8") as file:
            file.write('name: "two" sources { id: "a" } sources { id: "b" } sections { source: "a" takes { match: "*" } } '
                       'sections { source: "b" takes { match: "*" } } result { framework: "pt" }')
        safetensors(self.path("a.safetensors"), {"a": ("F32", [1], b"abcd")}, {"format": "np", "same": "1", "differs": "1", "only": "1"})
        safetensors(self.path("b.safetensors"), {"b": ("F32", [1], b"abcd")}, {"format": "np", "same": "1", "differs": "2"})
        result = run("merge", "--recipe=" + recipe, "a=" + self.path("a.safetensors"), "b=" + self.path("b.safetensors"),
                     "--format=safetensors", "--save_path=" + self.path("out"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.metadata(self.path("out")), {"format": "pt", "same": "1"})
        self.assertIn("the sources do not agree on it: differs, only\n", result.stdout)

    def test_other_weights_beside_the_result_are_remarked(self):
        folder = self.path("both")
        os.mkdir(folder)
        safetensors(folder + "/model.safetensors", {"a": ("F32", [1], b"abcd")})
        for name, remarked in (("other.bin", False), (TORCH_NAME, True)):
            result = run("consolidate", "--model=" + folder + "/model.safetensors", "--output=" + os.path.join(folder, name))
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual("remark: " in result.stdout and "model.safetensors" in result.stdout, remarked, result.stdout)

    def test_a_remark_on_a_source_is_printed(self):
        shard = self.path("model-00001-of-00002.safetensors")
        safetensors(shard, {"a": ("F32", [1], b"abcd")})
        result = run("consolidate", "--model=" + shard, "--output=" + self.path("a.bin"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("remark: model: the name model-00001-of-00002.safetensors says that it is one shard of several", result.stdout)
        self.assertIn("remark: the name model-00001-of-00002.safetensors", run("inspect", shard).stdout)
        remarks = json.loads(run("inspect", "--format=json", shard).stdout)["remarks"]
        self.assertEqual([remark[:43] for remark in remarks], ["the name model-00001-of-00002.safetensors s"])

    def test_bfloat16_that_paddlenlp_stored_as_uint16_is_bfloat16(self):
        os.mkdir(self.path("model"))
        safetensors(self.path("model/model.safetensors"), {"w": ("U16", [2], b"abcd")}, {"format": "np"})
        for name in ("x.bin", "x.pdparams"):
            result = run("consolidate", "--model=" + self.path("model"), "--output=" + self.path(name))
            self.expect_failure(result, name, "uint16", "bfloat16", "config.json")
            self.assertFalse(os.path.exists(self.path(name)))
        with open(self.path("model/config.json"), "w", encoding="utf-8") as file:
            json.dump({"dtype": "bfloat16", "paddlenlp_version": "2.8.0"}, file)
        want = hashlib.sha256(b"abcd").hexdigest()
        for name in ("x.bin", "x.pdparams", "x.safetensors"):
            result = run("consolidate", "--model=" + self.path("model"), "--output=" + self.path(name))
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("remark: model: 1 tensor", result.stdout)
            self.assertEqual(self.listing(self.path(name)), [{"name": "w", "dtype": "bfloat16", "shape": [2], "digest": want}])

    def test_what_a_format_cannot_hold_names_the_file_that_was_asked_for(self):
        source = self.path("model.safetensors")
        safetensors(source, {"s": ("F8_E8M0", [1], b"x"), "w": ("F8_E4M3", [2], b"ab")})
        for name in ("mine.bin", "mine.pdparams"):
            self.expect_failure(run("consolidate", "--model=" + source, "--output=" + self.path(name)), name, "safetensors can hold float8_e4m3fn, float8_e8m0fnu")
        result = run("consolidate", "--model=" + source, "--output=" + self.path("cast.safetensors"), "--dtype=bfloat16")
        self.expect_failure(result, "--dtype=bfloat16", "float8_e4m3fn", "are not cast", "leave --dtype out")
        self.assertFalse(os.path.exists(self.path("cast.safetensors")))
        self.assertEqual(run("consolidate", "--model=" + source, "--output=" + self.path("same.safetensors")).returncode, 0)
        self.assertEqual(self.listing(self.path("same.safetensors")), self.listing(source))

    def test_a_checkpoint_without_tensors_is_one_too(self):
        with open(self.path("empty.safetensors"), "wb") as file:
            file.write((2).to_bytes(8, "little") + b"{}")
        for name in ("empty.bin", "empty.pdparams"):
            result = run("consolidate", "--model=" + self.path("empty.safetensors"), "--output=" + self.path(name))
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(self.listing(self.path(name)), [])

    def test_integers_stay_when_floats_are_cast(self):
        result = run("consolidate", f"--model={self.tiny}/prerained_minigpt4.pth", "--output=" + self.path("half.bin"), "--dtype=float16")
        self.assertEqual(result.returncode, 0, result.stderr)
        dtypes = {t["name"]: t["dtype"] for t in self.listing(self.path("half.bin"))}
        self.assertEqual(dtypes["model.llama_proj.weight"], "float16")
        self.assertIn("int64", dtypes.values())

    def test_a_shard_can_be_told_by_its_index_file(self):
        result = run("consolidate", f"--model={self.tiny}/delta/pytorch_model.bin.index.json", "--recipe=none", "--output=" + self.path("x.bin"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(run("consolidate", f"--model={self.tiny}/delta", "--output=" + self.path("y.bin")).returncode, 0)
        self.assertEqual(sorted(t["digest"] for t in self.listing(self.path("x.bin"))), sorted(t["digest"] for t in self.listing(self.path("y.bin"))))

    def test_existing_files_and_sources_stay(self):
        tiny = self.copy_tiny()
        path = tiny + "/vicuna/" + TORCH_NAME
        before = sha256(path)
        self.expect_failure(run("consolidate", f"--model={tiny}/vicuna", "--output=" + path, "--overwrite"), "source")
        self.expect_failure(run("consolidate", f"--model={tiny}/vicuna_consolidated", "--output=" + path), "--overwrite")
        self.assertEqual(sha256(path), before)

    def test_mistakes_exit_with_2(self):
        for arguments, word in [([], "--model"), (["--model=x"], "--output"), (["--model=x", "--output=y", "--dtype=int8"], "int8"),
                                (["--model=x", "--output=y"], "x"), (["word"], "flags only"), (["--recipe=nope", "--model=" + self.tiny + "/vicuna",
                                                                                                "--output=" + self.path("o")], "nope")]:
            self.expect_failure(run("consolidate", *arguments), word)


class DefaultRecipeTest(StagesTest):
    """consolidate applies a recipe only to what it is made for, and says which and why."""

    def model(self, name, architectures, rename=lambda tensor: tensor, **config):
        """tiny's LLaMA with other names and another config."""
        folder = self.path(name)
        self.assertEqual(run("consolidate", f"--model={self.tiny}/llama", "--recipe=none", f"--output={folder}/model.safetensors").returncode, 0)
        with open(folder + "/model.safetensors", "rb") as file:
            content = file.read()
        size = int.from_bytes(content[:8], "little")
        header = json.loads(content[8:8 + size])
        text = json.dumps({rename(key): value for key, value in header.items()}).encode()
        with open(folder + "/model.safetensors", "wb") as file:
            file.write(len(text).to_bytes(8, "little") + text + content[8 + size:])
        if architectures is not None:
            config = {**load(self.tiny + "/llama/config.json"), "architectures": architectures, **config}
        with open(folder + "/config.json", "w", encoding="utf-8") as file:
            json.dump(config, file)
        return folder

    def consolidate(self, model, *flags):
        result = run("consolidate", "--model=" + model, "--output=" + self.path("out.bin"), "--overwrite", "--quiet", *flags)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout.splitlines()[0], [tensor["name"] for tensor in self.listing(self.path("out.bin"))]

    def test_an_architecture_has_its_recipe_and_others_have_none(self):
        line, names = self.consolidate(self.model("llama", ["LlamaForCausalLM"]))
        self.assertEqual(line, "recipe: llama_consolidated (config.json names LlamaForCausalLM)")
        self.assertEqual((names[0], names[-1]), ("model.embed_tokens.weight", "lm_head.weight"))
        line, others = self.consolidate(self.model("mistral", ["MistralForCausalLM"]))
        self.assertEqual(line, "recipe: none, all tensors as they are (no embedded recipe is for MistralForCausalLM)")
        self.assertEqual(sorted(others), sorted(names))
        line, _ = self.consolidate(self.model("nameless", None, vocab_size=320))
        self.assertEqual(line, "recipe: none, all tensors as they are (no config.json names an architecture)")
        line, _ = self.consolidate(self.path("llama"), "--recipe=none")
        self.assertEqual(line, "recipe: none, all tensors as they are (as --recipe says)")

    def test_a_quantized_model_is_copied(self):
        for suffix in ("qweight", "weight_packed", "base_layer.weight"):
            model = self.model(suffix, ["LlamaForCausalLM"], lambda name, suffix=suffix: name.replace("q_proj.weight", "q_proj." + suffix))
            line, names = self.consolidate(model)
            self.assertIn('(llama_consolidated, for LlamaForCausalLM, has no rule for "model.layers.', line)
            self.assertIn("model.layers.1.self_attn.q_proj." + suffix, names)
            result = run("merge", "--recipe=llama", "llama=" + model, "--save_path=" + self.path("paddle"))
            self.expect_failure(result, "q_proj.weight", suffix, "plain weights")
            self.assertNotIn("fewer layers", result.stderr)

    def test_what_a_recipe_is_made_for_must_be_whole(self):
        result = run("consolidate", "--model=" + self.model("layers", ["LlamaForCausalLM"], num_hidden_layers=3), "--output=" + self.path("out.bin"))
        self.expect_failure(result, "model.layers.2.self_attn.q_proj.weight", "fewer layers")
        result = run("consolidate", "--model=" + self.model("rows", ["LlamaForCausalLM"], vocab_size=321), "--output=" + self.path("out.bin"))
        self.expect_failure(result, "model.embed_tokens.weight", "[320, 64]", "[321, 64]")
        self.assertFalse(os.path.exists(self.path("out.bin")))


class FusedMergeTest(StagesTest):
    def test_gives_the_references_bytes_in_one_pass(self):
        for name, folder in golden_sets().items():
            want = expected(folder)["merged/model_state.pdparams"]["sha256"]
            for number, flags in enumerate([["--threads=1"], ["--memory=64MiB"], ["--noverify", "--threads=5"]]):
                out = self.path(f"{name}-{number}")
                result = run("merge", *fused(folder), "--save_path", out, *pad_rows(name), *flags)
                self.assertEqual(result.returncode, 0, name + result.stderr)
                self.assertEqual(sha256(out + "/model_state.pdparams"), want, (name, flags))

    def test_counts_the_tensors_of_the_files_that_were_read(self):
        result = run("merge", *fused(self.tiny), "--save_path=" + self.path("out"))
        files = expected(self.tiny)
        count = sum(len(files[name]["tensors"]) for name in files if name.split("/")[0] in ("llama", "delta", "blip2") and "tensors" in files[name])
        count += len(json.loads(run("inspect", "--format=json", self.tiny + "/prerained_minigpt4.pth").stdout)["tensors"])
        self.assertIn(f"{count} of {count} source tensors accounted for", result.stdout.splitlines()[-1])

    def test_explains_the_whole_expression(self):
        result = run("merge", *fused(self.tiny), "--dry_run", "--explain=lm_head|layers.0.self_attn.q_proj")
        self.assertEqual(result.returncode, 0, result.stderr)
        for word in ("transpose(", "add(", "base/lm_head.weight", "delta/lm_head.weight", "pad("):
            self.assertIn(word, result.stdout)
        self.assertIn("dropped: base/model.layers.0.self_attn.rotary_emb.inv_freq", result.stdout)

    def test_the_manifest_tells_how_rows_were_padded(self):
        base = self.path("base")
        shutil.copytree(self.tiny + "/llama", base, ignore=shutil.ignore_patterns("tokenizer.model"))
        sources = [source.replace(self.tiny + "/llama", base) for source in fused(self.tiny)]
        self.expect_failure(run("merge", *sources, "--save_path=" + self.path("refused")), "--pad_rows=1")
        result = run("merge", *sources, "--pad_rows=1", "--save_path=" + self.path("out"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(sha256(self.path("out/model_state.pdparams")), expected(self.tiny)["merged/model_state.pdparams"]["sha256"])
        # What is put in the place of a parameter stands in the recipe of the manifest, however it was spelt.
        self.assertEqual(run("merge", *sources, "--set", "pad_rows=1", "--save_path=" + self.path("set")).returncode, 0)
        self.assertEqual(sha256(self.path("set/manifest.binpb")), sha256(self.path("out/manifest.binpb")))
        # The flag need not be known years later.
        manifest = "--manifest=" + self.path("out/manifest.binpb")
        result = run("verify", self.path("out/model_state.pdparams"), manifest, *sources)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        # A flag that is given counts all the same.
        self.expect_failure(run("verify", self.path("out/model_state.pdparams"), manifest, *sources, "--pad_rows=2", "--quiet"), "[322, 64]")
        self.expect_failure(run("verify", self.path("out/model_state.pdparams"), manifest, *sources, "--pad_rows=auto", "--quiet"), "--pad_rows=1")
        for recipe, flag, code in (([], "--set=pad_rows=1", 0), ([], "--pad_rows=1", 0), (["--recipe=minigpt4"], "--pad_rows=1", 0),
                                   (["--recipe=minigpt4"], "--pad_rows=2", 1), ([], "--set=rows=1", 2), (["--recipe=minigpt4"], "--set=rows=1", 2)):
            result = run("verify", self.path("out/model_state.pdparams"), manifest, *recipe, flag)
            self.assertEqual(result.returncode, code, (recipe, flag, result.stdout + result.stderr))

    def test_a_parameter_that_no_recipe_has_is_refused_with_those_that_there_are(self):
        for flags, words in ((["--set=rows=1"], ["--set rows=1", "recipe minigpt4 has no parameters", "recipe vicuna_delta are pad_rows (rows for"]),
                             (["--set=pad_rows=some"], ["--set pad_rows=some", "expected auto, reference or a number of rows", "pad_rows (rows for"]),
                             (["--set=pad_rows"], ["NAME=VALUE"]), (["--set==1"], ["NAME=VALUE"]),
                             (["--set", "pad_rows=1", "--pad_rows=1"], ['"pad_rows" is given twice'])):
            self.expect_failure(run("merge", *fused(self.tiny), *flags, "--save_path=" + self.path("out")), *words)
        self.expect_failure(run("consolidate", f"--model={self.tiny}/vicuna", "--output=" + self.path("out"), "--set=dtype=float16"), "no parameters")

    def test_what_makes_a_source_is_not_made_in_its_turn(self):
        recipe = self.path("circle.textproto")
        with open(recipe, "w", encoding="utf-8") as file:
            file.write(f'name: "circle" sources {{ id: "a" made_by: "{recipe}" }} sources {{ id: "b" }} '
                       'sections { source: "a" takes { match: "*" } } drops { source: "b" match: "*" reason: "none" }')
        result = run("merge", "--recipe=" + recipe, f"b={self.tiny}/vicuna", "--save_path=" + self.path("out"))
        self.expect_failure(result, "a=PATH is missing")

    def test_says_which_sources_are_wanted(self):
        some = fused(self.tiny)
        self.expect_failure(run("merge", some[0], some[1], some[3], "--save_path=o"), "delta=PATH is missing")
        self.expect_failure(run("merge", some[0], some[3], "--save_path=o"), "vicuna=PATH", "base=PATH", "delta=PATH")
        self.expect_failure(run("merge", *some, f"vicuna={self.tiny}/vicuna", "--save_path=o"), "one makes the other")

    def test_verify_judges_by_base_and_delta(self):
        out = self.path("out")
        self.assertEqual(run("merge", *sources(self.tiny), "--save_path=" + out).returncode, 0)
        result = run("verify", out + "/model_state.pdparams", *fused(self.tiny))
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        result = run("verify", f"{self.tiny}/vicuna", f"base={self.tiny}/llama", f"delta={self.tiny}/delta", "--recipe=vicuna_delta")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        result = run("verify", f"{self.tiny}/vicuna_consolidated", f"model={self.tiny}/vicuna", "--recipe=llama_consolidated")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_writes_other_formats_and_shards(self):
        want = expected(self.tiny)["merged/model_state.pdparams"]
        cases = [("torch", [], TORCH_NAME), ("safetensors", [], "model.safetensors"), ("pdparams", [], "model_state.pdparams"),
                 ("torch", ["--max_shard_size=200KB"], TORCH_NAME + ".index.json"),
                 ("safetensors", ["--max_shard_size=200KB"], "model.safetensors.index.json"),
                 ("pdparams", ["--max_shard_size=200KB"], "model_state.pdparams.index.json")]
        for number, (kind, flags, name) in enumerate(cases):
            out = self.path(str(number))
            result = run("merge", *fused(self.tiny), "--save_path=" + out, "--format=" + kind, *flags)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn(name, os.listdir(out))
            self.expect_tensors(out, want, in_any_order=kind == "safetensors")
            result = run("verify", out, *fused(self.tiny))
            self.assertEqual(result.returncode, 0, kind + result.stdout + result.stderr)

    def test_llama_becomes_paddles_llama_as_paddlenlp_converts_it(self):
        if not SHARED:
            self.skipTest("WEIGHBRIDGE_SHARED is not set")
        for name in ("tiny", "small", "wide", "cast", "padtrap"):
            folder = os.path.join(SHARED, "golden", name)
            converted = [entry for entry in os.listdir(folder + "/vicuna_converted")][0]
            result = run("verify", f"{folder}/vicuna_converted/{converted}", f"llama={folder}/vicuna_consolidated", "--recipe=llama")
            self.assertEqual(result.returncode, 0, name + result.stdout + result.stderr)


class TwoRunsTest(StagesTest):
    def run_at_once(self, commands):
        processes = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for command in commands]
        return [process.wait() for process in processes]

    def command(self, target, *flags):
        return [os.path.join(ROOT, "tools", "apply_delta"), f"--base={self.tiny}/llama", f"--delta={self.tiny}/delta", "--target=" + target, "--quiet",
                *flags]

    def test_of_two_runs_into_a_new_folder_one_succeeds_whole(self):
        for _ in range(10):
            target = self.path("new/deep/out")
            codes = self.run_at_once([self.command(target)] * 2)
            self.assertEqual(sorted(codes), [0, 2])
            self.assertEqual(sorted(os.listdir(target)), sorted([*COMPANIONS, TORCH_NAME, "manifest.binpb"]))
            self.assertEqual(os.listdir(self.folder), ["new"])
            shutil.rmtree(self.path("new"))

    def test_two_runs_into_new_folders_side_by_side_both_succeed(self):
        for _ in range(10):
            codes = self.run_at_once([self.command(self.path("new/" + name)) for name in ("a", "b")])
            self.assertEqual(codes, [0, 0])
            self.assertEqual(self.files(self.path("new/a")), self.files(self.path("new/b")))
            shutil.rmtree(self.path("new"))

    def test_two_runs_that_overwrite_leave_the_files_of_one(self):
        target = self.path("out")
        self.assertEqual(run("apply_delta", *self.command(target)[1:]).returncode, 0)
        shards = ["--overwrite", "--max_shard_size=100KB"]
        for _ in range(10):
            self.assertEqual(self.run_at_once([self.command(target, "--overwrite"), self.command(target, *shards)]), [0, 0])
            self.assertEqual(len(self.listing(target)), 23)
            self.assertEqual(os.path.exists(target + "/" + TORCH_NAME), not os.path.exists(target + "/pytorch_model.bin.index.json"))
            self.assertEqual([name for name in os.listdir(target) if name.startswith(".")], [])


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main()
