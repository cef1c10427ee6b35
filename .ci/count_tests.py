#!/usr/bin/env python3
"""Prints what became of the tests of one `bazel test`: the cases that failed or were skipped, and last the line "N passed, N failed",
with ", N skipped" where some were.

Usage: .ci/count_tests.py BUILD_EVENTS.json EXIT_CODE_OF_BAZEL FAILED_STEPS      Exit code: 1 when anything failed, else 0.
Cases are those of each test's test.xml. One failure more counts each target that was not built, each test that failed with no failed
case (a crash, a time-out), and each step that failed before; Bazel's exit code counts where nothing else tells why it failed.
"""
import json
import sys
import urllib.parse
import xml.etree.ElementTree


def read_events(path):
    """The last result of each test (shard, run), and the labels of the targets that were not built."""
    results, not_built = {}, set()
    with open(path, encoding="utf-8") as file:
        for event in map(json.loads, file):
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
            document = xml.etree.ElementTree.parse(urllib.parse.unquote(urllib.parse.urlparse(output["uri"]).path))
            for case in document.iter("testcase"):
                name = ".".join(part for part in (case.get("classname"), case.get("name")) if part)
                if case.find("failure") is not None or case.find("error") is not None:
                    yield name, "failed"
                elif case.find("skipped") is not None or "skipped" in (case.get("result"), case.get("status")) or case.get("status") == "notrun":
                    yield name, "skipped"
                else:
                    yield name, "passed"


def main():
    results, not_built = read_events(sys.argv[1])
    bazel_failed, failed_steps = sys.argv[2] != "0", int(sys.argv[3])
    count = {"passed": 0, "failed": failed_steps, "skipped": 0}
    for label in sorted(not_built):
        count["failed"] += 1
        print(f"not built: {label}")
    for (label, _, _), result in sorted(results.items(), key=str):
        cases = list(read_cases(result))
        if result["status"] != "PASSED" and all(outcome != "failed" for _, outcome in cases):
            cases.append((result["status"].lower(), "failed"))
        for name, outcome in cases:
            count[outcome] += 1
            if outcome != "passed":
                print(f"{outcome}: {label} {name}")
    if bazel_failed and not count["failed"]:
        count["failed"] = 1
    if failed_steps:
        print("Steps before the tests failed: see above.")
    skipped = f", {count['skipped']} skipped" if count["skipped"] else ""
    print(f"{count['passed']} passed, {count['failed']} failed{skipped}")
    return 1 if count["failed"] else 0


sys.exit(main())
