#!/usr/bin/env python3
"""Runs fetch as a user does, against servers of this machine. R1 to R40 are the rules of docs/spec/fetching.md 6.

The cases of `Sources` run against the project's own server, and once more against the shared hub_fake.py where WEIGHBRIDGE_SHARED is present.
"""
import hashlib
import json
import os
import pathlib
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.getcwd(), "fetch", "testing"))
sys.path.insert(0, os.path.join(os.getcwd(), "tools"))
from tool_testing import ROOT, SHARED, ToolsTest, expected, run, sha256 as sha256_of  # noqa: E402
from weights_server import WeightsServer, git_sha1  # noqa: E402

FETCH = os.path.join(ROOT, "tools", "fetch")
TESTING = os.path.join(ROOT, "fetch", "testing")
LIBRARIES = os.environ.get("WEIGHBRIDGE_LIBRARIES", "")
CLEAN = ("HF_", "HUGGING", "TRANSFORMERS_", "PPNLP", "SSL_CERT", "CURL_CA", "XDG_")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def content(size, seed=1):
    return random.Random(seed).randbytes(size)


class SharedFake:
    """hub_fake.py in a process of its own."""

    def __init__(self, root):
        command = [sys.executable, os.path.join(SHARED, "fakes", "hub_fake.py"), str(root), "--scan-limit", "1"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.hub, self.cdn = (f"http://127.0.0.1:{self._process.stdout.readline().split()[1]}" for _ in range(2))

    def _admin(self, method, what, data=None):
        with urllib.request.urlopen(urllib.request.Request(f"{self.hub}/_admin/{what}", data, method=method)) as answer:
            return json.loads(answer.read())

    def close(self):
        self._process.terminate()
        self._process.wait()
        self._process.stdout.close()

    def set_faults(self, faults):
        self._admin("PUT", "faults", json.dumps(faults).encode())

    def log(self):
        return self._admin("GET", "log")

    def clear_log(self):
        self._admin("DELETE", "log")


class FetchTestCase(ToolsTest):
    def setUp(self):
        super().setUp()
        self.root = pathlib.Path(self.path("served"))
        self.into = pathlib.Path(self.path("into"))
        self.cache = pathlib.Path(self.path("home")) / "hub"
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(CLEAN) and "proxy" not in name.lower()}
        self.environment.update(HOME=self.path("home"), HF_HOME=self.path("home"))

    def put(self, name, data):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (1_680_000_000, 1_680_000_000))
        return data

    def command(self, *arguments):
        return [FETCH, f"--into={self.into}", "--retry_wait=20ms", *arguments]

    def fetch(self, *arguments, **environment):
        return subprocess.run(self.command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=120, check=False, env={**self.environment, **environment})

    def yes(self, *arguments, **environment):
        result = self.fetch(*arguments, **environment)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def fails(self, wanted, *arguments, **environment):
        result = self.fetch(*arguments, **environment)
        self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
        self.assertRegex(result.stderr, wanted)
        return result

    def got(self, name):
        return (self.into / name).read_bytes()

    def leftovers(self):
        return sorted(path.name for path in self.into.rglob("*") if ".part" in path.name)


