#!/usr/bin/env python3
"""Runs the tools where the system gives them little: memory, threads, descriptors, a reader of their output, time to end."""
import contextlib
import fcntl
import json
import os
import resource
import signal
import struct
import subprocess
import sys
import time
import unittest

from tool_testing import ROOT, ToolsTest, run

MIB = 1 << 20
COPY = 'name: "copy" sources { id: "m" description: "any checkpoint" } sections { source: "m" takes { match: "*" } }'


def safetensors(tensors):
    header, end = {}, 0
    for name, count in tensors:
        header[name] = {"dtype": "F32", "shape": [count], "data_offsets": [end, end + 4 * count]}
        end += 4 * count
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(i % 63 for i in range(end))


class LimitsTest(ToolsTest):
    def write(self, name, content):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb" if isinstance(content, bytes) else "w") as file:
            file.write(content)
        return path

    def shards(self, count):
        """A model of so many files, each with one tensor of 10 elements."""
        names = [f"model-{i + 1:05d}-of-{count:05d}.safetensors" for i in range(count)]
        for i, name in enumerate(names):
            self.write("model/" + name, safetensors([(f"t.{i}", 10)]))
        self.write("model/model.safetensors.index.json", json.dumps({"weight_map": {f"t.{i}": name for i, name in enumerate(names)}}))
        return self.path("model")

    def hidden(self):
        return [name for name in os.listdir(self.folder) if name.startswith(".")]

    def limited(self, limits, *command):
        """The command with these limits of the system, soft and hard."""

        def limit():
            for kind, value in limits.items():
                resource.setrlimit(kind, (value, value))

        return run(*command, preexec_fn=limit)

    def expect_end(self, result, *codes):
        """A failure is one line, and nothing is left of it."""
        self.assertIn(result.returncode, codes, result.stderr)
        if result.returncode != 0:
            self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
            self.assertFalse(os.path.exists(self.path("out")), result.stderr)
        self.assertEqual(self.hidden(), [])

    # Commands over one source, each with its result at out.
    def commands(self, source):
        recipe = self.write("copy.textproto", COPY)
        return [["merge", "m=" + source, "--recipe=" + recipe, "--save_path=" + self.path("out"), "--format=safetensors", "--quiet"],
                ["consolidate", "--model=" + source, "--output=" + self.path("out") + "/m.bin", "--quiet"],
                ["verify", source, "m=" + source, "--recipe=" + recipe, "--quiet"],
                ["inspect", source, "--digest=sha256", "--quiet"],
                ["fetch", "file://" + source, "--into=" + self.path("out"), "--quiet"]]

    def remove_result(self):
        for folder, folders, files in os.walk(self.path("out"), topdown=False):
            for name in files:
                os.unlink(os.path.join(folder, name))
            for name in folders:
                os.rmdir(os.path.join(folder, name))
            if folder == self.path("out"):
                os.rmdir(folder)

    def test_no_memory_is_exit_2(self):
        source = self.write("m.safetensors", safetensors([(f"t.{i}", 10) for i in range(20_000)]))
        for command in self.commands(source):
            codes = set()
            # From where the program cannot even be loaded (127, or the system ends it) to where it has enough.
            for size in [*range(20, 100, 8), *range(100, 600, 50), 4096]:
                result = self.limited({resource.RLIMIT_AS: size * MIB}, *command)
                if command[0] == "fetch" and result.returncode == 2:
                    # What it has received stays for the next run.
                    self.assertFalse(os.path.exists(self.path("out/m.safetensors")))
                    self.remove_result()
                if codes or result.returncode in (0, 2):
                    self.expect_end(result, 0, 2)
                    codes.add(result.returncode)
                else:
                    # Below that the C library ends it when it cannot load what it unwinds with.
                    self.assertIn(result.returncode, (127, -signal.SIGKILL, -signal.SIGSEGV, -signal.SIGABRT), (size, result.stderr))
                self.remove_result()
            self.assertEqual(codes, {0, 2} if command[0] != "fetch" else codes | {0}, command[0])

    def test_no_threads_are_fewer_threads(self):
        source = self.write("m.safetensors", safetensors([(f"t.{i}", 10) for i in range(100)]))
        for command in self.commands(source):
            # A stack for which the address space has no room: every thread is refused, and memory is not.
            memory = [] if command[0] == "fetch" else ["--memory=64MiB", "--threads=8"]
            result = self.limited({resource.RLIMIT_STACK: 4096 * MIB, resource.RLIMIT_AS: 2048 * MIB}, *command, *memory)
            if command[0] != "fetch":
                self.expect_end(result, 0)
            elif result.returncode != 0:
                # It cannot do without; what it has received stays for the next run.
                self.assertEqual((result.returncode, result.stderr.count("\n")), (2, 1), result.stderr)
                self.assertIn("the system gives no thread", result.stderr)
                self.assertFalse(os.path.exists(self.path("out/m.safetensors")))
            self.remove_result()

    def test_few_descriptors_are_enough(self):
        source = self.shards(60)
        for command in self.commands(source):
            if command[0] == "fetch":
                continue
            shards = ["--max_shard_size=40B"] if command[0] == "merge" else []
            for descriptors, codes in ((6, [0, 2]), (10, [0, 2]), (24, [0])):
                self.expect_end(self.limited({resource.RLIMIT_NOFILE: descriptors}, *command, *shards), *codes)
                self.remove_result()

    def test_a_model_of_more_than_a_thousand_shards_is_read_and_written_under_the_usual_limit(self):
        source = self.shards(1100)
        merge, _, verify, inspect, _ = self.commands(source)
        usual = {resource.RLIMIT_NOFILE: 1024}
        self.expect_end(self.limited(usual, *inspect), 0)
        self.expect_end(self.limited(usual, *merge, "--max_shard_size=40B"), 0)
        self.assertEqual(len([name for name in os.listdir(self.path("out")) if name.endswith(".safetensors")]), 1100)
        self.assertEqual(os.stat(self.path("out")).st_mode & 0o777, 0o777 & ~self.umask())
        verify[1] = self.path("out")
        self.expect_end(self.limited(usual, *verify), 0)

    @staticmethod
    def umask():
        mask = os.umask(0)
        os.umask(mask)
        return mask

    def test_a_reader_who_goes_is_exit_2(self):
        source = self.write("m.safetensors", safetensors([(f"t.{i}", 10) for i in range(20_000)]))
        reading, writing = os.pipe()
        os.close(reading)
        with open(writing, "wb") as pipe:
            result = subprocess.run([os.path.join(ROOT, "tools", "inspect"), source], stdout=pipe, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual((result.returncode, result.stderr.count("\n")), (2, 1), result.stderr)

    # --- What a killed process leaves.

    def test_only_what_is_left_by_the_dead_is_removed(self):
        merge = self.commands(self.write("m.safetensors", safetensors([("t", 10)])))[0]
        dead, living = self.path(".out.weighbridge-abcdef"), self.path(".out.weighbridge-ghijkl")
        others = [".out.weighbridge", ".out.weighbridge-abc", ".out2.weighbridge-abcdef"]
        for folder in (dead, living, *map(self.path, others)):
            os.makedirs(folder + "/out")
            self.write(folder + "/out/model.safetensors", "all of a result")
        with contextlib.closing(LockedFolder(living)):
            self.assertEqual(run(*merge).returncode, 0)
            self.assertEqual(set(self.hidden()), {os.path.basename(living), *others})
            self.assertTrue(os.path.exists(living + "/out/model.safetensors"))
        # Also into a folder that is there by now.
        self.assertEqual(run(*merge, "--overwrite").returncode, 0)
        self.assertEqual(set(self.hidden()), set(others))

    def test_what_was_put_aside_by_a_killed_run_goes_with_the_next_success(self):
        merge = self.commands(self.write("m.safetensors", safetensors([("t", 10)])))[0]
        self.assertEqual(run(*merge).returncode, 0)
        # As after a kill between putting the old ones aside and naming the new ones.
        os.rename(self.path("out/model.safetensors"), self.path("out/.model.safetensors.weighbridge-previous"))
        self.write("out/.pytorch_model-00001-of-00002.bin.weighbridge-previous", "an obsolete one")
        self.assertEqual(run(*merge, "--overwrite").returncode, 0)
        self.assertEqual(sorted(os.listdir(self.path("out"))), ["manifest.binpb", "model.safetensors"])

    # --- Time.

    def test_ctrl_c_ends_a_compilation(self):
        source = self.write("m.safetensors", safetensors([("a", 10)]))
        layers = 'entries { layers { count: "1000000" tensors { from: "absent.{i}" to: "x.{i}" may_be_absent: true } } } '
        recipe = self.write("long.textproto", 'name: "r" sources { id: "m" description: "any" } sections { source: "m" ' + 1000 * layers + "}")
        command = [os.path.join(ROOT, "tools", "merge"), "m=" + source, "--recipe=" + recipe, "--dry_run"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            # It has worked for a while, so that it compiles.
            while process.poll() is None and self.processor_time(process.pid) < 0.1:
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 2, errors)
        self.assertIn("stopped", errors)

    @staticmethod
    def processor_time(pid):
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def test_a_recipe_without_end_is_exit_2_wherever_it_stands(self):
        source = self.write("m.safetensors", safetensors([("a", 10)]))
        endless = self.write("endless.textproto", COPY + 'result { modules { name: "m{i}" count: "9000000000000000000" count_from: "m" } }')
        for command in (["merge", "m=" + source, "--recipe=" + endless, "--dry_run", "--format=torch"],
                        ["verify", source, "m=" + source, "--recipe=" + endless],
                        ["consolidate", "--model=" + source, "--recipe=" + endless.replace("endless", "endless_model"),
                         "--output=" + self.path("o.bin")]):
            if command[0] == "consolidate":
                with open(endless, encoding="utf-8") as file:
                    self.write("endless_model.textproto", file.read().replace('"m"', '"model"'))
            self.expect_failure(run(*command, "--quiet"), "at most 1000000 modules", 'module "m{i}"')


class LockedFolder:
    """Held as a living process holds it."""

    def __init__(self, path):
        self.descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self.descriptor, fcntl.LOCK_EX)

    def close(self):
        os.close(self.descriptor)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main()
