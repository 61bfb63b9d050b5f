"""What `manage.py doctor` says: the form of its lines. What it finds without asking a provider is in the files beside this one."""

import shutil
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

LOW, TOO_LOW = 2 << 30, 256 << 20  # bytes that are left on the disk


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report: what was found, and what to do about it. Holds no secret and no customer's name.

    `code` is "area.finding", the same in every language and version: docs/running.md lists those that are not ok.
    """

    code: str
    level: Level
    words: str
    todo: str = ""
    instance: str = ""  # the number's short name, where it is about one

    @property
    def area(self) -> str:
        return self.code.partition(".")[0]


def ok(code: str, words: str, instance: str = "") -> Check:
    return Check(code, Level.OK, words, "", instance)


def warning(code: str, words: str, todo: str, instance: str = "") -> Check:
    return Check(code, Level.WARNING, words, todo, instance)


def failure(code: str, words: str, todo: str, instance: str = "") -> Check:
    return Check(code, Level.FAILURE, words, todo, instance)


def check_disk(folder: Path | None = None) -> Check:
    """How much room is left where the data is: on SQLite the database, on PostgreSQL only what this machine writes."""
    folder = folder or settings.DATA_DIR
    there = next(path for path in (folder, *folder.parents) if path.is_dir())  # on PostgreSQL nothing may have made it
    free = shutil.disk_usage(there).free
    words = _("%(n).1f GiB are free in the data folder.") % {"n": free / (1 << 30)}
    todo = _("Make room: without it nothing can be stored.")
    if free < LOW:
        return (failure if free < TOO_LOW else warning)("disk.low", words, todo)
    return ok("disk.room", words)