class Sources:
    """What must hold against any server; `serve` starts one over self.root."""

    def setUp(self):
        super().setUp()
        self.root.mkdir()
        self.server = self.serve()
        self.addCleanup(self.server.close)
        self.environment["HF_ENDPOINT"] = self.server.hub

    def fetch(self, *arguments, **environment):
        return super().fetch(f"--drive_endpoint={self.server.hub}", *arguments, **environment)

    def bodies(self, pattern=""):
        return [entry for entry in self.server.log() if entry["method"] == "GET" and entry["sent"] > 0 and re.search(pattern, entry["path"])]

    def plain(self, size=300_000, name="w.bin"):
        data = self.put(f"files/{name}", content(size))
        return data, f"{self.server.hub}/files/{name}"

    # -- What is fetched

    def test_a_plain_file_is_fetched_and_locked(self):
        data, uri = self.plain()
        result = self.yes(uri)
        self.assertEqual(self.got("w.bin"), data)
        self.assertIn(sha256(data), result.stdout)
        self.assertIn("unverified", result.stdout)
        lock = (self.into / "weights.lock").read_text()
        self.assertIn(sha256(data), lock)
        self.assertIn(f"size: {len(data)}", lock)
        self.assertEqual(self.leftovers(), [])

    def test_a_second_run_fetches_nothing(self):
        _, uri = self.plain()
        self.yes(uri)
        self.server.clear_log()
        result = self.yes(uri)
        self.assertIn("there  w.bin", result.stdout)
        self.assertEqual(self.server.log(), [])

    def test_the_lock_is_enforced(self):
        _, uri = self.plain()
        self.yes(uri)
        (self.into / "w.bin").unlink()
        self.put("files/w.bin", content(300_000, seed=2))
        result = self.fails("sha256 is .*, expected", uri)
        self.assertNotIn("\nfetched", result.stdout)
        self.assertFalse((self.into / "w.bin").exists())
        self.assertTrue((self.into / "w.bin.bad").exists())

    def test_an_empty_file_needs_no_body(self):
        self.put("files/empty.txt", b"")
        self.yes(f"{self.server.hub}/files/empty.txt")
        self.assertEqual(self.got("empty.txt"), b"")

    def repository(self, name="org/model"):
        files = {"config.json": b'{"a": 1}\n', "model.bin": content(200_000), "sub/other.bin": content(100_000, 2)}
        for path, data in files.items():
            self.put(f"hf/{name}/{path}", data)
        return files

    def test_a_repository_is_fetched_into_folder_and_cache(self):
        files = self.repository()
        self.yes("hf://org/model")
        for path, data in files.items():
            self.assertEqual(self.got(path), data)
        model = self.cache / "models--org--model"
        commit = (model / "refs" / "main").read_text()
        self.assertRegex(commit, "^[0-9a-f]{40}$")
        for path, data in files.items():
            link = model / "snapshots" / commit / path
            self.assertTrue(link.is_symlink())
            self.assertFalse(os.path.isabs(os.readlink(link)))
            self.assertEqual(link.read_bytes(), data)
        # Whoever edits a file leaves the cache as it is.
        for blob, path in ((sha256(files["model.bin"]), "model.bin"), (git_sha1(files["config.json"]), "config.json")):
            self.assertFalse((model / "blobs" / blob).samefile(self.into / path))
            self.assertEqual((model / "blobs" / blob).stat().st_nlink, 1)
            (self.into / path).write_bytes(b"edited")
            self.assertEqual((model / "blobs" / blob).read_bytes(), files[path])
        self.assertIn(commit, (self.into / "weights.lock").read_text())

    def test_the_cache_serves_a_second_folder_offline(self):
        files = self.repository()
        self.yes("hf://org/model")
        self.server.clear_log()
        self.into = pathlib.Path(self.path("again"))
        self.yes("hf://org/model", HF_HUB_OFFLINE="1")
        self.assertEqual(self.got("sub/other.bin"), files["sub/other.bin"])
        self.assertEqual(self.server.log(), [])
        self.into = pathlib.Path(self.path("third"))
        self.fails("cache .* does not hold", "hf://org/unknown", "--offline")

    def test_a_damaged_blob_of_the_cache_is_mended(self):
        files = self.repository()
        self.yes("hf://org/model")
        blob = self.cache / "models--org--model" / "blobs" / sha256(files["model.bin"])
        blob.write_bytes(b"x" + blob.read_bytes()[1:])
        self.into = pathlib.Path(self.path("again"))
        self.yes("hf://org/model")
        self.assertEqual(self.got("model.bin"), files["model.bin"])
        self.assertEqual(blob.read_bytes(), files["model.bin"])

    def test_include_exclude_and_one_file(self):
        self.repository()
        self.yes("hf://org/model", "--include=*.bin", "--exclude=sub/*")
        self.assertEqual(sorted(path.name for path in self.into.iterdir()), ["model.bin", "weights.lock"])
        commit = re.search('revision: "(.*)"', (self.into / "weights.lock").read_text())[1]
        self.yes("hf://org/model")
        self.assertEqual(sum(path.is_file() for path in self.into.rglob("*")), 4)
        self.assertIn(f"hf://org/model@{commit}/config.json", (self.into / "weights.lock").read_text())
        self.into = pathlib.Path(self.path("one"))
        self.yes("hf://org/model/sub/other.bin")
        self.assertTrue((self.into / "sub" / "other.bin").exists())
        self.fails("no such revision|RevisionNotFound", "hf://org/model@nowhere")
        self.fails("does not exist, or is private and needs HF_TOKEN", "hf://org/none")
        self.fails("deleted about 30 October 2023; take hf://baffo32", "hf://decapoda-research/llama-7b-hf")

    def test_a_drive_file_comes_through_the_warning(self):
        data = self.put("drive/1abc-DEF/w.pth", content(250_000))
        result = self.yes("gdrive://1abc-DEF")
        self.assertEqual(self.got("w.pth"), data)
        self.assertIn("unverified", result.stdout)
        self.fails("knows no file", "gdrive://none")

    def test_drive_pages_are_explained(self):
        data = self.put("drive/1abc/w.pth", content(1000))
        for page, wanted in (("quota", "quota.*--check will take it"), ("denied", "owner and editors"), ("login", "sign-in")):
            self.server.set_faults([{"match": "download", "page": page, "times": -1}])
            self.fails(wanted, "gdrive://1abc")
        # The quota's advice holds: a file that was placed by hand is accepted.
        self.into.mkdir(exist_ok=True)
        (self.into / "w.pth").write_bytes(data)
        lock = self.path("set.textproto")
        self.write_lock(lock, "w.pth", "gdrive://1abc", data)
        self.yes(f"--set={lock}")
        self.assertEqual(self.yes(f"--set={lock}", "--check").returncode, 0)

    def write_lock(self, path, name, uri, data, extra=""):
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'schema: "weighbridge.weights_lock.v1" sources {{ files {{ path: "{name}" uri: "{uri}" size: {len(data)} '
                       f'sha256: "{sha256(data)}" {extra} }} }}')

    def test_a_mirror_helps_when_the_first_address_fails(self):
        files = self.repository()
        lock = self.path("set.textproto")
        self.write_lock(lock, "w.pth", "gdrive://none", files["model.bin"], 'mirrors: "hf://org/model/model.bin"')
        self.yes(f"--set={lock}")
        self.assertEqual(self.got("w.pth"), files["model.bin"])
        self.assertRegex((self.into / "weights.lock").read_text(), r'uri: "hf://org/model/model.bin"')

    def test_the_paddlenlp_cache_is_shared(self):
        data, uri = self.plain(name="model_state.pdparams")
        lock = self.path("set.textproto")
        with open(lock, "w", encoding="utf-8") as file:
            file.write('schema: "weighbridge.weights_lock.v1" sources { paddlenlp_model: "Org/model" files { '
                       f'path: "model_state.pdparams" uri: "{uri}" }} }}')
        self.yes(f"--set={lock}", PPNLP_HOME=self.path("ppnlp"))
        folder = pathlib.Path(self.path("ppnlp")) / "models" / "Org" / "model"
        self.assertEqual((folder / "model_state.pdparams").read_bytes(), data)
        self.assertFalse((folder / "model_state.pdparams").samefile(self.into / "model_state.pdparams"))
        self.assertEqual([path.name for path in folder.glob("*.pdparams")], ["model_state.pdparams"])
        self.assertEqual(len(list((folder / ".lock").iterdir())), 1)

    def test_links_into_the_cache_only_when_asked_for(self):
        files = self.repository()
        self.yes("hf://org/model", "--symlink")
        self.assertTrue((self.into / "model.bin").is_symlink())
        self.assertEqual(self.got("model.bin"), files["model.bin"])
        self.yes("--check")
        self.assertIn("there  model.bin", self.yes("hf://org/model").stdout)
        shutil.rmtree(self.cache)
        self.fails("is a link, and what it leads to is not there; --overwrite", "hf://org/model")
        self.yes("hf://org/model", "--overwrite")
        self.assertFalse((self.into / "model.bin").is_symlink())
        self.assertEqual(self.got("model.bin"), files["model.bin"])

    # -- Requests

    def test_R1_identity_is_asked_for(self):
        _, uri = self.plain()
        self.yes(uri)
        self.assertEqual({entry["headers"]["accept-encoding"] for entry in self.server.log()}, {"identity"})

    def test_R2_the_token_stays_with_the_hub(self):
        self.repository()
        result = self.yes("hf://org/model", "-v", HF_TOKEN="hf_granted_secret")
        self.assertEqual({entry["headers"].get("authorization") for entry in self.server.log() if entry["on"] == "hub"},
                         {"Bearer hf_granted_secret"})
        foreign = [entry for entry in self.server.log() if entry["on"] == "cdn"]
        self.assertTrue(foreign)
        for entry in foreign:
            self.assertNotIn("authorization", entry["headers"])
            self.assertNotIn("cookie", entry["headers"])
        self.assertNotIn("secret", result.stdout + result.stderr + (self.into / "weights.lock").read_text())

    def test_R6_a_proxy_is_used_and_no_proxy_obeyed(self):
        data, uri = self.plain()
        result = self.fails("proxy|7777|127.0.0.1|connect", uri, http_proxy="http://user:pass-word@127.0.0.1:9", NO_PROXY="")
        self.assertNotIn("pass-word", result.stderr)
        self.yes(uri, http_proxy="http://127.0.0.1:9", NO_PROXY="127.0.0.1")
        self.assertEqual(self.got("w.bin"), data)

    def test_R7_a_stalled_body_is_given_up_and_asked_for_again(self):
        data, uri = self.plain()
        self.server.set_faults([{"match": "GET", "trickle": [100, 0.4]}])
        result = self.yes(uri, "--stall_timeout=1s")
        self.assertEqual(self.got("w.bin"), data)
        self.assertIn("again in", result.stderr)

    def test_R8_the_rate_is_limited(self):
        _, uri = self.plain(600_000)
        begin = time.monotonic()
        self.yes(uri, "--limit_rate=500KB")
        self.assertGreater(time.monotonic() - begin, 1.0)

    # -- Answers

    def big(self, segments=5):
        data, uri = self.plain(segments * 200_000 + 1)
        return data, uri, "--segment_size=200000"

    def test_R12_a_cut_connection_goes_on_where_it_broke(self):
        data, uri = self.plain()
        self.server.set_faults([{"match": "GET", "drop_after": 150_000}])
        self.yes(uri)
        self.assertEqual(self.got("w.bin"), data)
        self.assertLess(sum(entry["sent"] for entry in self.bodies()), 320_000)

    def test_R12_R13_wrong_lengths_are_not_believed(self):
        for delta in (10, -10):
            data, uri = self.plain()
            self.into = pathlib.Path(self.path(f"once{delta}"))
            self.server.set_faults([{"match": "GET", "length_delta": delta}])
            self.yes(uri)
            self.assertEqual(self.got("w.bin"), data)
            self.into = pathlib.Path(self.path(f"always{delta}"))
            self.server.set_faults([{"match": "GET", "length_delta": delta, "times": -1}])
            self.fails("announces", uri)

    def test_R16_overload_is_waited_for_and_final_answers_are_not(self):
        data, uri = self.plain()
        self.server.set_faults([{"match": "GET", "status": status} for status in (503, 429, 500, 408)])
        self.yes(uri)
        self.assertEqual(self.got("w.bin"), data)
        self.into = pathlib.Path(self.path("final"))
        self.server.clear_log()
        self.server.set_faults([{"match": "HEAD", "status": 404, "times": -1}])
        self.fails("status 404", uri)
        self.assertEqual(len(self.server.log()), 1)

    # -- Integrity

    def test_R19_R20_one_wrong_byte_is_fetched_once_more_and_then_kept_aside(self):
        files = self.repository()
        self.server.set_faults([{"match": "GET", "on": "cdn", "corrupt_at": 150_000}])
        result = self.yes("hf://org/model/model.bin")
        self.assertIn("fetching it once more", result.stderr)
        self.assertEqual(self.got("model.bin"), files["model.bin"])
        self.into = pathlib.Path(self.path("again"))
        self.server.set_faults([{"match": "GET", "on": "cdn", "corrupt_at": 150_000, "times": -1}])
        self.fails(f"sha256 is [0-9a-f]{{64}}, expected {sha256(files['model.bin'])}.*", "hf://org/model/model.bin", HF_HOME=self.path("other"))
        self.assertFalse((self.into / "model.bin").exists())
        self.assertTrue((self.into / "model.bin.bad").exists())

    def test_R22_the_users_hash_is_enforced(self):
        data, uri = self.plain()
        self.yes(f"{uri}#sha256={sha256(data)}", "--require_hash")
        self.into = pathlib.Path(self.path("again"))
        self.fails("expected 0000", f"{uri}#sha256={'0' * 64}")
        self.assertFalse((self.into / "w.bin").exists())
        self.fails("nobody states a hash", uri, "--require_hash")

    def test_R23_a_hash_that_is_none_is_a_mistake_before_any_request(self):
        _, uri = self.plain()
        self.fails("64 hexadecimal digits", f"{uri}#sha256=12ab")
        self.assertEqual(self.server.log(), [])

    # -- Resume

    def interrupted(self, uri):
        """A run that is killed a while after its journal has begun: `slowly` lets a megabyte take 2.5 seconds."""
        process = subprocess.Popen(self.command(uri), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.environment)
        self.wait_for("w.bin.part.journal")
        time.sleep(0.7)
        process.kill()
        process.wait()
        self.assertTrue((self.into / "w.bin.part.journal").exists())
        self.assertFalse((self.into / "w.bin").exists())

    def wait_for(self, name):
        deadline = time.monotonic() + 30
        while not (self.into / name).exists():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)

    def slowly(self):
        self.server.set_faults([{"match": "GET", "trickle": [20_000, 0.05], "times": -1}])

    def test_R24_R25_a_killed_run_is_resumed(self):
        data, uri = self.plain(1_000_000)
        self.slowly()
        self.interrupted(uri)
        self.server.set_faults([])
        self.server.clear_log()
        self.yes(uri)
        self.assertEqual(self.got("w.bin"), data)
        [body] = self.bodies()
        self.assertRegex(body["headers"]["range"], r"^bytes=[1-9]\d+-999999$")
        self.assertTrue(body["headers"]["if-range"].startswith('"'))
        self.assertEqual(self.leftovers(), [])

    def test_R25_another_etag_starts_over(self):
        data, uri = self.plain(1_000_000)
        self.slowly()
        self.interrupted(uri)
        self.server.set_faults([{"match": "GET", "etag": '"other"', "times": -1}])
        result = self.yes(uri)
        self.assertEqual(self.got("w.bin"), data)
        self.assertIn("starting over: ", result.stderr)

    def test_R27_a_longer_file_or_a_broken_journal_starts_over(self):
        data, uri = self.plain(1_000_000)
        for spoil in (lambda part: part.write_bytes(bytes(2_000_000)),
                      lambda part: part.with_name("w.bin.part.journal").write_bytes(b"\xff\xff\xff")):
            self.slowly()
            self.interrupted(uri)
            spoil(self.into / "w.bin.part")
            self.server.set_faults([])
            result = self.yes(uri)
            self.assertEqual(result.stderr.count("starting over"), 1)
            self.assertEqual(self.got("w.bin"), data)
            (self.into / "w.bin").unlink()
            (self.into / "weights.lock").unlink()

    # -- Parallel

    def test_R29_R31_streams_do_not_change_the_result(self):
        data, uri, segments = self.big(9)
        outputs = set()
        for streams in (1, 4):
            self.into = pathlib.Path(self.path(f"streams{streams}"))
            self.server.clear_log()
            outputs.add(self.yes(uri, segments, f"--streams={streams}").stdout)
            self.assertEqual(self.got("w.bin"), data)
            self.assertEqual(len(self.bodies()), 10)
            self.assertEqual(sum(entry["sent"] for entry in self.bodies()), len(data))
        self.assertEqual(len(outputs), 1)

    def test_R29_a_broken_segment_is_asked_for_alone(self):
        data, uri, segments = self.big(9)
        self.server.set_faults([{"match": "GET", "skip": 3, "drop_after": 100_000}])
        self.yes(uri, segments)
        self.assertEqual(self.got("w.bin"), data)
        self.assertLess(sum(entry["sent"] for entry in self.bodies()), len(data) + 30_000)

    # -- Disk

    def test_R34_names_stay_below_the_folder_and_links_are_not_followed(self):
        _, uri = self.plain()
        self.into.mkdir()
        victim = pathlib.Path(self.path("victim"))
        victim.write_bytes(b"precious")
        (self.into / "w.bin.part").symlink_to(victim)
        self.fails("w.bin.part", uri)
        self.assertEqual(victim.read_bytes(), b"precious")
        self.fails("not a file name that we write to", f"{self.server.hub}/files/%2e%2e")

    def test_R35_two_runs_fetch_one_file_once(self):
        data, uri = self.plain(1_000_000)
        self.slowly()
        first = subprocess.Popen(self.command(uri), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.environment)
        self.wait_for("w.bin.part.journal")
        result = self.yes(uri)
        self.assertEqual(first.wait(), 0)
        self.assertEqual(self.got("w.bin"), data)
        self.assertIn("waiting for it", result.stderr)
        self.assertLess(sum(entry["sent"] for entry in self.bodies()), len(data) + 50_000)

    def test_R36_a_signal_stops_within_a_second_and_keeps_what_is_there(self):
        data, uri = self.plain(2_000_000)
        self.slowly()
        process = subprocess.Popen(self.command(uri), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment)
        self.wait_for("w.bin.part.journal")
        time.sleep(0.3)
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        self.assertLess(time.monotonic() - begin, 5)  # A second, and what a busy machine takes.
        self.assertEqual(process.returncode, 2)
        self.assertIn("the same command goes on from here", errors)
        self.server.set_faults([])
        self.server.clear_log()
        self.yes(uri)
        self.assertEqual(self.got("w.bin"), data)
        self.assertLess(sum(entry["sent"] for entry in self.bodies()), len(data))

    def test_R37_the_same_bytes_under_two_names_are_fetched_once(self):
        data = content(200_000)
        self.put("hf/org/twice/a.bin", data)
        self.put("hf/org/twice/b.bin", data)
        self.yes("hf://org/twice")
        self.assertEqual(self.got("a.bin"), self.got("b.bin"))
        self.assertEqual(len(self.bodies(r"\.bin\?")), 1)

    # -- Manners

    def test_R38_one_request_lists_a_repository(self):
        self.repository()
        self.yes("hf://org/model", "-v")
        self.assertEqual(sum("/api/models/" in entry["path"] for entry in self.server.log() if entry["method"] == "GET"
                             and "resolve-cache" not in entry["path"]), 1)
        self.assertEqual(sum(entry["method"] == "HEAD" for entry in self.server.log()), 0)

    def test_R39_the_user_agent_says_who_asks(self):
        _, uri = self.plain()
        self.yes(uri)
        for entry in self.server.log():
            self.assertRegex(entry["headers"]["user-agent"], r"^weighbridge/[\d.]+ libcurl/[\d.]+$")

    def test_R40_a_dry_run_asks_for_no_body(self):
        files = self.repository()
        result = self.yes("hf://org/model", "--dry_run")
        self.assertIn(sha256(files["model.bin"]), result.stdout)
        self.assertIn("3 files, 300 KB to be fetched", result.stdout)
        self.assertEqual([entry for entry in self.server.log() if "resolve" in entry["path"]], [])
        self.assertFalse(self.into.exists())

    def test_gated_repositories_say_where_to_accept(self):
        self.repository("org/gated")
        (self.root / "hf" / "org" / "gated.meta.json").write_text('{"gated": true}')
        self.fails(f"gated: accept its terms at {self.server.hub}/org/gated", "hf://org/gated/model.bin")
        self.yes("hf://org/gated/model.bin", HF_TOKEN="hf_granted")

    # -- Check and mending

    def test_check_names_what_is_missing_extra_and_damaged(self):
        data, uri = self.plain(20_000_000)
        other, other_uri = self.plain(1000, "other.bin")
        self.yes(uri, other_uri)
        self.yes("--check")
        damaged = bytearray(data)
        damaged[9_000_000] ^= 1
        (self.into / "w.bin").write_bytes(damaged)
        (self.into / "other.bin").unlink()
        (self.into / "stray.bin").write_bytes(b"?")
        self.server.clear_log()
        result = self.fetch("--check")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stdout, "missing  other.bin")
        self.assertRegex(result.stdout, "extra  stray.bin")
        self.assertRegex(result.stdout, "damaged  w.bin .*damaged are bytes 8388608-16777215")
        self.assertEqual(self.server.log(), [])
        self.assertEqual({row["finding"] for row in json.loads(self.fetch("--check", "--json").stdout)["findings"]},
                         {"missing", "extra", "damaged"})
        # Fetching again mends: only the damaged range comes over the network.
        self.fails("damaged are bytes 8388608-16777215; --overwrite", uri)
        self.server.clear_log()
        result = self.yes(uri, "--overwrite")
        self.assertEqual(self.got("w.bin"), data)
        self.assertIn("mended  w.bin", result.stdout)
        [body] = self.bodies("w.bin")
        self.assertEqual(body["headers"]["range"], "bytes=8388608-16777215")


