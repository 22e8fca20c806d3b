"""A hub on loopback with one model: what the libraries really ask for, and no more."""

import hashlib
import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

MODEL = "owner/model"
REVISION = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def serve(folder):
    """Serve the files of a folder; yields the address and the list of requests so far."""
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    requests = []

    class Hub(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.do_GET()

        def do_GET(self):
            path = self.path.partition("?")[0]
            requests.append(f"{self.command} {path}")
            api = f"/api/models/{MODEL}"
            revisions = [f"/{MODEL}/resolve/{name}/" for name in ("main", REVISION)]
            if path in (api, f"{api}/revision/main", f"{api}/revision/{REVISION}"):
                siblings = [{"rfilename": name} for name in files]
                self.answer(json.dumps({"id": MODEL, "sha": REVISION, "siblings": siblings}))
            elif path.startswith(f"{api}/tree/"):
                self.answer(json.dumps([entry(name, data) for name, data in files.items()]))
            elif resolve := next((one for one in revisions if path.startswith(one)), None):
                if (name := path.removeprefix(resolve)) in files:
                    self.answer(files[name])
                else:
                    self.answer("Entry not found", 404, "EntryNotFound")
            else:
                self.answer("Repository not found", 404, "RepoNotFound")

        def answer(self, body, status=200, error=None):
            body = body if isinstance(body, bytes) else body.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", f'"{hashlib.sha1(body).hexdigest()}"')
            self.send_header("X-Repo-Commit", REVISION)
            if error:
                self.send_header("X-Error-Code", error)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", requests
        server.shutdown()


def entry(name, data):
    return {"type": "file", "path": name, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
