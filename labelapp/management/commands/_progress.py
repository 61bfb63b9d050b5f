"""The progress of an import, told in a terminal."""

import time
from collections.abc import Callable

from labelapp.models import Instance


def follow_import(number: Instance, write: Callable[[str], object], check: Callable[[], None] = lambda: None) -> None:
    """Write a line whenever the import has got further, until it is done. `check` is called in between and may raise."""
    shown = ""
    while True:
        number.refresh_from_db()
        of = f" of {number.import_total}" if number.import_total else ""
        line = f"  {number.get_import_stage_display()}: {number.import_done}{of} {number.import_reason}".rstrip()
        if line != shown:
            write(line)
            shown = line
        if number.import_stage == Instance.ImportStage.DONE:
            return
        check()
        time.sleep(0.1)
