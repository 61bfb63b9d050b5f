"""People who click: real logins, real forms, many kept connections."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx

from tests.chaos.wire import Answer, Broken, Wire, request
from tests.stack import HOST

PASSWORD = "demo"
CHIP = re.compile(r'<span class="chip[^>]*data-pk="(\d+)" data-state="(\w+)" data-wanted="(\w+)"')


@dataclass(frozen=True, slots=True)
class Click:
    """A wish: this label on (or off) this chat, by primary keys."""

    chat: int
    label: int
    on: bool


@dataclass(slots=True)
class Clicked:
    """How the server answered."""

    accepted: list[Click] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    times: list[float] = field(default_factory=list)  # seconds until an answer
    last: float = 0.0  # when the last one was accepted (monotonic)
    spans: list[tuple[Click, float, float]] = field(default_factory=list)  # accepted: when it was made and answered

    def __str__(self) -> str:
        trouble = ", ".join(f"{times} x {status}" for status, times in sorted(self.refused.items()))
        return f"{len(self.accepted):,} accepted, {self.broken} broken{', ' + trouble if trouble else ''}, {spread(self.times)}"


class Person:
    """Somebody logged in. The server sees a browser: cookies, CSRF token, htmx."""

    def __init__(self, ports: Sequence[int], name: str = "agent") -> None:
        self.ports, self.name = list(ports), name
        self.http = httpx.Client(base_url=f"http://{HOST}:{ports[0]}", timeout=30, trust_env=False)
        self.http.get("/login/")
        token = {"csrfmiddlewaretoken": self.http.cookies["csrftoken"]}
        answer = self.http.post("/login/", data={"username": name, "password": PASSWORD} | token)
        assert answer.status_code == 302, f"{name} could not log in: {answer.status_code} {answer.text[:300]}"
        cookies = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        self.headers = {"Cookie": cookies, "X-CSRFToken": self.http.cookies["csrftoken"], "HX-Request": "true"}

    def data(self, click: Click, port: int) -> bytes:
        form = {"Content-Type": "application/x-www-form-urlencoded"} | self.headers
        body = urlencode({"state": "on" if click.on else "off"}).encode()
        return request("POST", f"/chats/{click.chat}/labels/{click.label}/", f"{HOST}:{port}", form, body)

    def form(self, path: str, **fields: object) -> httpx.Response:
        """Post a form as the page would."""
        return self.http.post(path, data={name: str(value) for name, value in fields.items()}, headers=self.headers)

    def page(self, path: str) -> str:
        answer = self.http.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    def chips(self, chat: int) -> dict[int, tuple[str, str]]:
        """The chips of a chat's line: label's primary key -> (state, wanted)."""
        return {int(pk): (state, wanted) for pk, state, wanted in CHIP.findall(self.page(f"/chats/{chat}/row/"))}

    def click(self, clicks: Iterable[Click], connections: int = 8, *, pace: float = 0, give_up: float = 30) -> Clicked:
        """All of them, side by side. A click that met a 503 or a broken connection is made again, for `give_up` seconds."""
        done = Clicked()
        asyncio.run(self._click(iter(clicks), done, connections, pace, give_up))
        return done

    async def _click(self, pile: Iterator[Click], done: Clicked, connections: int, pace: float, give_up: float) -> None:
        start, taken = time.monotonic(), 0

        async def one(port: int) -> None:
            nonlocal taken
            wire = Wire(HOST, port)
            for click in pile:
                taken += 1
                if pace and (pause := start + taken / pace - time.monotonic()) > 0:
                    await asyncio.sleep(pause)
                await self._until_taken(wire, click, done, give_up)
            wire.close()

        await asyncio.gather(*(one(self.ports[n % len(self.ports)]) for n in range(connections)))

    async def _until_taken(self, wire: Wire, click: Click, done: Clicked, give_up: float) -> None:
        until = time.monotonic() + give_up
        while (made := time.monotonic()) < until:
            answer = await self._once(wire, click, done)
            if answer and answer.status == 200:
                done.accepted.append(click)
                done.last = time.monotonic()
                done.spans.append((click, made, done.last))
                return
            if answer and answer.status not in (500, 502, 503):
                return
            await asyncio.sleep(0.2)

    async def _once(self, wire: Wire, click: Click, done: Clicked) -> Answer | None:
        began = time.monotonic()
        try:
            answer = await wire.ask(self.data(click, wire.port))
        except Broken:
            done.broken += 1
            return None
        done.times.append(time.monotonic() - began)
        if answer.status != 200:
            done.refused[answer.status] += 1
        return answer


def last_wish(*done: Clicked) -> bool | None:
    """Whether the last wish for a pair was on, as far as the answers tell: None where either may have been taken last.

    Of two clicks that were under way together nobody outside knows which was taken first.
    """
    spans = [span for one in done for span in one.spans]
    newest = max(made for _click, made, _answered in spans)
    states = {click.on for click, _made, answered in spans if answered >= newest}
    return states.pop() if len(states) == 1 else None


def percentile(seconds: Sequence[float], share: float) -> float:
    """0 for nothing measured."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def spread(seconds: Sequence[float]) -> str:
    p50, p99 = (1000 * percentile(seconds, share) for share in (0.5, 0.99))
    return f"p50 {p50:.0f} ms, p99 {p99:.0f} ms"
