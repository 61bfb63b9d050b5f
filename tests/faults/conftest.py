"""A PostgreSQL server of our own for the tests here: the one that the suite runs on must not be restarted."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from cryptography.fernet import Fernet
from django.conf import settings

from tests.faults.server import BIN, Server
from tests.stack import differing_copies

PRODUCTS = ("machines", "stack", "demo")  # fixtures that run one; else `database` says where it was


@pytest.fixture(autouse=True)
def _copies_say_the_same(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every fault, as soon as the test is over and before anything is tidied away."""
    named = next((name for name in (*PRODUCTS, "database") if name in request.fixturenames), None)
    found = request.getfixturevalue(named) if named else None
    yield
    if found is not None:
        assert differing_copies(found if named == "database" else found.settings) == []


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    if settings.ON_SQLITE:
        pytest.skip("runs with the suite on PostgreSQL: make test-postgres")
    if not BIN and os.environ.get("REQUIRE_POSTGRES") != "1":
        pytest.skip(
            "no PostgreSQL server is installed in /usr/lib/postgresql, so none can be started and restarted here"
        )
    with Server() as running:
        yield running


@contextmanager
def empty(server: Server) -> Iterator[dict[str, str]]:
    """Environment variables for `manage.py`: an empty database, which is dropped afterwards."""
    name = f"labelapp_{secrets.token_hex(4)}"
    server.order(f"CREATE DATABASE {name}")
    yield {
        "DATABASE_URL": server.address(name),
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    }
    server.order(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def database(server: Server) -> Iterator[dict[str, str]]:
    """One for all tests of a file."""
    with empty(server) as environment:
        yield environment


@pytest.fixture
def own_database(server: Server) -> Iterator[dict[str, str]]:
    """One for a test that begins with a world of its own."""
    with empty(server) as environment:
        yield environment
