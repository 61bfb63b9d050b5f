"""Clients that mean harm, or are just broken, beside normal traffic."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from statistics import median

from tests.bench.load import Hook
from tests.chaos import tables
from tests.chaos.oracle import lost
from tests.chaos.people import percentile
from tests.chaos.rows.deliveries import record
from tests.chaos.rows.row import Row, Scene
from tests.chaos.senders import Letter
from tests.chaos.stage import SIGNING_KEY, Number, Stage
from tests.chaos.wire import Broken, Wire, request
from tests.stack import HOST

SLOW = 300
TRAFFIC = 50  # normal deliveries a second
TURNS = 3  # of quiet and attack
QUIET, HARM, REST = 6.0, 20.0, 1.0  # seconds; an attack ends when its clients were answered, HARM at the latest
MIB = 1024 * 1024
GROWTH = 48 * 1024  # KiB that the web process may have grown by after all of it, caches and all
NOISE = 0.050  # seconds: a doubling below it says more of the machine than of the attack

Chunks = Callable[[], AsyncIterator[bytes]]
Windows = list[list[float]]


def play(scene: Scene) -> None:
    """The same normal traffic is measured in quiet and under attack, by turns: what else the machine does meets both."""
    stage = scene.stage(scene.of(1000, 100))
    number = stage.connect()
    letters = record(scene, stage, number, round(TRAFFIC * TURNS * (QUIET + HARM)), directory=False)
    quiet, harm = asyncio.run(attack(scene, stage, number, letters))
    judge_traffic(scene, quiet, harm)
    finish(scene, stage, number, letters)


def judge_traffic(scene: Scene, quiet: Windows, harm: Windows) -> None:
    """The middle one of several windows' p99, so that a hiccup in one of them decides nothing."""
    calm, hard = (median(percentile(times, 0.99) for times in windows) for windows in (quiet, harm))
    scene.did(f"p99 of each window in quiet {in_ms(quiet)}, under attack {in_ms(harm)}")
    told = f"{calm * 1000:.0f} ms in quiet, {hard * 1000:.0f} ms under attack (medians of {len(quiet)} windows)"
    scene.figure("normal p99", told)
    scene.must(
        hard <= max(2 * calm, NOISE), f"normal p99 at most doubles, or stays under {NOISE * 1000:.0f} ms (noise)", told
    )


def in_ms(windows: Windows) -> str:
    return "/".join(f"{percentile(times, 0.99) * 1000:.0f}" for times in windows) + " ms"


async def attack(scene: Scene, stage: Stage, number: Number, letters: list[Letter]) -> tuple[Windows, Windows]:
    """Seconds per normal delivery, by windows in quiet and under attack."""
    traffic = Traffic(stage.ports[0], number.hook, letters)
    normal = asyncio.create_task(traffic.run())
    answers, bad, size = Counter[int](), dict[str, int](), 0
    quiet, harm = [], []
    for _turn in range(TURNS):
        quiet.append(traffic.window())
        await asyncio.sleep(QUIET)
        size = size or stage.webs[0].memory()
        harm.append(traffic.window())
        slow = [asyncio.create_task(slow_client(stage.ports[0], number.hook)) for _ in range(SLOW)]
        bad |= await bad_bodies(scene, stage, number)
        answers += Counter(await asyncio.gather(*slow))
        traffic.window()  # belongs to neither: the last of them go
        await asyncio.sleep(REST)
    traffic.enough = True
    await normal
    judge_answers(scene, answers, bad, traffic)
    grown = stage.webs[0].memory() - size
    scene.figure("memory of the web process", f"{grown / 1024:+.0f} MiB")
    scene.must(grown < GROWTH, f"no memory growth beyond {GROWTH // 1024} MiB", f"{grown / 1024:.0f} MiB")
    return quiet, harm


def judge_answers(scene: Scene, answers: Counter[int], bad: dict[str, int], traffic: "Traffic") -> None:
    scene.did(f"{sum(answers.values())} slow clients were answered {dict(answers)}")
    scene.must(not unlike_4xx(answers), "every slow client a 4xx", str(unlike_4xx(answers)))
    scene.must(not bad, "every bad body a 4xx", str(bad))
    refused = {status: times for status, times in traffic.statuses.items() if status != 200}
    scene.did(f"normal traffic: {dict(traffic.statuses)}")
    scene.must(not refused, "normal traffic is all answered 200", str(refused))


def unlike_4xx(answers: Counter[int]) -> dict[int, int]:
    return {status: times for status, times in answers.items() if not 400 <= status < 500}


