"""The product's database: made for a run and dropped after it, read by the judge through a connection that can't write."""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

import psycopg

Rows = list[tuple[Any, ...]]


class Database(Protocol):
    """One database of the product. `settings` is what the product is told of it; queries have no parameters."""

    settings: dict[str, str]
    name: str

    def read(self, query: str) -> Rows: ...

    def at_once(self, *queries: str) -> list[Rows]:
        """All as of the same moment, while others go on writing."""
        ...

    def copy(self, folder: Path) -> "Database":
        """The same once more, for another stage."""
        ...

    def locked(self) -> AbstractContextManager[None]:
        """Nobody else can write while this is held."""
        ...

    def drop(self) -> None: ...


class Sqlite:
    """A file in the product's data folder."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self.file = folder / "labelapp.sqlite3"
        self.settings: dict[str, str] = {}

    def read(self, query: str) -> Rows:
        return self.at_once(query)[0]

    def at_once(self, *queries: str) -> list[Rows]:
        address = f"{self.file.as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=30, isolation_level=None)) as connection:
            connection.execute("BEGIN")
            return [connection.execute(query).fetchall() for query in queries]

    def copy(self, folder: Path) -> "Sqlite":
        made = Sqlite(folder)
        shutil.copy(self.file, made.file)
        return made

    @contextmanager
    def locked(self) -> Iterator[None]:
        with closing(sqlite3.connect(self.file, timeout=30, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")

    def drop(self) -> None:
        """It goes with its folder."""


class Postgres:
    """A database of its own on a server."""

    name = "PostgreSQL"

    def __init__(self, server: str, name: str, template: str = "") -> None:
        if not re.fullmatch(r"[a-z0-9_]+", name):
            raise ValueError(f"{name!r} is no name for a database of ours")
        self.server, self.database = server, name
        self.url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        self.settings = {"DATABASE_URL": self.url}
        self.drop()
        self._order(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))

    def _order(self, statement: str) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(statement.encode())

    def read(self, query: str) -> Rows:
        return self.at_once(query)[0]

    def at_once(self, *queries: str) -> list[Rows]:
        with psycopg.connect(self.url) as connection:
            connection.read_only, connection.isolation_level = True, psycopg.IsolationLevel.REPEATABLE_READ
            return [connection.execute(query.encode()).fetchall() for query in queries]

    def copy(self, folder: Path) -> "Postgres":
        return Postgres(self.server, f"{self.database}_{folder.name}".lower().replace("-", "_")[:60], self.database)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """The inbox and the pairs, as a careless migration would hold them."""
        with psycopg.connect(self.url) as connection:
            connection.execute("LOCK TABLE labelapp_hookdelivery, labelapp_chatlabel IN ACCESS EXCLUSIVE MODE")
            yield
            connection.rollback()

    def drop(self) -> None:
        self._order(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')