class OwnServer(Sources, FetchTestCase):
    def serve(self):
        return WeightsServer(self.root)

    def everything(self):
        """All that fetch has written, also what it keeps for itself."""
        files = [path for top in (self.into, pathlib.Path(self.environment["HOME"])) for path in top.rglob("*") if path.is_file()]
        return b"".join(path.name.encode() + path.read_bytes() for path in files)

    def set_of(self, text):
        path = self.path("stranger.textproto")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'schema: "weighbridge.weights_lock.v1" {text}')
        return f"--set={path}"

    # -- What strangers say

    def test_a_listing_brings_no_file_of_our_own_names(self):
        for name in ("weights.lock", "sub/Weights.Lock", "w.bin.part", "w.bin.part.journal", "w.bin.bad"):
            with self.subTest(name=name):
                repository = f"org/{sha256(name.encode())[:8]}"
                self.put(f"hf/{repository}/w.bin", b"good")
                self.put(f"hf/{repository}/{name}", b"evil")
                self.into = pathlib.Path(self.path(sha256(name.encode())))
                self.fails("it has a name of fetch's own; --exclude leaves it out", f"hf://{repository}")
                self.assertFalse(self.into.exists())
                self.yes(f"hf://{repository}", f"--exclude={name}")
                self.assertEqual(sorted(path.name for path in self.into.rglob("*")), ["w.bin", "weights.lock"])

    def test_a_lock_leads_out_of_no_folder(self):
        data, uri = self.plain()
        file = f'files {{ path: "w.bin" uri: "{uri}" }}'
        for text, wanted in ((f'sources {{ paddlenlp_model: "../../.ssh" {file} }}', "paddlenlp_model"),
                             (f'sources {{ folder: "../x" {file} }}', "path"),
                             ('sources { files { path: "p" uri: "hf://o/n@..%2F..%2Fvictim/p" } }', "uri"),
                             (f'sources {{ {file} }} purpose {{ recipe: "a; id" }}', "purpose.recipe"),
                             (f'sources {{ {file} }} purpose {{ save_path: "../x" }}', "purpose.save_path"),
                             (f'sources {{ {file} }} purpose {{ notes: "$(id)" }}', "purpose.notes"),
                             (f'sources {{ recipe_source: "a b" {file} }}', "recipe_source"),
                             (f'sources {{ checkpoint: "/x" {file} }}', "checkpoint")):
            with self.subTest(text=text):
                self.fails(f"{wanted}: ", self.set_of(text), PPNLP_HOME=self.path("home"))
                self.assertEqual(self.server.log(), [])
                self.assertFalse(self.into.exists())

    def test_a_planted_link_leads_nowhere(self):
        self.repository()
        outside = pathlib.Path(self.path("outside"))
        outside.mkdir()
        self.into.mkdir()
        (self.into / "sub").symlink_to(outside)
        self.fails("it is a link", "hf://org/model")
        self.assertEqual(list(outside.iterdir()), [])

    def test_what_is_no_file_in_a_cache_is_neither_read_nor_replaced(self):
        files = self.repository()
        blob = self.cache / "models--org--model" / "blobs" / sha256(files["model.bin"])
        blob.parent.mkdir(parents=True)
        elsewhere = pathlib.Path(self.path("elsewhere"))
        elsewhere.write_bytes(files["model.bin"])
        for make in (lambda: os.mkfifo(blob), blob.mkdir, lambda: blob.symlink_to(elsewhere), lambda: blob.symlink_to("/dev/zero")):
            make()
            kind = blob.lstat().st_mode
            self.fails("is not a file|is a link", "hf://org/model/model.bin")
            self.assertEqual(blob.lstat().st_mode, kind)
            blob.rmdir() if blob.is_dir() and not blob.is_symlink() else blob.unlink()
        for fifo in (self.cache / "models--org--model" / "refs" / "main", self.into / "weights.lock", self.into / "w.bin"):
            fifo.parent.mkdir(parents=True, exist_ok=True)
            fifo.unlink(missing_ok=True)
            os.mkfifo(fifo)
        self.fails("weights.lock: is not a file", "hf://org/model", "--offline")
        (self.into / "weights.lock").unlink()
        self.fails("cache .* does not hold", "hf://org/model", "--offline")
        _, uri = self.plain()
        self.fails("w.bin: is not a file", uri)

    def test_a_mirrors_bytes_are_no_file_of_the_hub(self):
        evil, uri = self.plain(name="w.bin")
        commit = "0123456789abcdef0123456789abcdef01234567"
        lock = self.set_of(f'sources {{ uri: "hf://org/none" revision: "{commit}" complete: true files {{ path: "w.bin" size: {len(evil)} '
                           f'uri: "hf://org/none@{commit}/w.bin" sha256: "{sha256(evil)}" mirrors: "{uri}" }} }}')
        self.yes(lock)
        self.assertEqual(self.got("w.bin"), evil)
        self.assertFalse(self.cache.exists())

    def test_a_lock_alone_puts_nothing_into_a_snapshot(self):
        files = self.repository()
        self.yes("hf://org/model")
        model = self.cache / "models--org--model"
        commit = "0123456789abcdef0123456789abcdef01234567"
        self.into = pathlib.Path(self.path("again"))
        digest = sha256(files["model.bin"])
        refs = (model / "refs" / "main").read_text()
        self.yes(self.set_of(f'sources {{ uri: "hf://org/model" revision: "{commit}" complete: true files {{ path: "other.bin" '
                             f'uri: "hf://org/model@{commit}/other.bin" size: {len(files["model.bin"])} sha256: "{digest}" }} }}'))
        self.assertFalse((model / "snapshots" / commit).exists())
        self.assertEqual((model / "refs" / "main").read_text(), refs)

    def test_a_run_that_was_interrupted_is_a_witness_all_the_same(self):
        data = self.put("hf/org/model/w.bin", content(1_000_000))
        self.slowly()
        process = subprocess.Popen(self.command("hf://org/model", "--segment_size=100000"), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env=self.environment)
        blob = self.cache / "models--org--model" / "blobs" / sha256(data)
        deadline = time.monotonic() + 30
        while not blob.with_name(blob.name + ".wb.incomplete.journal").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.5)
        process.kill()
        process.wait()
        self.server.set_faults([])
        self.yes()
        self.assertEqual(self.got("w.bin"), data)
        commit = self.server.commit("org/model")
        self.assertEqual((self.cache / "models--org--model" / "refs" / "main").read_text(), commit)
        self.assertIn(f"hf://org/model@{commit}/w.bin".encode(), self.everything())
        self.assertEqual(len(list((pathlib.Path(self.environment["HOME"]) / ".local/state/weighbridge/receipts").iterdir())), 1)

    # -- Secrets

    def test_a_query_is_written_nowhere_and_asked_for_again(self):
        data, uri = self.plain()
        result = self.yes(f"{uri}?X-Amz-Signature=SECRET7&x=1", "-v")
        self.assertTrue(any("SECRET7" in entry["path"] for entry in self.server.log()))
        self.assertNotIn("SECRET7", result.stdout + result.stderr)
        self.assertNotIn(b"SECRET7", self.everything())
        self.yes("--check")
        self.assertIn("there  w.bin", self.yes(f"{uri}?X-Amz-Signature=SECRET8").stdout)
        (self.into / "w.bin").unlink()
        self.fails("had a query.*give the address again")
        self.assertFalse((self.into / "w.bin").exists())
        self.yes(f"{uri}?X-Amz-Signature=SECRET9")
        self.assertEqual(self.got("w.bin"), data)
        self.assertNotIn(b"SECRET", self.everything())

    def test_a_resumed_download_keeps_no_query(self):
        data, uri = self.plain(1_000_000)
        self.slowly()
        self.interrupted(f"{uri}?token=SECRET7")
        self.assertNotIn(b"SECRET7", self.everything())
        self.server.set_faults([])
        self.yes(f"{uri}?token=SECRET8")
        self.assertEqual(self.got("w.bin"), data)

    def test_what_a_server_repeats_is_not_repeated(self):
        _, uri = self.plain()
        for status in (403, 404, 500):
            self.server.set_faults([{"match": "GET", "echo": status, "times": -1}])
            result = self.fails(f"status {status}: no /files/w.bin", f"{uri}?sig=SECRET7&y")
            self.assertNotIn("SECRET7", result.stdout + result.stderr)
            result = self.fails(f"status {status}", "hf://org/model", HF_TOKEN="hf_SECRET7")
            self.assertNotIn("SECRET7", result.stdout + result.stderr)
        self.server.set_faults([{"match": "GET", "on": "hub", "redirect": f"{self.server.cdn}/none?sig=SECRET7", "times": -1}])
        result = self.fails("none: status", uri)
        self.assertNotIn("SECRET7", result.stderr)
        self.server.set_faults([{"match": "GET", "redirect": "https://user:SECRET7@127.0.0.1:1/x", "times": -1}])
        self.assertNotIn("SECRET7", self.fails("must not carry a user", uri).stderr)

    def test_R4_no_redirect_leads_plain_http_off_this_machine(self):
        _, uri = self.plain()
        for host in ("127.0.0.1.example.invalid", "localhost.example.invalid", "192.0.2.1", "[::2]"):
            self.server.set_faults([{"match": "GET", "redirect": f"http://{host}/w.bin", "times": -1}])
            self.fails("this machine only", uri)
            self.fails("this machine only", f"http://{host}/w.bin")
            self.fails("this machine only", "hf://org/model", HF_ENDPOINT=f"http://{host}")

    # -- What has no end

    def test_answers_without_an_end_are_cut(self):
        _, uri = self.plain()
        for fault in ({"endless": 404}, {"endless": 503}, {"endless": 302, "headers": {"Location": "/nowhere"}},
                      {"endless": 200, "headers": {"Content-Type": "text/html"}}, {"endless": 200}, {"endless": 200, "header_lines": True},
                      {"endless": 206, "headers": {"Content-Range": "bytes 0-299999/300000"}}):
            with self.subTest(fault=fault):
                self.server.set_faults([{"match": "GET", "times": -1, **fault}])
                begin = time.monotonic()
                self.fails(".", uri)
                self.assertLess(time.monotonic() - begin, 20)
        for fault in ({"endless": 404}, {"endless": 200}, {"endless": 200, "header_lines": True}):
            with self.subTest(listing=fault):
                self.server.set_faults([{"match": "/api/", "times": -1, **fault}])
                self.fails(".", "hf://org/model")

    # -- Locks

    def test_of_two_addresses_of_one_name_the_later_one_counts(self):
        data, uri = self.plain()
        other = f"{self.server.hub}/files/other/w.bin"
        self.put("files/other/w.bin", data)
        for address in (uri, other, f"{other}#sha256={sha256(data)}", f"{other}?x=SECRET7"):
            self.yes(address)
            self.yes("--check")
        self.assertEqual((self.into / "weights.lock").read_text().count('path: "w.bin"'), 1)
        self.fails("named as a file|Is a directory|is not a folder", self.set_of(f'sources {{ folder: "w.bin" files {{ path: "x" uri: "{uri}" }} }}'))
        self.yes("--check")

    def test_nothing_of_the_users_is_replaced_by_what_is_kept_aside(self):
        self.repository()
        self.into.mkdir()
        (self.into / "model.bin.bad").write_bytes(b"mine")
        self.server.set_faults([{"match": "GET", "on": "cdn", "corrupt_at": 5, "times": -1}])
        self.fails("model.bin.bad stands there", "hf://org/model/model.bin")
        self.assertEqual(self.got("model.bin.bad"), b"mine")
        self.assertEqual(self.leftovers(), [])

    def test_mending_writes_through_no_link(self):
        data, uri = self.plain(9_000_000)
        self.yes(uri)
        victim = pathlib.Path(self.path("victim"))
        victim.write_bytes(b"precious")
        (self.into / "w.bin").write_bytes(b"x" + data[1:])
        (self.into / "w.bin.part").symlink_to(victim)
        self.yes(uri, "--overwrite")
        self.assertEqual(self.got("w.bin"), data)
        self.assertEqual(victim.read_bytes(), b"precious")

    def test_a_repository_without_an_owner(self):
        files = self.repository("gpt2")
        self.yes("hf://gpt2")
        self.assertEqual(self.got("model.bin"), files["model.bin"])
        self.assertTrue((self.cache / "models--gpt2" / "refs" / "main").exists())
        self.assertRegex((self.into / "weights.lock").read_text(), r'uri: "hf://gpt2@[0-9a-f]{40}/config.json"')
        self.yes("--check")
        self.into = pathlib.Path(self.path("one"))
        self.yes("https://huggingface.co/gpt2/resolve/main/config.json", "--offline")
        self.assertEqual(self.got("config.json"), files["config.json"])

    def test_R1_an_encoded_answer_is_refused(self):
        _, uri = self.plain()
        self.server.set_faults([{"match": "GET", "encoding": "gzip", "times": -1}])
        self.fails('sent "gzip" instead', uri)

    def test_R24_twenty_kills_at_random(self):
        # All four sources of a set, every byte about once.
        sizes = {"blip2/model_state.pdparams": 2_200_000, "vicuna/pytorch_model.bin": 2_300_000, "minigpt4/m.pth": 2_000_000}
        data = {name: self.put(f"files/{name}", content(size, seed)) for seed, (name, size) in enumerate(sizes.items())}
        self.put("hf/org/delta/config.json", b"{}")
        data["delta/config.json"] = b"{}"
        data["delta/pytorch_model.bin"] = self.put("hf/org/delta/pytorch_model.bin", content(2_100_000, 9))
        files = "".join(f'files {{ path: "{name}" uri: "{self.server.hub}/files/{name}" }} ' for name in sizes)
        lock = self.path("set.textproto")
        with open(lock, "w", encoding="utf-8") as file:
            file.write(f'schema: "weighbridge.weights_lock.v1" sources {{ {files} }} sources {{ uri: "hf://org/delta" folder: "delta" }}')
        self.server.set_faults([{"match": "GET", "trickle": [8_000, 0.04], "times": -1}])
        dice = random.Random(7)
        kills = 0
        while kills < 20:
            process = subprocess.Popen(self.command(f"--set={lock}", "--quiet", "--segment_size=500000", "--streams=1"),
                                       stdout=subprocess.DEVNULL, env=self.environment)
            try:
                process.wait(dice.uniform(0.1, 0.9))
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                kills += 1
            for name, bytes_ in data.items():
                if (self.into / name).exists():
                    self.assertEqual(self.got(name), bytes_)
        self.server.set_faults([])
        self.yes(f"--set={lock}")
        for name, bytes_ in data.items():
            self.assertEqual(self.got(name), bytes_)
        self.yes("--check")
        sent = sum(entry["sent"] for entry in self.bodies())
        self.assertGreaterEqual(kills, 10)
        self.assertLess(sent, 1.5 * sum(map(len, data.values())))
        self.assertEqual(self.leftovers(), [])


