"""What `inspect` lists of a file beside what a library reads from it."""

import concurrent.futures
import json
import os
import queue
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SECONDS = 20


class Oracle:
    """Some processes of oracles.py for one library. `control`: a case that it reads. Raises ModuleNotFoundError when it cannot be imported."""

    def __init__(self, control, processes, python=sys.executable):
        name = control.oracle
        self.idle = queue.Queue()
        self.control = tempfile.NamedTemporaryFile(suffix=control.extension)
        self.control.write(control.data)
        self.control.flush()
        self.processes = [
            subprocess.Popen(
                [python, os.path.join(HERE, "oracles.py"), name, self.control.name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
            for _ in range(processes)
        ]
        for process in self.processes:
            self.idle.put(process)
        self.version = json.loads(self.processes[0].stdout.readline() or "null")
        for process in self.processes[1:]:
            process.stdout.readline()
        if self.version is None:
            raise ModuleNotFoundError(name)

    def read(self, path):
        process = self.idle.get()
        try:
            process.stdin.write(path + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())
        finally:
            self.idle.put(process)

    def close(self):
        for process in self.processes:
            process.stdin.close()
            process.wait()
            process.stdout.close()
        self.control.close()


def run(inspect, *arguments):
    return subprocess.run(
        [inspect, "--quiet", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=SECONDS, check=False
    )


def inspected(inspect, path):
    """Rows as oracles.py has them; "refused"; or what went wrong."""
    try:
        result = run(inspect, "--format=json", "--digest=sha256", path)
        if result.returncode != 0:
            return "refused" if result.returncode == 2 else f"exit code {result.returncode}"
        return [[tensor["name"], tensor["dtype"], tensor["shape"], tensor["digest"]] for tensor in json.loads(result.stdout)["tensors"]]
    except subprocess.TimeoutExpired:
        return f"no end within {SECONDS} s"
    except ValueError as error:
        return f"no JSON: {error}"


def disagreement(inspect, path, ours, library, *, ordered=True):
    """None where ours is right: refused, or the library's tensors in the library's order, and a remark where it has some that have no name; else what
    is wrong."""
    if ours == "refused":
        return None
    if isinstance(ours, str):
        return ours
    if isinstance(library, str):
        return f"{library} by the library, listed as {brief(ours)}"
    if ours != library["rows"] and (ordered or sorted(ours) != sorted(library["rows"])):
        return f"the library has {brief(library['rows'])}, listed is {brief(ours)}"
    if library["hidden"] and b"\nremark: " not in b"\n" + run(inspect, path).stdout:
        return f"{library['hidden']} tensors are passed over without a remark, beside {brief(ours)}"
    return None


def brief(rows):
    return "; ".join(f"{name!r} {dtype} {shape} {digest[:8]}" for name, dtype, shape, digest in rows[:4]) + (" …" if rows[4:] else "") or "nothing"


def read_all(cases, reader, threads):
    """What `reader(case, path)` returns for each case, in order; the files last as long as the calls."""

    def read(numbered):
        number, case = numbered
        path = os.path.join(folder, f"{number}{case.extension}")
        with open(path, "wb") as file:
            file.write(case.data)
        try:
            return reader(case, path)
        finally:
            os.unlink(path)

    with tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR")) as folder, concurrent.futures.ThreadPoolExecutor(threads) as pool:
        return list(pool.map(read, enumerate(cases)))
