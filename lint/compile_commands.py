#!/usr/bin/env python3
"""Writes compile_commands.json for clang-tidy and editors: what Bazel runs for every C++ file of the tree.

Usage: lint/compile_commands.py, after `./bazelw build //...`, since headers that are generated must be there.
"""
import json
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Of Bazel's gcc toolchain: two flags that clang does not know, and macros that clang-tidy would call redefined.
GCC_ONLY = {"-fno-canonical-system-headers", "-Wno-free-nonheap-object"}
REDEFINED = ("-D__DATE__=", "-D__TIME__=", "-D__TIMESTAMP__=")


def bazel(*arguments):
    return subprocess.run([ROOT + "/bazelw", *arguments, "--noshow_progress"], check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout


def main():
    graph = json.loads(bazel("aquery", "--output=jsonproto", 'mnemonic("CppCompile", //...)'))
    execution_root = bazel("info", "execution_root").strip()
    entries = {}
    for action in graph.get("actions", []):
        arguments = [argument for argument in action["arguments"] if argument not in GCC_ONLY and not argument.startswith(REDEFINED)]
        source = arguments[arguments.index("-c") + 1]
        if not source.startswith(("external/", "bazel-out/")):
            entries[source] = {"directory": execution_root, "file": source, "arguments": arguments}
    with open(os.path.join(ROOT, "compile_commands.json"), "w", encoding="utf-8") as file:
        json.dump([entries[source] for source in sorted(entries)], file, indent=1)


main()