class Traffic:
    """Normal deliveries at a steady pace, each on its own turn whatever became of the one before."""

    def __init__(self, port: int, path: str, letters: list[Letter]) -> None:
        self.port, self.path, self.pile = port, path, iter(letters)
        self.times: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.enough = False
        self.free: list[Wire] = []

    def window(self) -> list[float]:
        """Seconds of each delivery that begins from now on, until the next window."""
        self.times = []
        return self.times

    async def run(self) -> None:
        under_way = set()
        while not self.enough and (letter := next(self.pile, None)):
            under_way.add(asyncio.create_task(self._one(letter)))
            await asyncio.sleep(1 / TRAFFIC)
        await asyncio.gather(*under_way)

    async def _one(self, letter: Letter) -> None:
        times, began = self.times, time.monotonic()
        wire = self.free.pop() if self.free else Wire(HOST, self.port)
        data = request("POST", self.path, f"{HOST}:{self.port}", letter.headers, letter.body)
        try:
            self.statuses[(await wire.ask(data)).status] += 1
        except Broken:
            self.statuses[0] += 1
        times.append(time.monotonic() - began)
        self.free.append(wire)


async def slow_client(port: int, path: str) -> int:
    """Announces a body and sends a byte of it now and then. The status that it got, 0 for none."""
    head = f"POST {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nContent-Length: 1000\r\n\r\n".encode()

    async def drip() -> AsyncIterator[bytes]:
        yield head
        for _ in range(60):
            yield b"{"
            await asyncio.sleep(0.5)

    return await converse(port, drip)


async def converse(port: int, chunks: Chunks, seconds: float = HARM) -> int:
    """Send until there is an answer. Its status, 0 when the connection just ended or nothing came."""
    reader, writer = await asyncio.open_connection(HOST, port)

    async def send() -> None:
        async for chunk in chunks():
            writer.write(chunk)
            await writer.drain()

    sending = asyncio.create_task(send())
    try:
        async with asyncio.timeout(seconds):
            head = await reader.readuntil(b"\r\n\r\n")
        return int(head.split(b" ", 2)[1])
    except (OSError, EOFError):
        return 0
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        writer.close()


async def bad_bodies(scene: Scene, stage: Stage, number: Number) -> dict[str, int]:
    """The bodies that were not answered by a 4xx, and what they got."""
    wrong = {}
    for name, chunks in bodies(stage.ports[0], number.hook).items():
        status = await converse(stage.ports[0], chunks)
        scene.did(f"{name}: {status}")
        if not 400 <= status < 500:
            wrong[name] = status
    return wrong


def bodies(port: int, path: str) -> dict[str, Chunks]:
    """Rightly signed, so that it is the body that is refused."""
    whole = {
        "deep JSON": b"[" * 200_000 + b"]" * 200_000,
        "bad UTF-8": b'{"id": "evt_x", "event": "message", "payload": {"body": "\xff\xfe"}}',
        "NUL": b'{"id": "evt_\0", "event": "message", "payload": {}}',
        "no JSON": b"<html>",
        "oversize": b'{"id": "' + b"x" * (2 * MIB) + b'"}',
    }
    hook = Hook(f"http://{HOST}:{port}{path}", SIGNING_KEY)
    return {name: _once(hook.request(body)) for name, body in whole.items()} | {"endless": _endless(port, path)}


def _once(data: bytes) -> Chunks:
    async def chunks() -> AsyncIterator[bytes]:
        yield data

    return chunks


def _endless(port: int, path: str) -> Chunks:
    async def chunks() -> AsyncIterator[bytes]:
        yield f"POST {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        while True:
            yield b"10000\r\n" + b"x" * 65_536 + b"\r\n"
            await asyncio.sleep(0.001)

    return chunks


def finish(scene: Scene, stage: Stage, number: Number, letters: list[Letter]) -> None:
    inbox = tables.inbox(stage.database, number.pk)
    within = 60.0
    while tables.waiting(stage.database, number.pk) and within > 0:
        time.sleep(1)
        within -= 1
    inbox = tables.inbox(stage.database, number.pk)
    strange = inbox.rows.keys() - {letter.key for letter in letters}
    scene.did(f"{len(inbox.rows):,} rows stored, {len(strange)} of them not from this row's traffic")
    scene.none(lost([], inbox), "all normal deliveries are applied, none is parked")


ROW = Row(
    "bodies",
    "slow-body clients (300), oversize, endless, deep JSON, bad UTF-8, NUL with normal traffic",
    "normal p99 at most doubles or stays under 50 ms; each bad one a 4xx, no memory growth",
    play,
    fixed=150,
    full=30,
)
