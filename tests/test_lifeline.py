"""Real processes: a supervisor that ends, on purpose or not, leaves no child."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from labelapp import lifeline
from labelapp.lifeline import Family

ROOT = str(Path(__file__).resolve().parent.parent)
SLEEP = ["-c", "import time; print('up', flush=True); time.sleep(60)"]
DEAF = [
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]
WATCHED = ["-c", "import time; from labelapp import lifeline; lifeline.watch(); time.sleep(60)"]
PARENT = f"""
import time
from labelapp.lifeline import Family
family = Family()
family.start("child", {WATCHED!r})
print(family.children["child"].pid, flush=True)
time.sleep(60)
"""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def test_leaving_the_block_ends_the_children() -> None:
    with Family() as family:
        family.start("a", SLEEP)
        family.start("b", SLEEP)
        pids = [child.pid for child in family.children.values()]
        assert (family.ended(), all(map(is_alive, pids))) == (None, True)
    assert not any(map(is_alive, pids))


def test_a_child_that_does_not_listen_is_made_to_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(lifeline, "GRACE", 0.3)
    ready = tmp_path / "ready"
    with Family() as family:
        deaf = DEAF[1].replace("print('up', flush=True)", f"open({str(ready)!r}, 'w').close()")
        family.start("deaf", ["-c", deaf])
        while not ready.exists():
            time.sleep(0.01)
        start = time.monotonic()
    assert family.children["deaf"].returncode == -signal.SIGKILL
    assert time.monotonic() - start < 3


def test_a_child_that_ends_by_itself_is_told() -> None:
    with Family() as family:
        family.start("short", ["-c", "pass"])
        family.children["short"].wait(10)
        assert family.ended() == "short"


def test_a_child_has_its_environment_and_its_own_group(tmp_path: Path) -> None:
    note = tmp_path / "note"
    code = f"import os; open({str(note)!r}, 'w').write(os.environ['COLOUR'] + str(os.getpgid(0) == os.getpid()))"
    with Family() as family:
        family.start("child", ["-c", code], {"COLOUR": "green"})
        assert family.children["child"].wait(10) == 0
    assert note.read_text() == "greenTrue"


def test_a_killed_supervisor_leaves_no_orphan() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, cwd=ROOT)  # noqa: S603
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.kill()
        deadline = time.monotonic() + 20
        while is_alive(child) and time.monotonic() < deadline:
            time.sleep(0.02)
    assert not is_alive(child)


def test_a_process_started_by_hand_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(lifeline.VARIABLE, raising=False)
    before = lifeline.threading.active_count()
    lifeline.watch()
    assert lifeline.threading.active_count() == before


def test_the_lifeline_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    monkeypatch.setenv(lifeline.VARIABLE, str(read))
    monkeypatch.setattr(lifeline, "_wait_for_end", lambda number: None)
    lifeline.watch()
    assert lifeline.VARIABLE not in os.environ
    os.close(read), os.close(write)


def test_a_child_that_ended_is_started_again_a_few_times() -> None:
    with Family() as family:
        family.start("child", ["-c", "pass"])
        pids = set()
        while True:
            pids.add(family.children["child"].pid)
            family.children["child"].wait(10)
            assert family.ended() == "child"
            if not family.revive("child"):
                break
    assert len(pids) == lifeline.LIVES + 1