@unittest.skipUnless(SHARED, "WEIGHBRIDGE_SHARED is not set: the shared fake server is not tried")
class SharedServer(Sources, FetchTestCase):
    def serve(self):
        return SharedFake(self.root)

    def test_baidus_object_storage(self):
        data = self.put("bos/paddlenlp/models/model_state.pdparams", content(300_000))
        result = self.yes(f"{self.server.hub}/paddlenlp/models/model_state.pdparams")
        self.assertEqual(self.got("model_state.pdparams"), data)
        self.assertIn("verified by what its source states", result.stdout)
        self.assertIn(hashlib.md5(data).hexdigest(), (self.into / "weights.lock").read_text())
        self.fails("status 404.*|NoSuchKey", f"{self.server.hub}/paddlenlp/models/none.pdparams")


class EndToEnd(FetchTestCase):
    def test_from_addresses_to_an_audited_model(self):
        """Fetch the example's sources, merge and judge them, audit: the chain of custody runs from address to tensor."""
        for path in pathlib.Path(self.tiny).rglob("*"):
            name = path.relative_to(self.tiny).as_posix()
            served = {"blip2": "files/blip2", "vicuna": "hf/org/vicuna"}.get(name.split("/")[0])
            if path.is_file() and served:
                self.put(served + name[name.index("/"):], path.read_bytes())
        self.put("drive/1RY9/prerained_minigpt4.pth", (pathlib.Path(self.tiny) / "prerained_minigpt4.pth").read_bytes())
        server = WeightsServer(self.root)
        self.addCleanup(server.close)
        lock = self.path("set.textproto")
        with open(lock, "w", encoding="utf-8") as file:
            file.write('schema: "weighbridge.weights_lock.v1" purpose { recipe: "minigpt4" save_path: "merged" } '
                       'sources { folder: "blip2" recipe_source: "blip2" files { path: "model_state.pdparams" '
                       f'uri: "{server.hub}/files/blip2/model_state.pdparams" }} }} '
                       'sources { uri: "hf://org/vicuna" folder: "vicuna" recipe_source: "vicuna" } '
                       'sources { folder: "minigpt4" recipe_source: "minigpt4" checkpoint: "prerained_minigpt4.pth" '
                       'files { path: "prerained_minigpt4.pth" uri: "gdrive://1RY9" } }')
        result = self.yes(f"--set={lock}", f"--drive_endpoint={server.hub}", HF_ENDPOINT=server.hub)
        [command] = [line.removeprefix("next: ") for line in result.stdout.splitlines() if line.startswith("next: merge ")]
        tool, *arguments = command.split()
        self.assertEqual(run(tool, *arguments, "--quiet", env=self.environment).returncode, 0)
        merged = self.into / "merged"
        self.assertEqual(sha256_of(merged / "model_state.pdparams"), expected(self.tiny)["merged/model_state.pdparams"]["sha256"])
        manifest = (merged / "manifest.binpb").read_bytes()
        commit = server.commit("org/vicuna")
        for address in (f"{server.hub}/files/blip2/model_state.pdparams", f"hf://org/vicuna@{commit}/pytorch_model.bin", "gdrive://1RY9"):
            self.assertIn(address.encode(), manifest)
        audit = run("verify", str(merged / "model_state.pdparams"), f"--manifest={merged}/manifest.binpb", "--quiet")
        self.assertEqual(audit.returncode, 0, audit.stderr)


