from collections import namedtuple
from pathlib import Path

import pytest

from labelapp.queries import checkup
from labelapp.queries.checkup import check_disk

Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(("free", "level"), [(50 << 30, "ok"), (1 << 30, "warning"), (100 << 20, "failure")])
def test_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: str) -> None:
    monkeypatch.setattr(checkup.shutil, "disk_usage", lambda folder: Usage(100 << 30, 0, free))
    found = check_disk(tmp_path)
    assert (found.level, found.area) == (level, "disk")


def test_a_data_folder_that_nobody_has_made_yet(tmp_path: Path) -> None:
    """On PostgreSQL only `collectstatic` makes it."""
    assert check_disk(tmp_path / "not" / "there").code.startswith("disk.")
