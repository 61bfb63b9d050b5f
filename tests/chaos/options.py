"""What a run is told by its environment."""

import os
from dataclasses import dataclass, field

DIALECTS = ("wawp", "waha")
NAMES = ("SEED", "EVENTS", "SCALE", "DB", "ONLY", "DIALECT")
POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres"


@dataclass(frozen=True, slots=True)
class Options:
    """`database` is "" for SQLite, else the address of a PostgreSQL server whose role may create databases.

    `dialect`: the provider that the product speaks with.
    """

    seed: int = 1
    events: int = 100_000
    scale: float = 1.0
    database: str = ""
    only: tuple[str, ...] = field(default=())
    dialect: str = "wawp"

    @classmethod
    def of_environment(cls) -> "Options":
        """SEED, EVENTS, SCALE, DB (sqlite, postgres or an address), ONLY (names of rows), DIALECT (wawp or waha).

        ValueError in a sentence.
        """
        told = {name: os.environ.get(name, "").strip() for name in NAMES}
        made = cls(
            seed=int(told["SEED"] or cls().seed),
            events=int(told["EVENTS"] or cls().events),
            scale=float(told["SCALE"] or cls().scale),
            database=database(told["DB"]),
            only=tuple(told["ONLY"].replace(",", " ").split()),
            dialect=told["DIALECT"] or cls().dialect,
        )
        if not 0 < made.scale <= 1 or made.events < 1:
            raise ValueError("SCALE takes a share above 0 up to 1, EVENTS a number from 1.")
        if made.dialect not in DIALECTS:
            raise ValueError(f"DIALECT takes {' or '.join(DIALECTS)}.")
        return made

    def of(self, full: int, least: int = 1) -> int:
        """A load at this scale, never under `least`: below it a check could not fail."""
        return max(least, round(full * self.scale))

    def seconds(self, fixed: float, full: float) -> float:
        """A deadline: what a row takes at any scale, and what grows with the load."""
        return fixed + full * self.scale

    @property
    def on_postgres(self) -> bool:
        return bool(self.database)


def database(told: str) -> str:
    """The address that DB names, "" for SQLite."""
    if told in ("", "sqlite"):
        return ""
    if told == "postgres":
        return os.environ.get("TEST_POSTGRES_URL", POSTGRES)
    if not told.startswith(("postgres://", "postgresql://")):
        raise ValueError("DB takes sqlite, postgres or the address postgres://… of a server.")
    return told