class Origins(FetchTestCase):
    """What a manifest says of where a source's files came from."""

    def setUp(self):
        super().setUp()
        for path in (pathlib.Path(self.tiny) / "vicuna").iterdir():
            self.put(f"hf/org/vicuna/{path.name}", path.read_bytes())
        self.server = WeightsServer(self.root)
        self.addCleanup(self.server.close)
        self.environment["HF_ENDPOINT"] = self.server.hub

    def origins(self, vicuna):
        target = pathlib.Path(self.path("merged"))
        shutil.rmtree(target, ignore_errors=True)
        result = run("merge", f"blip2={self.tiny}/blip2", f"vicuna={vicuna}", f"minigpt4={self.tiny}/prerained_minigpt4.pth",
                     f"--save_path={target}", "--quiet", env=self.environment)
        self.assertEqual(result.returncode, 0, result.stderr)
        return (target / "manifest.binpb").read_bytes()

    def test_what_fetch_saw_is_believed_and_nothing_else(self):
        address = f"hf://org/vicuna@{self.server.commit('org/vicuna')}/pytorch_model.bin".encode()
        self.yes("hf://org/vicuna")
        self.assertIn(address, self.origins(self.into))
        # A copy with its lock is a stranger's folder, and so is this one under another's account.
        shutil.copytree(self.into, self.path("copy"))
        self.assertNotIn(b"hf://", self.origins(self.path("copy")))
        self.environment["HOME"] = self.path("another")
        self.assertNotIn(b"hf://", self.origins(self.into))

    def test_a_lock_that_came_along_is_not_believed(self):
        weights = (pathlib.Path(self.tiny) / "vicuna" / "pytorch_model.bin").read_bytes()
        evil = pathlib.Path(self.path("evil"))
        shutil.copytree(pathlib.Path(self.tiny) / "vicuna", evil / "sub")
        os.chmod(evil / "sub", 0o755)
        text = ('schema: "weighbridge.weights_lock.v1" sources { uri: "hf://meta-llama/L" revision: "%s" complete: true %s files { '
                'path: "pytorch_model.bin" uri: "hf://meta-llama/L@%s/pytorch_model.bin" size: %d sha256: "%s" } }')
        for place, folder in ((evil / "sub", ""), (evil, 'folder: "sub"')):
            (place / "weights.lock").write_text(text % ("0" * 40, folder, "0" * 40, len(weights), sha256(weights)))
        self.assertNotIn(b"meta-llama", self.origins(evil / "sub"))
        # Nor when fetch finds that all is as such a lock says.
        self.into = evil / "sub"
        self.yes("--offline")
        self.into = evil
        self.yes("--offline")
        self.assertNotIn(b"meta-llama", self.origins(evil / "sub"))

    def test_a_file_that_was_there_before_has_no_origin_unless_the_source_states_its_hash(self):
        weights = (pathlib.Path(self.tiny) / "vicuna" / "pytorch_model.bin").read_bytes()
        self.put("files/pytorch_model.bin", weights)
        shutil.copytree(pathlib.Path(self.tiny) / "vicuna", self.into)
        os.chmod(self.into, 0o755)
        self.yes(f"{self.server.hub}/files/pytorch_model.bin")
        self.assertNotIn(b"files/pytorch_model.bin", self.origins(self.into))
        self.yes("hf://org/vicuna")
        self.assertIn(b"hf://org/vicuna", self.origins(self.into))


