"""The words of the drift page."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from labelapp.models import Chat, ChatLabel, Instance, Label
from labelapp.models.fields import NEVER
from labelapp.queries.differences import Ref, Row
from labelapp.queries.directory import Tag
from labelapp.templatetags.drift import (
    age,
    check,
    drift_chip,
    pull_words,
    push_words,
    rule,
    signed,
    since,
    verified,
    why,
)

VIP = Tag(4, "4", "<VIP>", "c3")


def row(kind: str, **more: object) -> Row:
    return Row(kind, Ref("w", 1), timezone.now(), Chat(name="Salma"), [VIP], **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("n", "text"), [(4, "+4"), (0, "0"), (-3, "−3")])  # noqa: RUF001
def test_a_difference_has_its_sign(n: int, text: str) -> None:
    assert signed(n) == text


def test_how_old_a_comparison_is() -> None:
    assert (age(NEVER), verified(NEVER)) == ("never", "Not verified yet.")
    assert verified(timezone.now() - timedelta(minutes=2)) == "Verified 2 min ago."
    assert age(timezone.now() + timedelta(hours=1)) == "1 s"  # a clock that was set back


def test_a_comparison_that_never_ended_is_not_running() -> None:
    now = timezone.now()
    assert check(Instance(reconcile_started_at=now)).is_running
    assert not check(Instance(reconcile_started_at=now - timedelta(hours=2))).is_running
    assert check(Instance(reconcile_due_at=now)).is_due
    assert not check(Instance(reconcile_due_at=now + timedelta(minutes=1))).is_due


@pytest.mark.parametrize(
    ("kind", "wanted", "words"),
    [
        ("wish", True, ("Push", "Drop here")),
        ("wish", False, ("Take off phone", "Keep it")),
        ("removal", True, ("Push", "Take off")),
    ],
)
def test_what_can_be_done_is_said_by_what_it_does(kind: str, wanted: bool, words: tuple[str, str]) -> None:
    made = row(kind, pair=ChatLabel(wanted=wanted, label=Label(), chat=Chat()))
    assert (push_words(made), pull_words(made)) == words


def test_a_wish_tells_why_and_who(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 2, 9, 5, tzinfo=UTC))
    made = row("wish", pair=ChatLabel(wanted=True), who="Mona Adel")
    assert why(made) == "It could not be added."
    assert since(made) == "Mona Adel · 09:05"
    assert since(row("wish")) == "09:05"


def test_what_whatsapp_is_not_sure_of_is_hollow_and_its_name_is_text() -> None:
    html = drift_chip(row("removal"))
    assert 'class="chip c3 doubted"' in html
    assert "&lt;VIP&gt;" in html
    assert "<VIP>" not in html


def test_a_group_says_its_rule() -> None:
    assert "furthest wins" in rule(row("clash", policy="furthest"))
    assert rule(row("clash", policy="ask")) == "Only one of them may stay on a chat."
