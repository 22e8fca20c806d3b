"""A hub on loopback with one data set: what huggingface_hub really asks for, and no more."""

import hashlib
import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

DATASET = "owner/shop"
REVISION = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def serve(files, cut=()):
    """Serve files, name → bytes; yields the address and the list of requests so far.

    Of the files named in `cut` only a half is sent before the connection breaks.
    """
    requests = []

    class Hub(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.do_GET()

        def do_GET(self):
            path = self.path.partition("?")[0]
            requests.append(f"{self.command} {path}")
            api, resolve = f"/api/datasets/{DATASET}", f"/datasets/{DATASET}/resolve/{REVISION}/"
            if path in (api, f"{api}/revision/main"):
                siblings = [{"rfilename": name} for name in files]
                self.answer(json.dumps({"id": DATASET, "sha": REVISION, "siblings": siblings}))
            elif path == f"{api}/tree/{REVISION}":
                self.answer(json.dumps([entry(name, data) for name, data in files.items()]))
            elif path.startswith(resolve) and path.removeprefix(resolve) in files:
                name = path.removeprefix(resolve)
                self.answer(files[name], cut=name in cut)
            else:
                self.answer('{"error": "Repository not found"}', 404)

        def answer(self, body, status=200, cut=False):
            body = body if isinstance(body, bytes) else body.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", f'"{hashlib.sha1(body).hexdigest()}"')
            self.send_header("X-Repo-Commit", REVISION)
            if status == 404:
                self.send_header("X-Error-Code", "RepoNotFound")
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body[: len(body) // 2] if cut else body)
                self.close_connection = cut

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", requests
        server.shutdown()


def entry(name, data):
    return {"type": "file", "path": name, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