@unittest.skipUnless(os.path.isdir(f"{LIBRARIES}/huggingface_hub"), "WEIGHBRIDGE_LIBRARIES names no folder with huggingface_hub")
class RealHubClient(FetchTestCase):
    """huggingface_hub and we in one cache: each finds, without any network, what the other put there."""

    def setUp(self):
        super().setUp()
        self.files = {"config.json": b'{"a": 1}\n', "model.bin": content(200_000), "sub/other.bin": content(100_000, 2)}
        for path, data in self.files.items():
            self.put(f"hf/org/model/{path}", data)
        self.server = WeightsServer(self.root)
        self.addCleanup(self.server.close)
        self.environment["HF_ENDPOINT"] = self.server.hub

    def snapshot(self, **environment):
        script = "import huggingface_hub; print(huggingface_hub.snapshot_download('org/model'))"
        result = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                timeout=120, check=False, env={**self.environment, "PYTHONPATH": LIBRARIES, "HF_HUB_DISABLE_XET": "1", **environment})
        self.assertEqual(result.returncode, 0, result.stderr)
        return pathlib.Path(result.stdout.splitlines()[-1])

    def test_it_finds_our_files_offline(self):
        self.yes("hf://org/model")
        self.server.clear_log()
        folder = self.snapshot(HF_HUB_OFFLINE="1")
        for path, data in self.files.items():
            self.assertEqual((folder / path).read_bytes(), data)
        self.assertEqual(self.server.log(), [])
        # Online too: no body is asked for again.
        self.snapshot()
        self.assertEqual([entry for entry in self.server.log() if entry["sent"] > 0], [])

    def test_we_find_its_files_offline(self):
        self.snapshot()
        self.server.clear_log()
        self.yes("hf://org/model", "--offline")
        for path, data in self.files.items():
            self.assertEqual(self.got(path), data)
        self.assertEqual(self.server.log(), [])


