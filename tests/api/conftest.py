"""A program at the API: its token, and what it asks."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from labelapp.actions.actor import Actor
from labelapp.actions.tokens import make_token
from labelapp.api.limits import counted
from labelapp.models import Instance, User
from tests.wire import far

__all__ = ["far"]
ROOT = "/api/v1"


@pytest.fixture(autouse=True)
def _unused() -> Iterator[None]:
    counted.began.clear()
    yield
    counted.began.clear()


class Program:
    """Asks with its token and nothing else: no login, no cookies."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.client = Client()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The answer. `body`: sent as JSON, a text as it is."""
        headers = {"Authorization": f"Bearer {self.secret}"} | headers
        data = "" if body is None else body if isinstance(body, str) else json.dumps(body)
        kind = headers.pop("Content-Type", "application/json")
        return self.client.generic(method, f"{ROOT}{path}", data, content_type=kind, headers=headers)

    def get(self, path: str, **headers: str) -> Any:
        return self.ask("GET", path, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.ask("PUT", path, body, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self.ask("POST", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.ask("DELETE", path, **headers)


MakeProgram = Callable[..., Program]


@pytest.fixture
def make_program(admin: User) -> MakeProgram:
    """A program with these scopes, for these numbers (none: all)."""

    def make(*scopes: str, name: str = "Shop", instances: tuple[Instance, ...] = (), **more: Any) -> Program:
        return Program(make_token(Actor.of(admin), name, scopes, instances=instances, **more)[1])

    return make


@pytest.fixture
def shop(make_program: MakeProgram, number: Instance) -> Program:
    """A program that may all at `number`, and nothing elsewhere."""
    return make_program("read", "tag", "manage", instances=(number,))


def in_thread(act: Callable[[], Any]) -> threading.Thread:
    """`act` as another request would do it, begun; its connection is given back."""

    def run() -> None:
        try:
            act()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def problem(answer: Any) -> tuple[int, str]:
    """Status and kind of a refusal, which says both twice."""
    assert answer["Content-Type"] == "application/problem+json"
    said = answer.json()
    assert said["status"] == answer.status_code
    assert said["detail"]
    assert said["title"]
    return answer.status_code, said["type"].partition("#")[2]
