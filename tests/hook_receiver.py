"""A receiver of outgoing hooks on loopback, and the standardwebhooks library as the judge of what it gets."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook


@dataclass
class Got:
    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> dict[str, Any]:
        """What the library reads, or raises."""
        return Webhook(secret).verify(self.body, self.headers)


@dataclass
class HookReceiver:
    """`answers`: (status, headers, seconds to wait before) of the next requests, then 204 at once. `body`: of those with one."""

    answers: list[tuple[int, dict[str, str], float]] = field(default_factory=list)
    got: list[Got] = field(default_factory=list)
    body: bytes = b"<p>taken</p>"
    url: str = ""
    most: int = 0  # requests at the same time
    now: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.got.append(Got(handler.path, headers, body, time.monotonic()))
            status, more, pause = self.answers.pop(0) if self.answers else (204, {}, 0.0)
        time.sleep(pause)
        with self.lock:
            self.now -= 1
        text = b"" if status == 204 else self.body
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(text)), **more}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(text)

    def names(self, *labels: str, times: int = 1) -> None:
        """The next answers are those of a classifier."""
        self.body = json.dumps({"labels": labels}).encode()
        self.answers = [(200, {}, 0.0)] * times


@contextmanager
def receiver() -> Iterator[HookReceiver]:
    one = HookReceiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            with suppress(BrokenPipeError, ConnectionResetError):
                one.take(self)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    one.url = f"http://127.0.0.1:{server.server_port}/hook?key=1"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield one
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
