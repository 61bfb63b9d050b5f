"""Where the worlds are kept: built once for each size and database, and copied for a run, which writes into them."""

import hashlib
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from cryptography.fernet import Fernet

from tests.chaos.database import Postgres
from tests.stack import ROOT, clean_environment

KEPT = ROOT / "data" / "bench"
MADE_BY = ("shape", "words", "world", "bulk", "build")
NAMES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}


def version() -> str:
    """Changes with whatever makes the world: its generator, and the tables."""
    files = [Path(__file__).with_name(f"{name}.py") for name in MADE_BY]
    files += sorted((ROOT / "labelapp" / "migrations").glob("0*.py"))
    return hashlib.sha256(b"".join(file.name.encode() + file.read_bytes() for file in files)).hexdigest()[:16]


def settings() -> dict[str, str]:
    """Keys for one run, and nothing of the world is too old to be kept."""
    keys = {"SECRET_KEY": secrets.token_urlsafe(50), "ENCRYPTION_KEYS": Fernet.generate_key().decode()}
    return {**keys, "DEMO": "1", "MESSAGE_DAYS": "36500", "DELIVERY_DAYS": "36500"}


def run(*command: str, **environment: str) -> str:
    """What a Python command prints that runs with these settings. AssertionError with its words when it fails."""
    given = clean_environment(DJANGO_SETTINGS_MODULE="labelapp.settings", **environment)
    done = subprocess.run([sys.executable, *command], cwd=ROOT, env=given, capture_output=True, text=True)  # noqa: S603
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
    return done.stdout


def make(chats: int, **environment: str) -> None:
    start = time.monotonic()
    print(f"  building a world of {chats:,} chats, once …", flush=True)
    run("manage.py", "migrate", "--verbosity", "0", **environment)
    run("-m", "tests.bench.build", str(chats), **environment)
    print(f"  built in {time.monotonic() - start:.0f} s", flush=True)


@contextmanager
def sqlite(chats: int) -> Iterator[dict[str, str]]:
    """Settings of the product on a copy of the world, which is gone afterwards."""
    kept = KEPT / f"sqlite-{chats}"
    mark = kept / "version"
    if not mark.exists() or mark.read_text() != version():
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        make(chats, DATA_DIR=str(kept), **settings())
        mark.write_text(version())
    with TemporaryDirectory(prefix="run-", dir=KEPT) as folder:
        shutil.copy(kept / "labelapp.sqlite3", folder)
        yield {"DATA_DIR": folder, "DATABASE_URL": f"sqlite:///{folder}/labelapp.sqlite3", **settings()}


@contextmanager
def postgres(chats: int, server: str) -> Iterator[dict[str, str]]:
    name = f"labelapp_bench_{chats}"
    KEPT.mkdir(parents=True, exist_ok=True)
    with psycopg.connect(server, autocommit=True) as connection, TemporaryDirectory(prefix="run-", dir=KEPT) as folder:
        said = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
        if connection.execute(said, [name]).fetchone() != (version(),):
            made = Postgres(server, name)
            make(chats, DATA_DIR=folder, **made.settings, **settings())
            connection.execute(f"COMMENT ON DATABASE {name} IS '{version()}'".encode())
        copied = Postgres(server, f"{name}_run", name)
        try:
            yield {"DATA_DIR": folder, **copied.settings, **settings()}
        finally:
            copied.drop()
