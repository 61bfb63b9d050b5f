"""Workers alone, without a web process, on either database: a test can freeze them, look how far they are, and kill them there."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import pytest
from django.conf import settings
from django.db import OperationalError

from tests.stack import ROOT, Processes, Stack, clean_environment

SECONDS = 300  # until a test that waits for them gives up; it takes a few where the machine has nothing else to do


class Workers(Stack):
    """The simulator, and the workers over the database of `environment`. Nobody takes deliveries: what was sent is read back."""

    def __init__(self, folder: Path, *, count: int = 1, chats: int = 48, **environment: str) -> None:
        self.count, self.started = count, 0
        self.workers: list[Processes] = []
        super().__init__(folder, chats=chats, READ_BACK_SECONDS="1", **environment)

    def start_product(self) -> None:
        self.ask_product("manage", "migrate", "--verbosity", "0")
        self.start_workers()

    def start_workers(self) -> None:
        while len(self.workers) < self.count:
            self.started += 1
            self.workers.append(Processes(["worker"], self.folder / f"worker-{self.started}.log", **self.settings))

    def kill_workers(self) -> None:
        """kill -9 of all of them at once."""
        for worker in self.workers:
            worker.process.kill()
        for worker in self.workers:
            worker.process.wait(30)
        self.workers.clear()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """While the block lasts they do nothing at all. They may be killed in it."""
        stopped = list(self.workers)
        try:
            for worker in stopped:
                worker.process.send_signal(signal.SIGSTOP)
            yield
        finally:
            for worker in stopped:
                worker.process.send_signal(signal.SIGCONT)  # does nothing to one that was killed

    def kill_when(self, is_so: Callable[[], Any], told: str, between: Callable[[], None] = lambda: None) -> None:
        """Kill them at a moment when `is_so`, looked at while they stand still; until then `between` is called again and again.
        New ones are not started yet. AssertionError when it never comes."""
        deadline = time.monotonic() + SECONDS
        while True:
            began = time.monotonic()
            with self.frozen():
                if is_so():
                    self.kill_workers()
                    return
            if time.monotonic() > deadline:
                raise AssertionError(f"never within {SECONDS} s: {told}")
            between()
            time.sleep(max(0.03, time.monotonic() - began))  # they get as long as we took

    def stop_product(self) -> None:
        for worker in self.workers:
            worker.stop()


class Desk:
    """A module that runs with the product's settings and answers orders, one line of JSON each: no process is started for it."""

    def __init__(self, stack: Stack, module: str) -> None:
        environment = clean_environment(DJANGO_SETTINGS_MODULE="labelapp.settings", **stack.settings)
        command = [sys.executable, "-m", module]
        self.process = subprocess.Popen(  # noqa: S603
            command, cwd=ROOT, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __call__(self, *words: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with suppress(BrokenPipeError):
            print(json.dumps(words), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        assert answer, f"the desk has ended at {words}, its last lines are above"
        return json.loads(answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.communicate()


def answer_orders(orders: dict[str, Callable[..., Any]]) -> None:
    """The other side of a Desk: until nobody asks any more. null where the database can't be read: SQLite's, while a worker stands still
    with its lock."""
    for line in sys.stdin:
        name, *words = json.loads(line)
        try:
            answer = orders[name](*words)
        except OperationalError as error:
            if "lock" not in str(error):
                raise
            answer = None
        print(json.dumps(answer), flush=True)


def scaled(full: int, least: int) -> int:
    """How many chats to play with: `least`, with SCALE=1 `full`."""
    return max(least, round(full * float(os.environ.get("SCALE", "0"))))


@contextmanager
def workers_in(folder: Path, request: pytest.FixtureRequest, *, chats: int) -> Iterator[Workers]:
    """One on SQLite, which takes no more; two on PostgreSQL."""
    if settings.ON_SQLITE:
        made = Workers(folder, chats=chats)
    else:
        made = Workers(folder, count=2, chats=chats, **request.getfixturevalue("own_database"))
    with made as running:
        yield running
