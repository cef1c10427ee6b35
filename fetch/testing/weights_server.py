"""A server for tests, on this machine only: a Hugging Face hub with its second host for large files, Google Drive, plain files.

    ROOT/hf/ORG/NAME/...   a repository; .bin, .pth and .pdparams come from the second port, behind a signature, and never with a token
    ROOT/drive/ID/FILE     a file that Google cannot scan: its page with a form comes first, unless the request confirms
    ROOT/files/...         plain HTTP: /files/...

A fault is a dict: "match" (a regular expression on METHOD + " " + path?query), "on" ("hub" or "cdn"), "skip" and "times" (1; -1 for always) say
when, and any of these what: status, headers, body · redirect · drop_after · etag · encoding · length_delta · trickle [bytes, seconds] · corrupt_at · page (a
Drive page by name) · endless (a status, then a body without end; with "header_lines" headers without end) · echo (a status, and a body that repeats
the request).
The vocabulary is that of the shared hub_fake.py, so that the same tests run against both.
"""
import hashlib
import http.server
import json
import pathlib
import re
import ssl
import threading
import time
import urllib.parse

LARGE = {".bin", ".pth", ".pdparams"}
PAGES = {
    "quota": '<title>Google Drive - Quota exceeded</title><p class="uc-error-subcaption">Too many users have viewed or downloaded this file '
             "recently.</p>",
    "denied": '<title>Google Drive</title><p class="uc-error-subcaption">Only the owner and editors can download this file.</p>',
    "login": '<title>Sign-in</title><form action="/signin"><input name="Email"></form>',
}


