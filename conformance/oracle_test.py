#!/usr/bin/env python3
"""Does `inspect` read what the real libraries read? Over the tables of *_cases.py it must refuse a file, or list just the library's tensors.

What a library reads is asked of it where it can be imported, and known from oracle_outcomes.json, which --update writes (README.md). A case is right
when it agrees with either, since releases differ.
"""

import argparse
import collections
import hashlib
import json
import os
import re
import sys

import comparison
import junit
import table_cases
import tables

HERE = os.path.dirname(os.path.abspath(__file__))
RECORD = os.path.join(HERE, "oracle_outcomes.json")
ORACLES = ("numpy", "pickle", "safetensors", "torch", "paddle")
SHOWN = 20
# (pattern of "KIND: NAME", why it may stay) of files that the library refuses, and we list.
KNOWN = (
    (r"torch (REDUCE|NEWOBJ).*: torch\.(device|serialization\._get_layout) .*", "which devices there are depends on the build of torch"),
    (r"torch REDUCE of others: torch._utils._rebuild_(device_tensor_from_numpy|xla_tensor) argument 0 tensor", "a tensor does for an array"),
    (r"pickle (PUT and GET: '9+'|opcodes: LONG_BINPUT far)", "the memo of CPython is an array, and takes its memory"),
    (r"pickle opcodes: GLOBAL __builtin__ dict, protocol 4", "names of Python 2 are known, whatever the protocol"),
    (r"torch zip ends: comment of 65535", "miniz looks for the end record in the last 64 KiB"),
    (r"torch records: with \.storage_alignment b'x'", "nothing that is read depends on it"),
    (r"torch zip x/byteorder: name .*", "a record that is not byteorder, so there is none"),
    (r"numpy zip (members: CRC-32 of 0|ends: comment that (begins as an end record|holds half an end record))", "no other reading can be meant"),
    (r"numpy (headers.*: .*9223372036854775807.*|files: header of \d+ bytes)", "limits of numpy's"),
    (r"torch tar: (type b'[gxKLX]' .*|.* at the end)", "a header that no member follows"),
)


def identity(case):
    return hashlib.sha256(f"{case.oracle} {case.extension} ".encode() + case.data).hexdigest()[:12]


def cases_by_oracle(root):
    cases = list(tables.all_cases(root))
    return {oracle: [case for case in cases if case.oracle == oracle] for oracle in ORACLES}


def control(oracle, cases):
    return table_cases.control(oracle) if oracle in ("torch", "paddle", "pickle") else cases[0]


def read_record():
    """Version and outcomes by identity, of each library."""
    with open(RECORD, encoding="utf-8") as file:
        record = json.load(file)
    return {
        oracle: (entry["version"], {one: row["outcome"] for row in entry["outcomes"] for one in row["cases"]}) for oracle, entry in record.items()
    }


def write_record(answers):
    """`answers`: version and outcomes by identity, of each library."""
    record = {}
    for oracle, (version, outcomes) in answers.items():
        by_outcome = {}
        for one, outcome in outcomes.items():
            by_outcome.setdefault(json.dumps(outcome), set()).add(one)
        record[oracle] = {
            "version": version,
            "outcomes": [{"outcome": json.loads(text), "cases": sorted(by_outcome[text])} for text in sorted(by_outcome)],
        }
    rows = []
    for oracle, entry in record.items():
        lines = ",\n".join(json.dumps(row) for row in entry["outcomes"])
        rows.append(f'"{oracle}": {{"version": {json.dumps(entry["version"])}, "outcomes": [\n{lines}]}}')
    with open(RECORD, "w", encoding="utf-8") as file:
        file.write("{\n" + ",\n".join(rows) + "\n}\n")


def ask(oracle, cases, threads):
    """Version and outcomes of the library that is installed; None where none is."""
    try:
        library = comparison.Oracle(control(oracle, cases), threads)
    except ModuleNotFoundError:
        return None
    try:
        outcomes = comparison.read_all(cases, lambda case, path: library.read(path), threads)
        return library.version, dict(zip(map(identity, cases), outcomes))
    finally:
        library.close()


def judge(inspect, case, path, answers):
    """Whether the file was refused, and what is wrong, or None."""
    ours = comparison.inspected(inspect, path)
    found = [outcomes[identity(case)] for _, outcomes in answers if identity(case) in outcomes]
    if not found:
        return ours == "refused", f"nobody knows what {case.oracle} reads; --update"
    differing = [comparison.disagreement(inspect, path, ours, outcome, ordered=case.oracle != "safetensors") for outcome in found]
    return ours == "refused", differing[0] if all(differing) else None


def report(oracle, cases, judged, versions, known):
    """Prints what is wrong; yields an outcome for each kind. `known`: counts for each pattern of KNOWN what it fits."""
    wrong = {}
    before = sum(known.values())
    for case, (_, problem) in zip(cases, judged):
        problems = wrong.setdefault(case.kind, [])
        may_stay = problem and problem.startswith("refused by the library")
        patterns = [pattern for pattern, _ in KNOWN if may_stay and re.fullmatch(pattern, f"{case.kind}: {case.name}")]
        known.update(patterns[:1])
        if problem and not patterns:
            problems.append(f"{case.name}: {problem}")
    refused, others = sum(is_refused for is_refused, _ in judged), sum(map(len, wrong.values()))
    known_ones = sum(known.values()) - before
    print(f"{oracle}: {len(cases)} files, {refused} refused, {others} read otherwise, {known_ones} more as is known; {versions}", flush=True)
    for kind, problems in wrong.items():
        for problem in problems[:SHOWN]:
            print(f"  {kind}: {problem}")
        if problems[SHOWN:]:
            print(f"  {kind}: {len(problems) - SHOWN} more")
        yield kind, "failed" if problems else "passed", "\n".join(problems[:SHOWN])


def parse_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", default=os.getcwd(), help="the workspace; under Bazel its runfiles")
    parser.add_argument("--inspect", help="the tool; ROOT/tools/inspect where it is not given")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--oracles", default=",".join(ORACLES), help="of which libraries")
    parser.add_argument("--update", action="store_true", help="writes oracle_outcomes.json, of the libraries that are installed")
    options = parser.parse_args()
    options.inspect = options.inspect or os.path.join(options.root, "tools", "inspect")
    return options


def main():
    options = parse_options()
    libraries = os.environ.get("WEIGHBRIDGE_LIBRARIES")
    if libraries:
        os.environ["PYTHONPATH"] = os.pathsep.join([libraries, *filter(None, [os.environ.get("PYTHONPATH")])])
    record = read_record() if os.path.exists(RECORD) else {}
    results, known = [], collections.Counter()
    for oracle, cases in cases_by_oracle(options.root).items():
        if oracle not in options.oracles.split(","):
            continue
        live = ask(oracle, cases, options.threads)
        if options.update and live:
            record[oracle] = live
        answers = [answer for answer in (live, record.get(oracle)) if answer]
        judged = comparison.read_all(cases, lambda case, path: judge(options.inspect, case, path, answers), options.threads)
        versions = f"asked {live[0] if live else 'nobody'}, recorded {record[oracle][0] if oracle in record else 'nothing'}"
        results += report(oracle, cases, judged, versions, known)
    if options.update:
        write_record(record)
    for pattern, why in KNOWN if options.oracles == ",".join(ORACLES) else ():
        print(f"{known[pattern]} known: {pattern}: {why}" if known[pattern] else f"fits nothing any more: {pattern}")
    junit.write_cases("oracle_test", results)
    return 1 if any(outcome == "failed" for _, outcome, _ in results) else 0


if __name__ == "__main__":
    sys.exit(main())