class Tls(FetchTestCase):
    def setUp(self):
        super().setUp()
        self.root.mkdir()
        self.data = self.put("files/w.bin", content(100_000))
        self.server = WeightsServer(self.root, (f"{TESTING}/cert.pem", f"{TESTING}/key.pem"))
        self.addCleanup(self.server.close)
        self.uri = f"{self.server.hub}/files/w.bin"

    def test_R5_a_certificate_that_nobody_knows_is_refused(self):
        self.fails("certificate", self.uri)
        self.assertFalse((self.into / "w.bin").exists())

    def test_R5_the_authority_is_given_as_to_curl(self):
        for variable in ("CURL_CA_BUNDLE", "SSL_CERT_FILE"):
            self.into = pathlib.Path(self.path(variable))
            self.yes(self.uri, **{variable: f"{TESTING}/cert.pem"})
            self.assertEqual(self.got("w.bin"), self.data)

    def test_R5_the_name_is_verified(self):
        # The certificate is for 127.0.0.1.
        self.fails("SSL|certificate subject name", self.uri.replace("127.0.0.1", "localhost"), SSL_CERT_FILE=f"{TESTING}/cert.pem")

    def test_R4_no_way_from_https_to_http(self):
        plain = WeightsServer(self.root)
        self.addCleanup(plain.close)
        self.server.set_faults([{"match": "files", "redirect": f"{plain.hub}/files/w.bin", "times": -1}])
        self.fails("leads from https to http", self.uri, SSL_CERT_FILE=f"{TESTING}/cert.pem")
        self.assertEqual(plain.log(), [])

    def test_R4_plain_http_is_for_this_machine_only(self):
        self.fails("use https://", "http://192.0.2.1/w.bin")


