#!/usr/bin/env python3
"""Prints what became of the tests and steps of .ci/run: what failed or was skipped, and last the line "N passed, N failed", with
", N skipped" where something was.

Usage: .ci/count_tests.py [--tests=NAME:EXIT_CODE:BUILD_EVENTS.json | --failed=STEP | --skipped=STEP]...
Exit code: 1 when anything failed, else 0.
--tests is one `bazel test` with what it wrote for --build_event_json_file. Cases are those of each test's test.xml. One failure more
counts each target that was not built, each test that failed with no failed case (a crash, a time-out), and each step that failed;
Bazel's exit code counts where nothing else tells why it failed.
"""
import argparse
import json
import sys
import urllib.parse
import xml.etree.ElementTree


def read_events(path):
    """The last result of each test (shard, run), and the labels of the targets that were not built."""
    results, not_built = {}, set()
    with open(path, encoding="utf-8") as file:
        for line in file:
            try:
                event = json.loads(line)
            except ValueError:  # Bazel was killed while it wrote.
                break
            identity = event["id"]
            if "testResult" in event:
                key = tuple(identity["testResult"].get(part) for part in ("label", "run", "shard"))
                results[key] = event["testResult"]
            elif "targetCompleted" in identity and not event.get("completed", {}).get("success"):
                not_built.add(identity["targetCompleted"]["label"])
    return results, not_built


def read_cases(result):
    """Yields name and outcome of each case."""
    for output in result.get("testActionOutput", []):
        if output["name"] == "test.xml":
            try:
                document = xml.etree.ElementTree.parse(urllib.parse.unquote(urllib.parse.urlparse(output["uri"]).path))
            except (OSError, xml.etree.ElementTree.ParseError):
                yield "test.xml cannot be read", "failed"
                continue
            for case in document.iter("testcase"):
                name = ".".join(part for part in (case.get("classname"), case.get("name")) if part)
                if case.find("failure") is not None or case.find("error") is not None:
                    yield name, "failed"
                elif case.find("skipped") is not None or "skipped" in (case.get("result"), case.get("status")) or case.get("status") == "notrun":
                    yield name, "skipped"
                else:
                    yield name, "passed"


def outcomes_of(exit_code, events):
    """Yields name and outcome of each case, and of each target that failed without one."""
    try:
        results, not_built = read_events(events)
    except OSError:  # Bazel did not come that far.
        results, not_built = {}, set()
    failed = False
    for label in sorted(not_built):
        failed = True
        yield f"{label} was not built", "failed"
    for (label, _, _), result in sorted(results.items(), key=str):
        cases = list(read_cases(result))
        if result["status"] != "PASSED" and all(outcome != "failed" for _, outcome in cases):
            cases.append((result["status"].lower(), "failed"))
        for name, outcome in cases:
            failed = failed or outcome == "failed"
            yield f"{label} {name}", outcome
    if exit_code != "0" and not failed:
        yield f"bazel test, exit code {exit_code}", "failed"


def main():
    parser = argparse.ArgumentParser()
    for option in ("--tests", "--failed", "--skipped"):
        parser.add_argument(option, action="append", default=[])
    options = parser.parse_args()
    outcomes = [(f"step {name}", "failed") for name in options.failed] + [(f"step {name}", "skipped") for name in options.skipped]
    for run in options.tests:
        name, exit_code, events = run.split(":", 2)
        outcomes += [(f"{name} {case}", outcome) for case, outcome in outcomes_of(exit_code, events)]
    count = {"passed": 0, "failed": 0, "skipped": 0}
    for name, outcome in outcomes:
        count[outcome] += 1
        if outcome != "passed":
            print(f"{outcome}: {name}")
    skipped = f", {count['skipped']} skipped" if count["skipped"] else ""
    print(f"{count['passed']} passed, {count['failed']} failed{skipped}")
    return 1 if count["failed"] else 0


sys.exit(main())
