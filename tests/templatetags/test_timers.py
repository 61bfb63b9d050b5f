"""The time of a label in words, on the reader's clock."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from labelapp.queries.directory import Tag
from labelapp.queries.inbox import Pair, Until
from labelapp.templatetags import timers
from labelapp.templatetags.panels import panel_chip
from labelapp.templatetags.rows import pair_chip
from labelapp.templatetags.timers import short_time, words_of

VIP = Tag(pk=7, wa_id="31", name="VIP", color="c3")
COLD = Tag(pk=8, wa_id="32", name="<b>Cold", color="c4")
NOW = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)  # a Tuesday; in Cairo it is half past midnight, Wednesday


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.mark.parametrize(
    ("at", "utc", "cairo"),
    [
        ("2026-11-24 23:00", "23:00", "01:00"),
        ("2026-11-24 20:00", "20:00", "yesterday 22:00"),
        ("2026-11-25 23:00", "tomorrow 23:00", "tomorrow 01:00"),
        ("2026-11-26 08:00", "Thu 08:00", "tomorrow 10:00"),
        ("2026-11-30 08:00", "Mon 08:00", "Mon 10:00"),
        ("2026-12-01 08:00", "1 Dec 08:00", "Tue 10:00"),
        ("2026-11-20 08:00", "20 Nov 08:00", "20 Nov 10:00"),
        ("2027-01-12 08:00", "12 Jan 2027", "12 Jan 2027"),
    ],
)
def test_as_short_as_it_can_be_told(at: str, utc: str, cairo: str) -> None:
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    with timezone.override("UTC"):
        assert short_time(moment) == utc
    with timezone.override("Africa/Cairo"):
        assert short_time(moment) == cairo


@pytest.mark.parametrize(
    ("then", "into", "sentence"),
    [
        ("remove", None, "Until 23:00, then it comes off."),
        ("turn", COLD, "Until 23:00, then it turns into “<b>Cold”."),
        ("call", None, "Until 23:00, then somebody is told."),
    ],
)
def test_what_happens_then(then: str, into: Tag | None, sentence: str) -> None:
    words = words_of(Until(NOW + timedelta(minutes=30), then, into))
    assert words == timers.Words("23:00", sentence, False)


def test_the_chip_of_a_row_shows_the_time_and_tells_it_to_the_ear() -> None:
    html = pair_chip(Pair(VIP, "confirmed", True, "", Until(NOW + timedelta(minutes=30), "turn", COLD)))
    assert '<span class="tm" aria-hidden="true">' in html
    assert "#timer" in html
    assert "23:00</span>" in html
    assert 'title="VIP: on WhatsApp, confirmed. Until 23:00, then it turns into “&lt;b&gt;Cold”."' in html
    assert '<span class="vh">, Until 23:00, then it turns into “&lt;b&gt;Cold”.</span>' in html


def test_one_whose_time_has_come_says_so() -> None:
    html = pair_chip(Pair(VIP, "confirmed", True, "", Until(NOW - timedelta(hours=1), "call")))
    assert '<span class="tm late" aria-hidden="true">' in html
    assert "Its time has come: 21:30." in html


def test_the_panel_leads_to_the_time_where_one_may_set_it() -> None:
    until = Until(NOW + timedelta(minutes=30), "remove")
    unset, timed = panel_chip(Pair(VIP, "confirmed", True, ""), 17, True), Pair(VIP, "confirmed", True, "", until)
    assert 'href="/chats/17/labels/7/timer/"' in unset
    assert 'aria-label="Timer of VIP"' in unset
    assert 'class="tm"' not in unset
    html = panel_chip(timed, 17, True)
    assert 'aria-label="Timer of VIP. Until 23:00, then it comes off."' in html
    assert html.count('class="tm"') == 1
    seen = panel_chip(timed, 17, False)
    assert ("<a" in seen, 'class="tm"' in seen) == (False, True)
