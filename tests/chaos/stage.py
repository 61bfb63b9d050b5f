"""Where a row plays: a simulator, the product's web and worker processes, its database, and the judge's look at all of it."""

import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from cryptography.fernet import Fernet

from tests.chaos import tables
from tests.chaos.database import Database, Postgres, Sqlite
from tests.chaos.killer import Killer
from tests.chaos.oracle import Difference, Truth, compare
from tests.chaos.services import Service
from tests.stack import HOST, READY_SECONDS, ROOT, Simulator, answers, clean_environment, free_port, wait_until

STILL_SECONDS = 1.5  # what is true has to stay true
SIGNING_KEY = "chaos-signing-key"
SETTINGS = {"DEMO": "1", "LOG_LEVEL": "WARNING", "PROVIDER_SECONDS": "1", "PUSH_PACE": "200", "HOST": HOST}


@dataclass(frozen=True, slots=True)
class Number:
    """A connected number: its key, short name, where its deliveries go (a path with a secret in it), and what its provider speaks."""

    pk: int
    slug: str
    hook: str
    dialect: str


@dataclass(slots=True)
class Template:
    """What every stage begins as: migrated tables, people, static files. Made once, copied per stage."""

    folder: Path
    server: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    database: Database = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        keys = {"SECRET_KEY": "chaos", "ENCRYPTION_KEYS": Fernet.generate_key().decode()}
        name = f"labelapp_chaos_{free_port()}"
        self.database = Postgres(self.server, name) if self.server else Sqlite(self.folder)
        self.settings = SETTINGS | keys
        try:
            self._fill(self.settings | self.database.settings | {"DATA_DIR": str(self.folder)})
        except BaseException:
            self.database.drop()
            raise

    @staticmethod
    def _fill(environment: dict[str, str]) -> None:
        run("manage.py", "migrate", "--verbosity", "0", **environment)
        run("manage.py", "collectstatic", "--no-input", "--verbosity", "0", **environment)
        run("-m", "tests.chaos.prepare", "people", **environment)


def run(*command: str, **environment: str) -> str:
    """What a Python command prints that runs with these settings; AssertionError with its words when it fails."""
    settings = clean_environment(DJANGO_SETTINGS_MODULE="labelapp.settings", **environment)
    done = subprocess.run([sys.executable, *command], cwd=ROOT, env=settings, capture_output=True, text=True)  # noqa: S603
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


class Stage:
    """Leaving the `with` block stops every process and drops the database. `environment` adds to the product's settings."""

    def __init__(
        self, template: Template, name: str, *, chats: int, seed: int, dialect: str, each: int = 1, **environment: str
    ) -> None:
        self.folder = template.folder.parent / name
        self.folder.mkdir()
        self.dialect = dialect
        shutil.copytree(template.folder / "static", self.folder / "static")
        self.database = template.database.copy(self.folder)
        self.start_seconds = 0.0  # until web and worker were ready
        self.ports, self.simulator_port = [free_port() for _ in range(each)], free_port()
        self.url = f"http://{HOST}:{self.ports[0]}"
        self.simulator = Simulator(f"http://{HOST}:{self.simulator_port}")
        self.simulator.http.timeout = 60
        own = {"DATA_DIR": str(self.folder), "PUBLIC_URL": self.url}
        self.settings = template.settings | self.database.settings | own | environment
        self.provider = Service("simulator", self._simulator(chats, seed), self.folder, {})
        self.webs = [
            Service(f"web{n}", ["web"], self.folder, self.settings | {"PORT": str(port)})
            for n, port in enumerate(self.ports, 1)
        ]
        self.workers = [Service(f"worker{n}", ["worker"], self.folder, self.settings) for n in range(1, each + 1)]

    def _simulator(self, chats: int, seed: int) -> list[str]:
        given = {"host": HOST, "port": self.simulator_port, "chats": chats, "seed": seed, "product-url": self.url}
        given["data"] = self.folder / "simulator.sqlite3"
        return ["simulator", *(str(word) for name, value in given.items() for word in (f"--{name}", value))]

    def __enter__(self) -> Self:
        begun = time.monotonic()
        try:
            for service in [self.provider, *self.webs, *self.workers]:
                service.start()
            self.wait_ready()
            self.start_seconds = time.monotonic() - begun
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self.simulator.http.close()
        for service in [*self.webs, *self.workers, self.provider]:
            service.kill()
        self.database.drop()

    def wait_ready(self) -> None:
        wait_until(lambda: answers(f"{self.simulator.url}/sim/state"), READY_SECONDS, told="the simulator answers")
        for port in self.ports:
            wait_until(
                lambda at=port: answers(f"http://{HOST}:{at}/readyz"), READY_SECONDS, told="the product is ready"
            )

    def connect(self, slug: str = "demo") -> Number:
        """Connect the simulator's number of this name; wait for its import, and for the comparison that follows by itself."""
        wish = (self.simulator.url, self.dialect, slug, SIGNING_KEY)
        number = Number(**json.loads(run("-m", "tests.chaos.prepare", "connect", *wish, **self.settings)))
        compared = f"labelapp_instance WHERE id = {number.pk:d} AND reconciled_at > '1971-01-01' AND reconcile_started_at IS NULL"
        wait_until(
            lambda: tables.count(self.database, compared), READY_SECONDS, 0.2, "the number is compared a first time"
        )
        return number

    def manage(self, *arguments: str) -> str:
        """What a command of `manage.py` prints."""
        return run("manage.py", *arguments, **self.settings)

    def killer(self, seed: int) -> Killer:
        return Killer([*self.webs, *self.workers], self.is_up, seed)

    def is_up(self, service: Service) -> bool:
        """A web process takes connections; a worker has had the time that the first one needed to show its first sign of life."""
        if service in self.workers:
            return service.age > self.start_seconds
        return answers(f"http://{HOST}:{self.ports[self.webs.index(service)]}/healthz")

    def truth(self, slug: str = "demo") -> Truth:
        return Truth.of(self.simulator.ask("GET", "/sim/truth", instance=slug))

    def differences(self, number: Number, *, given_up: bool = False) -> list[Difference]:
        truth = self.truth(number.slug)
        if number.dialect == "waha":  # WAHA on GOWS tells of the archive neither in an event nor in a list
            truth = replace(truth, archived={})
        return compare(truth, tables.mirror(self.database, number.pk), given_up=given_up)

    def tell(self, path: str, body: dict[str, Any], slug: str = "demo") -> Any:
        """Tell the simulator something; DELETE is spelled by a body of None elsewhere."""
        return self.simulator.ask("POST", f"/sim/{path}", body, instance=slug)

    def faults(self, slug: str = "demo", **switches: Any) -> None:
        """Put switches of the simulator; without any, all go back."""
        if switches:
            self.tell("faults", switches, slug)
        else:
            self.simulator.ask("DELETE", "/sim/faults", instance=slug)

    def converge(
        self, number: Number, seconds: float, *, given_up: bool = False
    ) -> tuple[float | None, list[Difference]]:
        """Seconds until the mirror was true and stayed so; None and what still differs when it took longer than `seconds`."""
        start, since = time.monotonic(), None
        while True:
            began = time.monotonic()
            busy = tables.unfinished(self.database, number.pk)
            found = [Difference("unfinished", busy)] if busy else self.differences(number, given_up=given_up)
            now = time.monotonic()
            since = None if found else (since or now)
            if since and now - since >= STILL_SECONDS:
                return since - start, []
            if now - start > seconds and not since:
                return None, self.differences(number, given_up=given_up)
            time.sleep(min(2, max(0.2, now - began)))
