#!/usr/bin/env python3
"""Random files of the kinds that the tables have, read by `inspect` and by the real libraries, by hand (docs/fuzzing.md).

    conformance/differential_fuzzer.py --seconds=600 torch paddle        needs the libraries and //tools:inspect, built

A file is a random program over the closed table's names and the opcodes, or one of the tables' files with fields, bytes or pieces changed, taken twice
or taken from another one. Each is known by the seed and its number: --seed=7 --only=1234 makes it again. Where the two disagree the file is kept, and one
line is printed for each kind of disagreement. Exit code: 1 when there was one.

Whatever was changed, the libraries find no names but the closed table's (oracles.py).
"""

import argparse
import collections
import itertools
import os
import random
import re
import sys
import tempfile
import time

import comparison
import oracle_test
import pickles
import table_cases
import tables
from case import Case

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ORACLES = ("torch", "paddle", "numpy", "safetensors")
LARGEST = 1 << 16
BATCH = 64


class Programs:
    """Random pickles, mostly right."""

    def __init__(self, world):
        self.world = world
        self.rows = list(table_cases.rows_of_table(ROOT, world))
        self.interesting = list(table_cases.arguments_of_interest(world).values())
        self.states = list(table_cases.states(world).values())

    def key(self, chance):
        return chance.choice(
            [
                pickles.text(chance.choice("abwxyz")),
                pickles.text(chance.choice("abwxyz")),
                pickles.integer(chance.choice([0, 1, 2, -1])),
                pickles.TRUE,
                pickles.NONE,
                pickles.data(b"k"),
                pickles.real(1.0),
                b"U\1w",
                b"I01\n",
                b"Va\\u0041\n",
                b"S'w'\n",
            ]
        )

    def leaf(self, chance):
        if chance.random() < 0.6:
            return chance.choice([self.world.first, self.world.second])
        if chance.random() < 0.3:
            return b"h" + bytes([chance.randrange(4)])
        return chance.choice(self.interesting)

    def called(self, chance, depth):
        name, kind, _ = chance.choice(self.rows)
        arguments = list(chance.choice(table_cases.arguments_of(kind, name, self.world)))
        if arguments and chance.random() < 0.4:
            arguments[chance.randrange(len(arguments))] = self.value(chance, depth + 2)
        if chance.random() < 0.1:
            arguments = arguments[:-1] if chance.random() < 0.5 else [*arguments, self.value(chance, depth + 2)]
        return chance.choice(list(table_cases.made_by(name, arguments))[: chance.choice([1, 1, 1, 2, 3, 5])])[1]

    def container(self, chance, depth):
        members = [self.value(chance, depth + 1) for _ in range(chance.randrange(4))]
        pairs = [(self.key(chance), member) for member in members]
        return chance.choice(
            [
                lambda: pickles.dict_of(*pairs),
                lambda: pickles.dict_of(*pairs),
                lambda: pickles.list_of(*members),
                lambda: pickles.tuple_of(*members),
                lambda: pickles.set_of(*members),
                lambda: pickles.frozen_set_of(*members),
                lambda: pickles.ORDERED_DICT + pickles.fill(*pairs),
                lambda: b"(" + b"".join(key + member for key, member in pairs) + b"d",
                lambda: b"(" + b"".join(members) + b"l",
                lambda: pickles.tuple_of(pickles.text("n"), *members[:1]),
            ]
        )()

    def value(self, chance, depth=0):
        share = chance.random()
        if depth > 4 or share < 0.35:
            made = self.leaf(chance)
        else:
            made = self.container(chance, depth) if share < 0.65 else self.called(chance, depth)
        if chance.random() < 0.12:
            made += chance.choice(self.states) + pickles.BUILD
        if chance.random() < 0.15:
            made += chance.choice([b"q" + bytes([chance.randrange(4)]), b"\x94", b"p%d\n" % chance.randrange(4), b"2" + b"0"])
        return made

    def make(self, chance):
        pairs = [(self.key(chance) if chance.random() < 0.3 else pickles.text(f"t{i}"), self.value(chance)) for i in range(1 + chance.randrange(4))]
        root = pickles.dict_of(*pairs) if chance.random() < 0.8 else self.value(chance)
        # Names of Python 2 are today's up to protocol 2.
        return pickles.program(root, chance.choice([0, 2, 2, 2] if b"__builtin__" in root else [0, 2, 2, 2, 3, 4, 5]))


