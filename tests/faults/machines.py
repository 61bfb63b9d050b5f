"""Several web processes and workers on one PostgreSQL database, as on machines of their own: no supervisor, no file shared."""

from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.stack import HOST, Processes, Stack, free_port

LOCKS = """
    SELECT activity.application_name, activity.pid
    FROM pg_locks JOIN pg_stat_activity AS activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND application_name LIKE 'labelapp locks %'
      AND activity.datname = current_database()
"""


class Machines(Stack):
    """The simulator, `webs` web processes and `workers` workers over the database of `environment`."""

    def __init__(self, folder: Path, *, webs: int = 2, workers: int = 2, chats: int = 48, **environment: str) -> None:
        self.counts = webs, workers
        self.webs: dict[int, Processes] = {}  # by port
        self.workers: list[Processes] = []
        self.urls: list[str] = []
        self.started = 0
        super().__init__(folder, chats=chats, **environment)

    def prepare(self) -> None:
        super().prepare()
        address = self.ask_product("tests.faults.numbers", self.simulator_url).strip()
        self.addresses = [address.replace(self.url, url) for url in self.urls]  # where deliveries are taken

    def start_product(self) -> None:
        self.manage("migrate", "--verbosity", "0")
        self.manage("collectstatic", "--no-input", "--verbosity", "0")
        webs, _workers = self.counts
        self.ports = [self.port, *(free_port() for _n in range(webs - 1))]
        self.urls = [f"http://{HOST}:{port}" for port in self.ports]
        self.make_whole()

    def make_whole(self) -> None:
        """Start what a test has ended, end what it started on top."""
        for port in self.ports:
            if port not in self.webs or self.webs[port].process.poll() is not None:
                own = self.settings | {"PORT": str(port)}
                self.webs[port] = Processes(["web"], self.folder / f"web-{port}.log", **own)
        self.workers = [worker for worker in self.workers if worker.process.poll() is None]
        while len(self.workers) > self.counts[1]:
            self.workers.pop().stop()
        while len(self.workers) < self.counts[1]:
            self.add_worker()

    def manage(self, *arguments: str) -> str:
        """What a command of `manage.py` prints. AssertionError when it fails."""
        return self.ask_product("manage", *arguments)

    def add_worker(self) -> Processes:
        self.started += 1
        worker = Processes(["worker"], self.folder / f"worker-{self.started}.log", **self.settings)
        self.workers.append(worker)
        return worker

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the product's database answers."""
        with psycopg.connect(self.settings["DATABASE_URL"], autocommit=True) as connection:
            answer = connection.execute(query.encode(), values or None)
            return answer.fetchall() if answer.description else []

    def shares(self) -> dict[int, int]:
        """How many locks each worker holds, by the number of its process."""
        found: dict[int, int] = {}
        for name, _backend in self.rows(LOCKS):
            pid = int(name.rpartition(":")[2])
            found[pid] = found.get(pid, 0) + 1
        return found

    def cut_locks(self) -> int:
        """End the sessions that hold the workers' locks, as a restart does. Returns how many."""
        backends = {backend for _name, backend in self.rows(LOCKS)}
        return sum(self.rows("SELECT pg_terminate_backend(%s)", backend)[0][0] for backend in backends)

    def stop_product(self) -> None:
        for process in [*self.workers, *self.webs.values()]:
            process.stop()


class Person:
    """Somebody logged in at one of the web processes."""

    def __init__(self, url: str, name: str = "agent", seconds: float = 30) -> None:
        self.http = httpx.Client(base_url=url, timeout=seconds)
        self.http.get("/login/")
        token = self.http.cookies["csrftoken"]
        form = {"username": name, "password": "demo", "csrfmiddlewaretoken": token}
        answer = self.http.post("/login/", data=form)
        assert answer.status_code == 302, answer.text[:500]

    def tag(self, chat: int, label: int, *, on: bool = True) -> httpx.Response:
        """Click a label of a chat, both by primary key."""
        headers = {"X-CSRFToken": self.http.cookies["csrftoken"], "HX-Request": "true"}
        return self.http.post(f"/chats/{chat}/labels/{label}/", data={"state": "on" if on else "off"}, headers=headers)

    def close(self) -> None:
        self.http.close()
