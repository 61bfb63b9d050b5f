import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from labelapp.models import Instance, Label, Run, User
from tests.conftest import MakeChat, make_number

Labels = dict[str, Label]


@pytest.fixture
def numbers(tmp_path: Path, make_chat: MakeChat, labels: Labels, lead: User) -> str:
    make_chat("201001234567@c.us")
    make_chat("201001234568@c.us", labels=(labels["VIP"],))
    path = tmp_path / "autumn.csv"
    path.write_text("name;phone\nMona;01001234567\nRui;+20 100 123 4568\nNobody;+201009999999\nMona;01001234567\n")
    return str(path)


def tag(*arguments: str, user: str = "lead", **more: Any) -> str:
    out = io.StringIO()
    call_command("tag", "--as", user, *arguments, stdout=out, **more)
    return out.getvalue()


def test_a_dry_run_changes_nothing(numbers: str) -> None:
    told = tag("--numbers", numbers, "--add", "VIP", "--dry-run")
    assert told.splitlines()[:2] == ["2 of 4 entries have a chat, 1 came twice.", "  line 4: no chat: +201009999999"]
    assert "1 would change, through at about 20" in told
    assert told.splitlines()[-1] == "Nothing was changed."
    assert not Run.objects.exists()


def test_a_run(numbers: str, number: Instance, lead: User) -> None:
    told = tag("--numbers", numbers, "--add", "VIP", "--remove", "On hold", "--reason", "Autumn", "--instance", "demo")
    run = Run.objects.get()
    assert told.splitlines()[-1] == f"Run {run.pk} has begun."
    assert (run.user, run.adds, run.removes, run.purpose, run.fires_rules, run.target_text) == (
        lead,
        ["VIP"],
        ["On hold"],
        "Autumn",
        False,
        "autumn.csv",
    )
    assert run.chats.count() == 2


def test_from_the_input(numbers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"01001234567\n")))
    assert "1 would change" in tag("--numbers", "-", "--add", "VIP", "--dry-run")


@pytest.mark.parametrize(
    ("arguments", "user", "words"),
    [
        (("--add", "VIP"), "nobody", "nobody called 'nobody'"),
        (("--add", "VIP"), "agent", "You may not do this"),
        (("--add", "VIP", "--instance", "other"), "lead", "no number 'other'"),
        (("--add", "Nonsense"), "lead", "No number has a label of this name"),
        ((), "lead", "Choose at least one label"),
    ],
)
def test_what_makes_no_sense(
    numbers: str, agent: User, other_number: Instance, arguments: tuple[str, ...], user: str, words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        tag("--numbers", numbers, *arguments, user=user)
    assert not Run.objects.exists()


def test_a_list_that_can_not_be_read(numbers: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        tag("--numbers", str(tmp_path / "none.csv"), "--add", "VIP")
    (tmp_path / "bad.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CommandError, match="no text in UTF-8"):
        tag("--numbers", str(tmp_path / "bad.csv"), "--add", "VIP")


# By query


def test_all_that_match(numbers: str, number: Instance, lead: User) -> None:
    told = tag("--query=-label:VIP", "--instance", "demo", "--add", "VIP", "--remove", "On hold")
    run = Run.objects.get()
    assert told.splitlines() == [f"Run {run.pk} has begun."]
    assert (run.target, run.target_text, run.adds, run.chats.count()) == ("query", "-label:VIP", ["VIP"], 1)


def test_a_look_at_all_that_match(numbers: str) -> None:
    told = tag("--query", "Hello", "--add", "VIP", "--dry-run").splitlines()
    assert told[0].startswith("1 would change, through at about 20")
    assert told[-1] == "Nothing was changed."
    assert not Run.objects.exists()


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ('label:"On hold"', "No chat matches|There is no chat to change"),
        ("label:nonsense", "“label:nonsense” means nothing in this filter|“nonsense” means nothing in this filter"),
        ("", "The query is empty"),
        ("  ", "The query is empty"),
    ],
)
def test_a_query_that_finds_nothing_or_means_nothing(
    numbers: str, query: str, words: str, more: tuple[str, ...]
) -> None:
    with pytest.raises(CommandError, match=words):
        tag("--query", query, "--add", "VIP", *more)
    assert not Run.objects.exists()


def test_another_number_s_chats_are_left_alone(numbers: str, number: Instance, make_chat: MakeChat) -> None:
    other = make_number("porto")
    Label.objects.create(instance=other, wa_id="1", name="VIP", known_at=other.imported_at)
    make_chat(instance=other)
    tag("--query=-label:VIP", "--instance", "porto", "--add", "VIP")
    assert list(Run.objects.get().numbers.all()) == [other]


@pytest.mark.parametrize("which", [(), ("--numbers", "x", "--query", "y")])
def test_one_way_to_say_which(lead: User, number: Instance, which: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="--numbers"):
        tag(*which, "--add", "VIP")
