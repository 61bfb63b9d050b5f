"""The environment: one file reads it, and `.env.example` lists all that is read."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = ROOT / "labelapp" / "settings.py"
READS = re.compile(r"""env\.\w+\(\s*"([A-Z_]+)"|environ\.get\("([A-Z_]+)\"""")


def variables_read() -> set[str]:
    return {first or second for first, second in READS.findall(SETTINGS.read_text())}


def variables_listed() -> list[str]:
    return re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)


def test_the_example_lists_exactly_what_the_settings_read() -> None:
    listed = variables_listed()
    assert sorted(listed) == sorted(variables_read())


def test_every_variable_has_a_comment_above_it() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    bare = [
        line for before, line in zip(["", *lines], lines, strict=False) if re.match(r"#?[A-Z_]+=", line) and not before
    ]
    assert bare == []


def test_the_example_changes_nothing() -> None:
    """A copy of it as .env is the default behaviour: every value is commented out."""
    assert re.findall(r"^[A-Z_]+=", (ROOT / ".env.example").read_text(), re.MULTILINE) == []


def test_no_other_file_reads_the_environment() -> None:
    own = {SETTINGS, ROOT / "labelapp" / "simulator" / "settings.py"}
    own |= {ROOT / "labelapp" / "lifeline.py"}  # hands the number of a pipe to its own children
    own |= {ROOT / "labelapp" / "management" / "commands" / "demo.py"}  # hands settings to itself, started anew
    readers = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "labelapp").rglob("*.py")
        if path not in own
        and re.search(r"\bgetenv\(|\benviron\.(get|pop)\(|\benviron\[[^]]+\](?! *=)", path.read_text())
    ]
    assert readers == []
