import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from labelapp.management.commands.worker import Command

ROOT = Path(__file__).resolve().parent.parent.parent


def environment(data: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "ENV_FILE": "",
        "DATA_DIR": str(data),
        "LOG_LEVEL": "INFO",
        "DJANGO_SETTINGS_MODULE": "labelapp.settings",
    }


def manage(data: Path, *command: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=environment(data),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def ended(process: "subprocess.Popen[str]") -> Iterator[None]:
    """A mistake in the block must not wait for the process for ever."""
    try:
        yield
    finally:
        process.kill()


def test_a_second_worker_on_one_file_says_so(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR, settings.ON_SQLITE = tmp_path, True
    lock = Command()._only_one()
    with pytest.raises(CommandError) as refused:
        call_command("worker")
    assert str(refused.value) == f"A worker runs on {tmp_path} already. SQLite takes one; use PostgreSQL for more."
    os.close(lock)
    os.close(Command()._only_one())  # free as soon as the first one is gone, however it went
    assert (tmp_path / "worker.lock").stat().st_mode & 0o777 == 0o600


def test_a_real_worker_refuses_a_second_and_stops_when_told(tmp_path: Path) -> None:
    """On an empty database, which it has to survive as well: it may be migrated a moment later."""
    with manage(tmp_path, "worker") as first, ended(first):
        assert first.stdout is not None
        while "worker started" not in (line := first.stdout.readline()):
            assert line, "the worker ended"
        with manage(tmp_path, "worker") as second:
            assert second.wait(20) == 1
            assert second.stdout is not None
            assert "A worker runs on" in (told := second.stdout.read())
            assert "Traceback" not in told
        start = time.monotonic()
        first.send_signal(signal.SIGTERM)
        assert first.wait(10) == 0
        assert time.monotonic() - start < 5
