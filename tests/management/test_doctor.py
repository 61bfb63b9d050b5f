import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from labelapp.management.commands import doctor
from labelapp.models import Instance
from labelapp.queries.checkup import Check, failure, ok, warning
from labelapp.queries.health import Hearing

CODE = Path(doctor.__file__).parents[2]

FINE = ok("disk.room", "Room.")
POOR = warning("work.not_polled", "Late.", "Wait.")
BAD = failure("hooks.unreadable", "Gone.", "Do.", "demo")


def run(monkeypatch: pytest.MonkeyPatch, found: list[Check], *args: str) -> tuple[str, str]:
    """What is printed, and the error at the end."""
    monkeypatch.setattr(doctor, "examine", lambda slug: iter(found))
    out = StringIO()
    try:
        call_command("doctor", *args, stdout=out, no_color=True)
    except CommandError as error:
        return out.getvalue(), f"{error} (exit code {error.returncode})"
    return out.getvalue(), ""


def test_each_line_says_how_bad_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    out, error = run(monkeypatch, [FINE, POOR, BAD])
    assert out.splitlines() == [
        "ok       disk.room: Room.",
        "warning  work.not_polled: Late.",
        "         -> Wait.",
        "failure  hooks.unreadable demo: Gone.",
        "         -> Do.",
    ]
    assert error == "failures: 1, warnings: 1, fine: 1 (exit code 1)"


def test_warnings_are_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    out, error = run(monkeypatch, [FINE, POOR])
    assert (out.splitlines()[-1], error) == ("failures: 0, warnings: 1, fine: 1", "")


def test_programs_get_one_object(monkeypatch: pytest.MonkeyPatch) -> None:
    out, error = run(monkeypatch, [FINE, BAD], "--json")
    assert json.loads(out) == {
        "ok": False,
        "checks": [
            {"code": "disk.room", "level": "ok", "words": "Room.", "todo": "", "instance": ""},
            {"code": "hooks.unreadable", "level": "failure", "words": "Gone.", "todo": "Do.", "instance": "demo"},
        ],
    }
    assert error
    assert json.loads(run(monkeypatch, [FINE], "--json")[0])["ok"] is True


def test_an_unknown_number_is_refused(number: Instance) -> None:
    with pytest.raises(CommandError, match=r"There is no number “nobody”\."):
        call_command("doctor", "--instance", "nobody")


def test_for_real_it_ends_with_a_failure_where_nobody_works(number: Instance, settings: Any) -> None:
    """The real checks: no worker, and nothing listens at the number's address."""
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("doctor", "--instance", "demo", stdout=out, no_color=True)
    assert "failure  work.no_worker: No worker has shown itself for 30 s" in out.getvalue()
    assert "failure  provider.unreachable demo: The provider does not answer" in out.getvalue()


def test_a_database_that_is_away_is_in_the_report(number: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> Any:
        raise OperationalError("gone")

    monkeypatch.setattr(Instance.objects, "connected", away)
    out, error = run(monkeypatch, [BAD], "--instance", "demo")
    assert out.startswith("failure  hooks.unreadable demo: Gone.")
    assert error


# The codes


def codes_in_the_code() -> tuple[set[str], set[str]]:
    """All codes that the doctor can say, and those of them that say that something is well."""
    sources = [
        *(CODE / "queries").glob("checkup*.py"),
        *(CODE / "actions" / name for name in ("checkup.py", "asking.py")),
    ]
    text = "\n".join(source.read_text() for source in sources)
    area = "settings|database|work|disk|provider|hooks"
    made = {"settings.debug", "settings.demo"} | {f"hooks.{state}" for state in Hearing}
    found = set(re.findall(rf'"((?:{area})\.[a-z_]+)"', text)) | made
    well = set(re.findall(rf'\bok\(\s*"((?:{area})\.[a-z_]+)"', text))
    return found, well | {f"hooks.{state}" for state in (Hearing.ALL, Hearing.NO_LABELS_YET)}


def test_every_code_that_is_not_well_is_in_the_manual() -> None:
    found, well = codes_in_the_code()
    manual = (CODE.parent / "docs" / "running.md").read_text()
    assert set(re.findall(r"^\| `([a-z]+\.[a-z_]+)` \|", manual, re.MULTILINE)) == found - well
