"""The commands of compose.yaml as plain processes against PostgreSQL, with the variables that it gives them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.stack import HOST, ROOT, answers, clean_environment, free_port, wait_until

pytestmark = pytest.mark.faults
SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
NAMED = re.compile(r"\$\{(\w+)[^}]*\}")


def start(service: str, values: dict[str, str]) -> subprocess.Popen[bytes]:
    """The service as compose would start it, except for where it listens and where the database is."""
    given = {
        name: NAMED.sub(lambda found: values.get(found[1], ""), raw)
        for name, raw in SERVICES[service]["environment"].items()
    }
    told = {name: value for name, value in given.items() if value} | {
        name: values[name] for name in ("DATABASE_URL", "DATA_DIR", "HOST", "PORT")
    }
    command = [sys.executable, *SERVICES[service]["command"][1:]]
    return subprocess.Popen(command, cwd=ROOT, env=clean_environment(**told))  # noqa: S603


def test_migrate_then_web_and_worker_are_ready_and_stop_when_told(database: dict[str, str], tmp_path: Path) -> None:
    port = str(free_port())
    url = f"http://{HOST}:{port}"
    values = database | {
        "POSTGRES_PASSWORD": "x",
        "PUBLIC_URL": url,
        "DATA_DIR": str(tmp_path),
        "HOST": HOST,
        "PORT": port,
    }
    assert start("migrate", values).wait(60) == 0
    running = [start(service, values) for service in ("web", "worker")]
    try:
        wait_until(lambda: answers(f"{url}/readyz"), 40, told="ready")
    finally:
        for process in running:
            process.terminate()
        ended = [process.wait(10) for process in running]
    assert ended == [-15, 0]  # uvicorn stops in good order, then ends by the signal that told it to
