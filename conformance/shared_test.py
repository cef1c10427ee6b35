#!/usr/bin/env python3
"""Runs the cases that are kept in the shared folder with their own runners, each case a test case: faults/, reports/, red/.

Where WEIGHBRIDGE_SHARED names no folder, or a folder is not in it, that folder is skipped. The runners run in copies, since the folder may be read
only and some write beside themselves; and what they take of the repository are copies too, since some write where a runfile links to.
"""

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile

import junit

ROOT = os.getcwd()  # The runfiles folder of the workspace.
TOOLS = os.path.join(ROOT, "tools")
SHARED = os.environ.get("WEIGHBRIDGE_SHARED", "")
SECONDS = 900


def copy(source, target):
    """A folder that may be changed, without links to elsewhere."""
    shutil.copytree(source, target)
    for parent, _, names in os.walk(target):
        for path in [parent, *(os.path.join(parent, name) for name in names)]:
            os.chmod(path, os.stat(path).st_mode | stat.S_IWUSR)


def commands(folder, name, repository):
    """What runs the cases of a copied folder; each prints `ok NAME`, or another word and the name, and last a count."""
    if name == "faults":
        return [["./run"]]
    if name == "reports":
        return [["./run_cases.py", f"--tools={TOOLS}", f"--tiny={repository}/testdata/tiny", folder]]
    return [[sys.executable, "check_files.py", folder, os.path.join(TOOLS, "inspect")], [sys.executable, "check_commands.py", folder, TOOLS]]


def cases_of_faults(folder, lines):
    """Its runner names what fails only: `NAME: WHY`."""
    failed = dict(line.split(": ", 1) for line in lines[:-1] if ": " in line)
    return [
        (script, "failed" if script in failed else "passed", failed.get(script, "")) for script in sorted(os.listdir(folder)) if script[0].isdigit()
    ]


def cases_of_lines(lines):
    cases = []
    for line in lines[:-1]:
        found = re.fullmatch(r"(ok|BAD|FAULT) +(.*)", line)
        if found:
            cases.append([found[2].strip(), "passed" if found[1] == "ok" else "failed", ""])
        elif cases:
            cases[-1][2] += line + "\n"
    return cases


def run(folder, name, command, repository):
    """The cases of one runner; one more that failed where it did not end, or its count is another."""
    label = f"{name}: {os.path.basename(command[0] if command[0] != sys.executable else command[1])}"
    environment = dict(os.environ, BIN=TOOLS, REPO=repository, TMPDIR=os.path.dirname(folder))
    try:
        result = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return [(label, "failed", f"no end within {SECONDS} s")]
    print(result.stdout, flush=True)
    lines = result.stdout.rstrip("\n").split("\n")
    cases = cases_of_faults(folder, lines) if name == "faults" else cases_of_lines(lines)
    passed = sum(outcome == "passed" for _, outcome, _ in cases)
    count = re.match(r"(\d+) (?:passed, (\d+) failed|of (\d+) )", lines[-1])
    total = int(count[3] or int(count[1]) + int(count[2])) if count else -1
    if not cases or (total, count and int(count[1])) != (len(cases), passed) or (result.returncode == 0) != (passed == len(cases)):
        cases.append((label, "failed", f"exit code {result.returncode}, {len(cases)} cases, {passed} passed, and its last line is {lines[-1]!r}"))
    return [(f"{name}: {case}", outcome, detail) for case, outcome, detail in cases]


def main():
    cases = []
    with tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR")) as scratch:
        repository = os.path.join(scratch, "repository")
        for part in ("testdata/tiny", "proto", "fetch/testing"):
            copy(os.path.join(ROOT, part), os.path.join(repository, part))
        for name in ("faults", "reports", "red"):
            source = os.path.join(SHARED, name)
            if not SHARED or not os.path.isdir(source):
                cases.append((name, "skipped", "WEIGHBRIDGE_SHARED has no such folder"))
                continue
            folder = os.path.join(scratch, name)
            copy(source, folder)
            for command in commands(folder, name, repository):
                cases += run(folder, name, command, repository)
    junit.write_cases("shared_test", cases)
    for name, outcome, detail in cases:
        if outcome != "passed":
            print(f"{outcome}: {name} {detail}".rstrip())
    print(f"{sum(outcome == 'passed' for _, outcome, _ in cases)} of {len(cases)} cases passed")
    return 1 if any(outcome == "failed" for _, outcome, _ in cases) else 0


if __name__ == "__main__":
    sys.exit(main())