def git_sha1(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner, side = None, "hub"

    def log_message(self, *arguments):
        pass

    def serve(self):
        split = urllib.parse.urlsplit(self.path)
        self.route = urllib.parse.unquote(split.path)
        self.query = dict(urllib.parse.parse_qsl(split.query))
        self.fault = self.owner.fault_for(self.side, f"{self.command} {self.path}")
        self.entry = {"on": self.side, "method": self.command, "path": self.path, "status": 0, "sent": 0,
                      "headers": {key.lower(): value for key, value in self.headers.items()}}
        self.owner.add_entry(self.entry)
        try:
            if not self.faulted():
                self.from_cdn() if self.side == "cdn" else self.from_hub()
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True

    do_GET = do_HEAD = serve

    def faulted(self):
        fault = self.fault
        if "status" in fault:
            self.reply(fault["status"], fault.get("body", "fault").encode(), fault.get("headers", {}))
        elif "redirect" in fault:
            self.reply(302, b"", {"Location": self.path if fault["redirect"] == "self" else fault["redirect"]})
        elif "endless" in fault:
            self.endless(fault["endless"], fault.get("headers", {}), fault.get("header_lines", False))
        elif "echo" in fault:
            self.reply(fault["echo"], f"no {self.path} for {self.headers.get('Authorization')}".encode(), {"Content-Type": "text/plain"})
        elif "page" in fault:
            self.page(PAGES[fault["page"]])
        return bool(self.entry["status"])

    def endless(self, status, headers, header_lines):
        self.entry["status"] = status
        self.send_response_only(status)
        for name, value in {"Transfer-Encoding": "chunked", **headers}.items():
            self.send_header(name, value)
        if header_lines:
            self.flush_headers()
        else:
            self.end_headers()
        line = b"X-Line: " + b"x" * 1000 + b"\r\n" if header_lines else b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
        while self.command == "GET":
            self.wfile.write(line)
            time.sleep(0.001)

    def reply(self, status, data, headers):
        self.begin(status, {"Content-Length": str(len(data)), **headers})
        if self.command != "HEAD":
            self.wfile.write(data)

    def begin(self, status, headers):
        self.entry["status"] = status
        self.send_response_only(status)
        for name, value in {"Date": self.date_time_string(), **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def page(self, text):
        self.reply(200, f"<!DOCTYPE html><html>{text}</html>".encode(), {"Content-Type": "text/html; charset=utf-8"})

    def hub_error(self, status, code, message):
        self.reply(status, b"", {"X-Error-Code": code, "X-Error-Message": message, "X-Request-Id": "Root=1-test"})

    def from_hub(self):
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        match = re.fullmatch(r"/api/models/([^/]+(?:/[^/]+)?)/(revision|tree)/(.+)", self.route)
        if match:
            return self.listing(*match.groups())
        match = re.fullmatch(r"/([^/]+(?:/[^/]+)?)/resolve/([^/]+)/(.+)", self.route)
        if match:
            return self.resolve(token, *match.groups())
        match = re.fullmatch(r"/api/resolve-cache/(org/[^/]+|[^/]+)/(.+)", self.route)
        if match:
            path = self.owner.root / "hf" / match[1] / match[2]
            return self.send_file(path, {"ETag": f'"{git_sha1(path.read_bytes())}"', "Content-Type": "text/plain",
                                         "X-Repo-Commit": self.owner.commit(match[1])})
        if self.route == "/download":
            return self.drive()
        path = self.owner.root / self.route[1:]
        if self.route.startswith("/files/") and path.is_file():
            return self.send_file(path, {"ETag": f'"{hashlib.md5(path.read_bytes()).hexdigest()}"'})
        return self.reply(404, b"not found", {})

    def listing(self, name, kind, revision):
        folder = self.owner.root / "hf" / name
        if not folder.is_dir():
            return self.hub_error(401, "RepoNotFound", "Repository not found")
        commit = self.owner.commit(name)
        if revision not in ("main", commit):
            return self.hub_error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        siblings = []
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                data = path.read_bytes()
                item = {"rfilename": path.relative_to(folder).as_posix(), "size": len(data), "blobId": git_sha1(data)}
                if path.suffix in LARGE:
                    item["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
                siblings.append(item)
        answer = {"id": name, "sha": commit, "siblings": siblings}
        if kind == "tree":  # Later clients ask for this form.
            answer = [{"type": "file", "path": item["rfilename"], "size": item["size"], "oid": item["blobId"],
                       **({"lfs": {**item["lfs"], "oid": item["lfs"]["sha256"]}} if "lfs" in item else {})} for item in siblings]
        return self.reply(200, json.dumps(answer).encode(), {"Content-Type": "application/json"})

    def resolve(self, token, name, revision, filename):
        path = self.owner.root / "hf" / name / filename
        if "gated" in name and not token.startswith("hf_granted"):
            return self.hub_error(401, "GatedRepo", f"Access to model {name} is restricted.")
        if not path.is_file() or revision not in ("main", self.owner.commit(name)):
            return self.hub_error(404, "EntryNotFound", "Entry not found")
        quoted, commit = urllib.parse.quote(filename), {"X-Repo-Commit": self.owner.commit(name)}
        if path.suffix in LARGE:
            data = path.read_bytes()
            stated = {"X-Linked-Size": str(len(data)), "X-Linked-ETag": f'"{hashlib.sha256(data).hexdigest()}"'}
            return self.reply(302, b"Found", {"Location": f"{self.owner.cdn}/{name}/{quoted}?Signature=secret-signature", **commit, **stated})
        return self.reply(307, b"", {"Location": f"/api/resolve-cache/{name}/{quoted}?etag=kept", **commit})

    def from_cdn(self):
        if "Authorization" in self.headers:
            return self.reply(400, b"<Error><Code>InvalidArgument</Code></Error>", {})
        if self.query.get("Signature") != "secret-signature":
            return self.reply(403, b"<Error><Message>Request has expired</Message></Error>", {})
        path = self.owner.root / "hf" / self.route[1:]
        return self.send_file(path, {"ETag": f'"xet-{path.stat().st_size}"'})

    def drive(self):
        files = sorted((self.owner.root / "drive" / self.query.get("id", "none")).glob("*"))
        if not files:
            return self.reply(404, b"<html><title>Error 404</title></html>", {"Content-Type": "text/html"})
        if "uuid" not in self.query:
            form = (f'<form id="download-form" action="{self.owner.hub}/download" method="get">'
                    f'<input type="hidden" name="id" value="{self.query["id"]}"><input type="hidden" name="confirm" value="t">'
                    '<input type="hidden" name="uuid" value="1&amp;2"></form>')
            data = f"<!DOCTYPE html><html><title>Virus scan warning</title>{form}</html>".encode()
            return self.reply(200, data, {"Content-Type": "text/html", "Set-Cookie": "NID=drive-cookie; Path=/"})
        return self.send_file(files[0], {"Content-Disposition": f'attachment; filename="{files[0].name}"'})

    def send_file(self, path, headers):
        fault, size = self.fault, path.stat().st_size
        headers = {"Accept-Ranges": "bytes", "Content-Type": "application/octet-stream",
                   "Last-Modified": "Thu, 06 Apr 2023 00:00:00 GMT", **headers}
        etag = fault.get("etag", headers.get("ETag", ""))
        if etag:
            headers["ETag"] = etag
        if "encoding" in fault:
            headers["Content-Encoding"] = fault["encoding"]
        begin, end, status = 0, size, 200
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        same = self.headers.get("If-Range", etag) in (etag, headers["Last-Modified"])
        if asked and same:
            begin, end, status = int(asked[1]), min(int(asked[2] or size) + 1, size), 206
            if begin >= size:
                return self.reply(416, b"", {"Content-Range": f"bytes */{size}"})
            headers["Content-Range"] = f"bytes {begin}-{end - 1}/{size}"
        headers["Content-Length"] = str(end - begin + fault.get("length_delta", 0))
        self.begin(status, headers)
        if self.command != "HEAD":
            self.send_body(path, begin, end)
        return None

    def send_body(self, path, begin, end):
        fault = self.fault
        step, pause = fault.get("trickle", (1 << 18, 0))
        stop = min(end, begin + fault.get("drop_after", end))
        with path.open("rb") as file:
            file.seek(begin)
            while begin < stop:
                data = bytearray(file.read(min(step, stop - begin)))
                if not data:
                    break
                spot = fault.get("corrupt_at", -1) - begin
                if 0 <= spot < len(data):
                    data[spot] ^= 1
                self.wfile.write(data)
                self.entry["sent"] += len(data)
                begin += len(data)
                if pause:
                    time.sleep(pause)
        if stop < end or fault.get("length_delta"):
            self.close_connection = True


class Quiet(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


class WeightsServer:
    """Two listeners on free ports; `tls` is a certificate file and a key file."""

    def __init__(self, root, tls=None):
        self.root = pathlib.Path(root)
        self._lock, self._log, self._faults, self._servers = threading.Lock(), [], [], []
        addresses = []
        for side in ("hub", "cdn"):
            server = Quiet(("127.0.0.1", 0), type("Side", (Handler,), {"owner": self, "side": side}))
            if tls:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(*tls)
                server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
            self._servers.append(server)
            addresses.append(f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}")
        self.hub, self.cdn = addresses

    def close(self):
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def commit(self, name):
        folder = self.root / "hf" / name
        lines = "".join(f"{path.relative_to(folder)} {git_sha1(path.read_bytes())}\n" for path in sorted(folder.rglob("*")) if path.is_file())
        return hashlib.sha1(lines.encode()).hexdigest()

    def set_faults(self, faults):
        with self._lock:
            self._faults = [dict(fault) for fault in faults]

    def log(self):
        with self._lock:
            return [dict(entry) for entry in self._log]

    def clear_log(self):
        with self._lock:
            self._log.clear()

    def add_entry(self, entry):
        with self._lock:
            self._log.append(entry)

    def fault_for(self, side, request):
        with self._lock:
            for fault in self._faults:
                if fault.get("on", side) != side or not re.search(fault.get("match", ""), request):
                    continue
                if fault.get("skip", 0) > 0:
                    fault["skip"] -= 1
                elif fault.get("times", 1) != 0:
                    fault["times"] = fault.get("times", 1) - 1
                    return fault
        return {}
