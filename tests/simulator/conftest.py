from collections.abc import Iterator

import pytest

from tests.simulator.process import SimulatorProcess
from tests.simulator.receiver import Receiver


@pytest.fixture(scope="session")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    running = SimulatorProcess(tmp_path_factory.mktemp("simulator") / "world.sqlite3", "--chats", "40")
    running.start()
    yield running
    running.stop()
    running.http.close()


@pytest.fixture
def simulator(process: SimulatorProcess) -> SimulatorProcess:
    """The running simulator with a fresh world of 40 chats, no faults, no hooks."""
    process.post("/sim/reset", {"seed": 1, "chats": 40})
    if process.get("/sim/state")["hooks"]:
        process.api("POST", "/v2/session/webhook", {"webhooks": []})
        process.post("/sim/reset", {"seed": 1, "chats": 40})
    return process


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    listening = Receiver()
    yield listening
    listening.close()


@pytest.fixture
def hook(simulator: SimulatorProcess, receiver: Receiver) -> Receiver:
    """A receiver that is subscribed to everything."""
    body = {"url": receiver.url, "events": ["*"], "hmac": "a-key", "retries": {"delay": 0.05, "attempts": 3}}
    assert simulator.api("POST", "/v2/webhook/set", body).status_code == 200
    return receiver
