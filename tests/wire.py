"""A provider on the other side of the wire, in memory: speaks Wawp's printed paths (see the vendor's pages), knows none of our code.

Switches make it lie, break or wait; `calls` holds what it was asked, in order, as "METHOD /path".
"""

import json
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

WRITES = ("PUT", "DELETE")


class FarSide:
    """The account behind the API: its label directory, its chats, who carries what."""

    def __init__(self) -> None:
        self.labels: dict[str, dict[str, Any]] = {}
        self.tags: set[tuple[str, str]] = set()
        self.chats: list[dict[str, Any]] = []
        self.lids: list[dict[str, Any]] = []
        self.messages: dict[str, list[dict[str, Any]]] = {}
        self.session: dict[str, Any] = {
            "name": "demo",
            "status": "WORKING",
            "me": {"id": "201000000000@c.us", "pushName": "Nile & Douro"},
        }
        self.hooks: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.times: list[float] = []
        self.down = False  # nobody listens
        self.lie = False  # 200 without effect
        self.hangs_after = False  # acts, then never answers
        self.status = 0  # answer everything with this status
        self.status_of: dict[str, int] = {}  # ... or only what begins with this, e.g. {"PUT": 500}
        self.says = ""  # answer changes of the directory with 422 and these words
        self.headers: dict[str, str] = {}
        self.delay = 0.0
        self.hidden: set[str] = set()  # labels that lists leave out
        self.short: frozenset[str] = frozenset()  # ... that the directory alone leaves out
        self.unlisted: set[tuple[str, str]] = set()  # what the lists of a label's chats leave out
        self.untold: set[tuple[str, str]] = set()  # what the lists of a chat's labels leave out
        self.before: Callable[[str], None] = lambda line: None  # called as a request comes in
        self.most_at_once: dict[str, int] = {}
        self._at_once: dict[str, int] = {}
        self._lock = threading.Lock()

    def has(self, jid: str, wa_id: str) -> bool:
        return (jid, wa_id) in self.tags

    @property
    def writes(self) -> list[str]:
        """The assignment calls."""
        return [call for call in self.calls if call.startswith(WRITES) and "/chats/" in call]

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = unquote(request.url.raw_path.decode().partition("?")[0]).removeprefix("/v2")
        line = f"{request.method} {path}"
        with self._lock:
            self.calls.append(line)
            self.times.append(time.monotonic())
            self._at_once[path] = self._at_once.get(path, 0) + 1
            for subject in (path.rpartition("/")[2], "all"):
                count = sum(n for key, n in self._at_once.items() if subject == "all" or key.endswith(subject))
                self.most_at_once[subject] = max(self.most_at_once.get(subject, 0), count)
        try:
            self.before(line)
            time.sleep(self.delay)
            return self._answer(request, line, path)
        finally:
            with self._lock:
                self._at_once[path] -= 1

    def _answer(self, request: httpx.Request, line: str, path: str) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("refused", request=request)
        status = next((code for begin, code in self.status_of.items() if line.startswith(begin)), self.status)
        if status:
            return refusal(status, f"Said {status}", self.headers)
        if self.says and request.method in (*WRITES, "POST") and "/chats/" not in path:
            return refusal(422, self.says)
        with self._lock:
            answer = self._route(request, path.strip("/").split("/"))
        if self.hangs_after and request.method in (*WRITES, "POST"):
            raise httpx.ReadTimeout("too slow", request=request)
        return answer

    def _route(self, request: httpx.Request, path: list[str]) -> httpx.Response:
        query = dict(request.url.params)
        body = json.loads(request.content) if request.content else {}
        match [request.method, *path]:
            case [_, "session", "info"]:
                return httpx.Response(200, json=self.session)
            case ["POST", "webhook", "set"]:
                self.hooks.append(body)
                return httpx.Response(200, json={"success": True})
            case ["GET", "session", "webhook"]:
                return httpx.Response(200, json={"webhooks": self.hooks})
            case ["GET", "labels"]:
                return httpx.Response(200, json=self._shown(key for key in self.labels if key not in self.short))
            case ["POST", "labels"]:
                return self._create(body)
            case ["GET", "labels", "chats", jid]:
                mine = [wa_id for wa_id in self.labels if (jid, wa_id) in self.tags - self.untold]
                return httpx.Response(200, json=self._shown(mine))
            case ["GET", "labels", wa_id, "chats"]:
                listed = [] if wa_id in self.hidden else sorted(self.tags - self.unlisted)
                return httpx.Response(200, json=[{"id": jid} for jid, on in listed if on == wa_id])
            case ["PUT" | "DELETE" as method, "labels", wa_id, "chats", jid]:
                return self._link(method == "PUT", wa_id, jid)
            case [method, "labels", wa_id]:
                return self._label(method, wa_id, body)
            case ["GET", "chats", "overview"]:
                start = int(query.get("offset", 0))
                return httpx.Response(200, json=self.chats[start : start + int(query.get("limit", 20))])
            case ["GET", "chats", "messages"]:
                return httpx.Response(200, json=self.messages.get(query["chatId"], []))
            case ["GET", "lids"]:
                start = int(query.get("offset", 0))
                return httpx.Response(200, json=self.lids[start : start + int(query.get("limit", 100))])
        return refusal(405, f"No such call: {request.method} {path}")

    def _shown(self, wa_ids: Any) -> list[dict[str, Any]]:
        return [{"id": wa_id, **self.labels[wa_id]} for wa_id in wa_ids if wa_id not in self.hidden]

    def _create(self, body: dict[str, Any]) -> httpx.Response:
        if any(label["name"] == body["name"] for label in self.labels.values()):
            return refusal(422, f"Label with '{body['name']}' already exists, id: 1")
        if len(self.labels) >= 20:
            return refusal(422, "Maximum 20 labels allowed")
        wa_id = str(max(map(int, self.labels), default=0) + 1)
        if not self.lie:
            self.labels[wa_id] = {"name": body["name"], "color": body["color"]}
        return httpx.Response(201, json={"id": wa_id, "name": body["name"], "color": body["color"]})

    def _label(self, method: str, wa_id: str, body: dict[str, Any]) -> httpx.Response:
        if wa_id not in self.labels:
            return refusal(404, "Label not found")
        if method == "PUT":
            self.labels[wa_id] |= {key: body[key] for key in ("name", "color") if key in body}
        if method == "DELETE":
            self.forget(wa_id)
            return httpx.Response(200, json={"result": True})
        return httpx.Response(200, json={"id": wa_id, **self.labels[wa_id]})

    def _link(self, on: bool, wa_id: str, jid: str) -> httpx.Response:
        if wa_id not in self.labels:
            return refusal(404, "Label not found")
        if not self.lie:
            (self.tags.add if on else self.tags.discard)((jid, wa_id))
        return httpx.Response(200, json={"success": True})

    def forget(self, wa_id: str) -> None:
        """The label is deleted, as on the phone: it comes off every chat without an event for them."""
        self.labels.pop(wa_id, None)
        self.tags = {tag for tag in self.tags if tag[1] != wa_id}


def refusal(status: int, message: str, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.Response(status, json={"statusCode": status, "message": message, "error": "No"}, headers=headers)


@pytest.fixture
def far(settings: Any) -> FarSide:
    """The provider of every number of the test, with nothing in it."""
    side = FarSide()
    settings.PROVIDER_TRANSPORT = side.transport()
    return side
