"""A person at a browser, as the server sees one: a login, pages, clicks, and the live stream."""

import json
import threading
import time
from contextlib import suppress
from queue import Empty, Queue
from typing import Any

import httpx

HTMX = {"HX-Request": "true"}


class Person:
    def __init__(self, url: str, name: str = "agent") -> None:
        self.http = httpx.Client(base_url=url, timeout=30)
        self.http.get("/login/")
        answer = self.http.post("/login/", data={"username": name, "password": "demo"} | self._token())
        assert answer.status_code == 302, answer.text[:500]

    def _token(self) -> dict[str, str]:
        return {"csrfmiddlewaretoken": self.http.cookies["csrftoken"]}

    def page(self, path: str, *, fragment: bool = False) -> str:
        answer = self.http.get(path, headers=HTMX if fragment else {})
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    def tag(self, chat: int, label: int, *, on: bool) -> float:
        """Seconds until the click was answered."""
        return self._post(f"/chats/{chat}/labels/{label}/", state="on" if on else "off")

    def move(self, board: str, chat: int, stage: int) -> float:
        """Seconds until a card that was dropped on a stage was answered."""
        return self._post(f"{board}chats/{chat}/{stage}/")

    def _post(self, path: str, **fields: str) -> float:
        headers = HTMX | {"X-CSRFToken": self.http.cookies["csrftoken"]}
        start = time.perf_counter()
        answer = self.http.post(path, data=fields, headers=headers)
        taken = time.perf_counter() - start
        assert answer.status_code == 200, f"{answer.status_code}: {answer.text[:300]}"
        return taken


class Stream(threading.Thread):
    """Follows /live/ in a thread of its own: what came, and when."""

    def __init__(self, person: Person) -> None:
        super().__init__(daemon=True)
        self.person = person
        self.came: Queue[tuple[float, dict[str, Any]]] = Queue()
        self.opened = threading.Event()
        self.start()
        assert self.opened.wait(10), "the live stream did not open"

    def run(self) -> None:
        with suppress(httpx.HTTPError), self.person.http.stream("GET", "/live/", timeout=None) as answer:
            kind = ""
            for line in answer.iter_lines():
                self.opened.set()
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: ") and kind == "change":
                    self.came.put((time.perf_counter(), json.loads(line.removeprefix("data: "))))

    def drain(self) -> None:
        while not self.came.empty():
            self.came.get()

    def told_of(self, chat: int, seconds: float = 5) -> float | None:
        """When (perf_counter) the stream told that this chat changed."""
        deadline = time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            try:
                at, data = self.came.get(timeout=left)
            except Empty:
                return None
            if chat in data["chats"]:
                return at
        return None
