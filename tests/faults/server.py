"""A PostgreSQL server that a test may stop the hard way and start again."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.chaos.cluster import BIN, Cluster

__all__ = ["BIN", "Server"]


class Server(Cluster):
    """The same server as `make chaos` uses, which can also stay away for a while."""

    def address(self, name: str) -> str:
        """The DATABASE_URL of one of its databases."""
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def order(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())

    @contextmanager
    def away(self, how: str = "fast") -> Iterator[None]:
        """Stopped while the block lasts; `how`: "fast" says goodbye to its clients, "immediate" is a crash."""
        self._run("pg_ctl", "-w", "-m", how, "stop")
        try:
            yield
        finally:
            self._run("pg_ctl", "-w", "-l", str(self.home / "server.log"), "start")
            self.up_at = time.monotonic()
