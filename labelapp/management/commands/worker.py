"""`manage.py worker`: drives waiting work until it is told to stop."""

import fcntl
import os
import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from labelapp import lifeline
from labelapp.lanes.worker import LaneDied, work


class Command(BaseCommand):
    help = "Apply deliveries, push wishes, import numbers. One per SQLite file, any number on PostgreSQL."

    def handle(self, *args: Any, **options: Any) -> None:
        lock = self._only_one() if settings.ON_SQLITE else None
        stopping = threading.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: stopping.set())
        lifeline.watch()
        code = 0
        try:
            work(stopping)
        except LaneDied as died:
            self.stderr.write(f"{died} The worker ends, to be started again.")
            code = 1
        if lock:
            os.close(lock)
        # a call that hangs in the pool must not keep the process: its wish is found again at the next start
        os._exit(code)

    def _only_one(self) -> int:
        """Take the file lock of this SQLite database, or say who has it."""
        handle = os.open(settings.DATA_DIR / "worker.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CommandError(
                f"A worker runs on {settings.DATA_DIR} already. SQLite takes one; use PostgreSQL for more."
            ) from None
        return handle