class Local(FetchTestCase):
    def test_files_and_folders_of_this_machine(self):
        data = self.put("w.bin", content(100_000))
        self.put("sub/a b.txt", b"text")
        self.yes(f"file://{self.root}/w.bin", "--offline")
        self.assertEqual(self.got("w.bin"), data)
        self.into = pathlib.Path(self.path("folder"))
        self.yes(str(self.root))
        self.assertEqual(self.got("sub/a b.txt"), b"text")
        self.assertIn("a%20b.txt", (self.into / "weights.lock").read_text())
        self.fails("No such file", f"file://{self.root}/none")

    def test_what_stands_there_is_not_overwritten(self):
        self.put("w.bin", b"right")
        self.into.mkdir()
        (self.into / "w.bin").write_bytes(b"users")
        self.fails("stands there and is not the wanted file|unverified", f"{self.root}/w.bin#sha256={sha256(b'right')}")
        self.assertEqual(self.got("w.bin"), b"users")
        self.yes(f"{self.root}/w.bin#sha256={sha256(b'right')}", "--overwrite")
        self.assertEqual(self.got("w.bin"), b"right")

    def test_R32_a_full_disk_is_seen_before(self):
        path = self.root / "huge.bin"
        path.parent.mkdir()
        if shutil.disk_usage(self.root).free > 1 << 42:
            self.skipTest("this disk has room for much")
        with path.open("wb") as file:
            try:
                file.truncate(1 << 43)
            except OSError:
                self.skipTest("this file system has no sparse files of 8 TiB")
        self.fails("8796093022208 bytes are to be fetched, and the disk has room for", str(path))
        self.assertEqual(self.leftovers(), [])

    def test_the_sets_are_good_and_say_what_to_do(self):
        # Offline and empty: a failure, but only after the set was read.
        for name in ("minigpt4-7b", "minigpt4-13b"):
            self.fails("--offline", f"--set={name}", "--offline")
            result = self.fetch(f"--set={name}", "--check", "--quiet")
            self.assertEqual(result.returncode, 1)
            self.assertIn(f"missing  minigpt4-{name[9:]}/minigpt4_{name[9:]}.tar.gz", result.stdout)
        self.fails("the embedded sets are minigpt4-13b, minigpt4-7b", "--set=none")

    def test_a_set_ends_with_the_command_that_merges(self):
        self.put("b.bin", b"base")
        self.put("p.bin", b"projection")
        lock = self.path("set.textproto")
        with open(lock, "w", encoding="utf-8") as file:
            file.write('schema: "weighbridge.weights_lock.v1" purpose { recipe: "minigpt4" save_path: "out" notes: "look into {into}" } '
                       f'sources {{ folder: "base" recipe_source: "base" files {{ path: "b.bin" uri: "file://{self.root}/b.bin" }} }} '
                       'sources { recipe_source: "minigpt4" checkpoint: "p.bin" '
                       f'files {{ path: "p.bin" uri: "file://{self.root}/p.bin" }} }}')
        result = self.yes(f"--set={lock}")
        self.assertIn(f"next: merge --recipe=minigpt4 base={self.into}/base minigpt4={self.into}/p.bin --save_path={self.into}/out\n",
                      result.stdout)
        self.assertIn(f"note: look into {self.into}\n", result.stdout)
        self.into = pathlib.Path(self.path("my weights"))
        [line] = [line for line in self.yes(f"--set={lock}").stdout.splitlines() if line.startswith("next: ")]
        self.assertEqual(shlex.split(line)[1:], ["merge", "--recipe=minigpt4", f"base={self.into}/base", f"minigpt4={self.into}/p.bin",
                                                 f"--save_path={self.into}/out"])

    def test_mistakes_are_told(self):
        for arguments, wanted in ((["hf://a--b"], "hf://ORG/NAME"), (["gdrive://a/b"], "gdrive://ID"), (["ftp://x/y"], "http:// or https://"),
                                  (["https://user:secret@host/x"], "must not carry a user"), ([], "expected an address"),
                                  (["x", "--set=y"], "exclude each other"), (["--streams=0", "x"], "--streams")):
            result = self.fails(re.escape(wanted), *arguments)
            self.assertNotIn("secret", result.stderr)


if __name__ == "__main__":
    unittest.main()
