"""A WAHA server on the other side of the wire: its replace-all write and the lists it reads from, with switches to lie."""

import json
import threading
import time
from typing import Any
from urllib.parse import unquote

import httpx

from labelapp.whatsapp.waha import Waha
from tests.whatsapp.far_end import FarEnd

KEY = "key-5f2e9c/secret+key"
SESSION = "shop-1"


def client(far_end: Any, base_url: str = "https://waha.example") -> Waha:
    return Waha(base_url=base_url, instance_id=SESSION, token=KEY, transport=httpx.MockTransport(far_end))


class Account:
    """Chats and their labels, in WAHA's shapes (GOWS: rows of a label's chats hold the id only)."""

    def __init__(self, **tags: set[str]) -> None:
        self.tags = {f"{name}@c.us".lstrip("n"): set(ids) for name, ids in tags.items()}
        self.shown: dict[str, set[str]] | None = None  # what the lists of chats tell instead of the truth
        self.unlisted: set[tuple[str, str]] = (
            set()
        )  # what chats name and the lists of labels lack, until it is put on anew
        self.gone: set[str] = set()  # labels that were deleted
        self.flickers = False  # no two readings of a chat's list are the same
        self.deaf = False  # 200 without effect
        self.fails: dict[str, int] = {}  # "METHOD": the n-th such call of a chat answers 500
        self.delay = 0.0
        self.calls: list[tuple[str, str]] = []
        self.bodies: list[Any] = []
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = unquote(request.url.raw_path.decode()).removeprefix(f"/api/{SESSION}/labels/")
        with self._lock:
            self.calls.append((request.method, path))
            count = sum(method == request.method for method, _path in self.calls)
        time.sleep(self.delay)
        if self.fails.get(request.method) == count:
            return httpx.Response(500, json={"statusCode": 500, "exception": {"message": "broken"}})
        if path == f"/api/{SESSION}/labels":
            known = sorted(set().union(*self.tags.values()))
            return httpx.Response(200, json=[{"id": wa_id, "name": f"L{wa_id}"} for wa_id in known])
        if path.endswith("/chats"):
            label = path.removesuffix("/chats")
            if label in self.gone:
                return httpx.Response(404, json={"statusCode": 404, "message": "Label not found"})
            jids = [jid for jid, ids in self.tags.items() if label in ids and (jid, label) not in self.unlisted]
            return httpx.Response(200, json=[{"id": jid} for jid in jids])
        return self._chat(request, path.removeprefix("chats/"))

    def _chat(self, request: httpx.Request, jid: str) -> httpx.Response:
        if request.method == "GET":
            told = self.tags if self.shown is None else self.shown
            if self.flickers:
                told = {jid: ids | {f"9{len(self.calls)}"} for jid, ids in told.items()}
            return httpx.Response(200, json=[{"id": wa_id, "name": f"L{wa_id}"} for wa_id in sorted(told.get(jid, ()))])
        body = json.loads(request.content)
        self.bodies.append(body)
        if not self.deaf:
            wished = {
                row["id"] for row in body["labels"]
            }  # WAHA compares it with its own list and sends the difference
            self.unlisted -= {(jid, wa_id) for wa_id in self.tags.get(jid, set()) - wished}
            self.tags[jid] = wished
        return httpx.Response(200)

    @property
    def writes(self) -> int:
        return len(self.bodies)


__all__ = ["KEY", "SESSION", "Account", "FarEnd", "client"]
