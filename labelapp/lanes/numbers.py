"""The numbers that lanes work for, read once for all lanes that are woken together."""

import threading
import time
from copy import copy

from django.db import connection

from labelapp.models import Instance


class Numbers:
    """Shared by the lanes of a worker. Each gets rows of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = -1.0
        self._rows: list[Instance] = []

    def read(self, since: float) -> list[Instance]:
        """The connected numbers as they were at `since` (monotonic seconds) or later. Raises Error."""
        with self._lock:
            if self._read_at < since:
                self._read_at = time.monotonic()
                try:
                    self._rows = list(Instance.objects.connected())
                except BaseException:
                    self._read_at = -1.0
                    raise
                finally:
                    connection.close()
            return [copy(row) for row in self._rows]
