"""A proxy that takes a path prefix away, as one in front of several services does."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_NOT_PASSED_ON = {"connection", "transfer-encoding", "keep-alive"}


@contextmanager
def proxying(prefix: str, port: int) -> Iterator[str]:
    """Passes what is asked below a prefix on to a port of this machine, and gives the prefix's URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.pass_on()

        def do_POST(self) -> None:
            self.pass_on()

        def pass_on(self) -> None:
            if not self.path.startswith(f"{prefix}/"):
                self.send_error(404)
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {
                name: value for name, value in self.headers.items() if name.lower() not in _NOT_PASSED_ON
            }
            headers["X-Forwarded-For"] = self.client_address[0]
            upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
            try:
                upstream.request(self.command, self.path.removeprefix(prefix), body, headers)
                answer = upstream.getresponse()
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in _NOT_PASSED_ON:
                        self.send_header(name, value)
                self.end_headers()
                while piece := answer.read1(65536):  # at once, however little it is
                    self.wfile.write(piece)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the asker left
            finally:
                upstream.close()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's own name
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{prefix}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