def changed(chance, raw, other):
    """One of the ways to change bytes a little."""
    raw = bytearray(raw)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        at, size = chance.randrange(len(raw) + 1), chance.choice([1, 1, 2, 4, 8, 16, 64])
        way = chance.randrange(7)
        if way == 0 and at < len(raw):
            raw[at] ^= 1 << chance.randrange(8)
        elif way == 1 and at < len(raw):
            raw[at] = chance.choice(b"\x00\x01\x02\x04\x08\x10\x20\x40\x7f\x80\xff 0123456789.(]}LIU'\n")
        elif way == 2:
            del raw[at : at + size]
        elif way == 3:
            raw[at:at] = raw[at : at + size]
        elif way == 4:
            begin = chance.randrange(len(other) + 1)
            raw[at : at + (size if chance.random() < 0.5 else 0)] = other[begin : begin + size]
        elif way == 5:
            end = chance.randrange(len(raw) + 1)
            raw[at : at + size], raw[end : end + size] = raw[end : end + size], raw[at : at + size]
        else:
            raw[at : at + size] = bytes(chance.choice([0, 0xFF]) for _ in raw[at : at + size])
    return bytes(raw)


def has_devices(raw):
    """Whether it could be a tar with devices or pipes, which tarfile makes."""
    return any(raw[at + 156 : at + 157] in (b"3", b"4", b"6") and raw[at + 257 : at + 262] == b"ustar" for at in range(0, len(raw), 512))


class Files:
    """The files of one library, by seed and number."""

    def __init__(self, oracle, seed):
        self.oracle, self.seed = oracle, seed
        self.cases = [case for case in tables.all_cases(ROOT) if case.oracle == oracle and len(case.data) < LARGEST]
        world = {"torch": table_cases.TORCH, "paddle": table_cases.PADDLE}.get(oracle)
        self.programs = Programs(world) if world else None

    def make(self, number):
        chance = random.Random(f"{self.seed} {self.oracle} {number}")
        if self.programs and chance.random() < 0.6:
            world = self.programs.world
            return Case("program", str(number), self.oracle, world.extension, world.wrap(self.programs.make(chance)))
        case, other = chance.choice(self.cases), chance.choice(self.cases)
        raw = changed(chance, case.data, other.data)
        return Case(f"{case.kind}, changed", str(number), self.oracle, case.extension, case.data if has_devices(raw) else raw)


def sort_of(problem):
    """A disagreement without names, digests and numbers."""
    return re.sub(r"[0-9a-f]{8}\b|'(?:[^'\\]|\\.)*'|\d+", "", problem)


def fuzz(oracle, options, keep):
    """Reads files until the time is over; how many disagreed."""
    files = Files(oracle, options.seed)
    library = comparison.Oracle(oracle_test.control(oracle, files.cases), options.threads)
    counts, sorts = collections.Counter(), collections.Counter()
    end = time.monotonic() + options.seconds

    def read(case, path):
        outcome = library.read(path)
        ours = comparison.inspected(options.inspect, path)
        return outcome, ours, comparison.disagreement(options.inspect, path, ours, outcome, ordered=oracle != "safetensors")

    numbers = iter([options.only]) if options.only is not None else itertools.count()
    while time.monotonic() < end:
        batch = [files.make(number) for number in itertools.islice(numbers, BATCH)]
        if not batch:
            break
        for case, (outcome, ours, problem) in zip(batch, comparison.read_all(batch, read, options.threads)):
            counts["files"] += 1
            counts["read by the library"] += not isinstance(outcome, str)
            counts["listed"] += not isinstance(ours, str)
            if problem:
                counts["disagree"] += 1
                sorts[case.kind, sort_of(problem)] += 1
                if sorts[case.kind, sort_of(problem)] == 1:
                    path = os.path.join(keep, f"{oracle}_{options.seed}_{case.name}{case.extension}")
                    with open(path, "wb") as file:
                        file.write(case.data)
                    print(f"  {path}: {case.kind}: {problem}", flush=True)
    library.close()
    print(f"{library.version}: " + ", ".join(f"{counts[what]} {what}" for what in ("files", "read by the library", "listed", "disagree")), flush=True)
    return counts["disagree"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=60, help="for each library")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="the number of one file")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--inspect", default=os.path.join(ROOT, "bazel-bin", "tools", "inspect"))
    parser.add_argument("libraries", nargs="*", default=ORACLES)
    options = parser.parse_args()
    keep = tempfile.mkdtemp(prefix="differential_fuzzer_")
    disagree = sum(fuzz(oracle, options, keep) for oracle in options.libraries)
    if not os.listdir(keep):
        os.rmdir(keep)
    return 1 if disagree else 0


if __name__ == "__main__":
    sys.exit(main())
