"""The activity's sentences, the picker's options."""

from datetime import UTC, datetime, timedelta

import pytest

from labelapp.models import LedgerEntry, User
from labelapp.models.reasons import Reason
from labelapp.queries.directory import Tag
from labelapp.queries.inbox import Pair
from labelapp.queries.panel import Deed
from labelapp.templatetags.panels import arrived, day, deed_detail, deed_sentence, option, panel_chip, plain_option

VIP = Tag(pk=7, wa_id="31", name="VIP", color="c3")
QUOTED = Tag(pk=2, wa_id="2", name="Quoted", color="c2", exclusive=True, stage=2, stages=3)
PAID = Tag(pk=3, wa_id="3", name="Paid", color="c12", exclusive=True, stage=3, stages=3)
GHOST = Tag(pk=9, wa_id="9", name="", color="cx", ghost=True)
MONA = User(username="mona", first_name="Mona", last_name="<b>Adel")


def deed(verb: str, source: str, *, cause: str = "", actor: User | None = None, took: timedelta | None = None) -> Deed:
    entry = LedgerEntry(verb=verb, source=source, cause=cause, actor=actor, at=datetime(2026, 11, 22, tzinfo=UTC))
    return Deed(entry, VIP, took)


def words(html: str) -> str:
    """The sentence with its chip as [VIP]."""
    start, end = html.index('<span class="chip'), html.rindex("</span>") + len("</span>")
    return html[:start] + "[VIP]" + html[end:]


@pytest.mark.parametrize(
    ("verb", "source", "sentence"),
    [
        ("add", "phone", "[VIP] was added on the phone"),
        ("remove", "phone", "[VIP] was removed on the phone"),
        ("add", "reconcile", "[VIP] was found on WhatsApp"),
        ("remove", "reconcile", "[VIP] was gone from WhatsApp"),
        ("fail", "agent", "[VIP] could not be applied"),
        ("keep", "agent", "[VIP] stays, because the new stage failed"),
        ("add", "rule", '<b dir="auto">A rule</b> added [VIP]'),
        ("remove", "event", '<b dir="auto">A business event</b> removed [VIP]'),
    ],
)
def test_what_happened_in_a_sentence(verb: str, source: str, sentence: str) -> None:
    assert words(deed_sentence(deed(verb, source))) == sentence


@pytest.mark.parametrize("cause", [Reason.POLICY(), Reason.MADE_REDUNDANT("Paid")])
def test_what_a_setting_did_was_not_done_on_whatsapp(cause: str) -> None:
    said = [words(deed_sentence(deed(verb, "reconcile", cause=cause))) for verb in ("add", "remove")]
    assert said == ["labelapp added [VIP]", "labelapp removed [VIP]"]


def test_a_difference_that_was_ignored_is_no_removal() -> None:
    said = [words(deed_sentence(deed("ignore", "agent", cause=cause))) for cause in ("", Reason.TAKEN_UP())]
    who = '<b dir="auto">Someone</b>'
    assert said == [f"{who} ignored a difference of [VIP]", f"{who} took up a difference of [VIP] again"]


def test_a_person_is_named_and_a_name_is_text() -> None:
    assert words(deed_sentence(deed("add", "agent", actor=MONA))) == '<b dir="auto">Mona &lt;b&gt;Adel</b> added [VIP]'


def test_details_tell_the_cause_and_the_way_to_whatsapp() -> None:
    detail = deed_detail(deed("add", "rule", cause="<i>quote", took=timedelta(seconds=1.4)))
    assert '<span dir="auto">&lt;i&gt;quote</span>' in detail
    assert "on WhatsApp after 1.4 s" in detail
    assert deed_detail(deed("add", "agent")) == ""


def test_a_failure_tells_its_reason_in_words() -> None:
    assert "The label was deleted in WhatsApp." in deed_detail(deed("fail", "agent", cause="deleted:"))


def test_the_phone_has_only_a_first_seen() -> None:
    assert "first seen" in deed_detail(deed("add", "phone"))


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0.1 s"), (1.44, "1.4 s"), (59, "59 s"), (120, "2 min"), (7200, "2 h")]
)
def test_a_way_is_told_as_exactly_as_it_matters(seconds: float, text: str) -> None:
    assert arrived(timedelta(seconds=seconds)).replace(".0 ", " ") == f"on WhatsApp after {text}"


def test_a_chip_of_the_panel_can_be_taken_off_where_one_may() -> None:
    pair = Pair(VIP, "confirmed", True, "")
    html = panel_chip(pair, 17, True)
    assert 'formaction="/chats/17/labels/7/"' in html
    assert 'name="state" value="off"' in html
    assert "<button" not in panel_chip(pair, 17, False)


@pytest.mark.parametrize("pair", [Pair(VIP, "sent", False, ""), Pair(GHOST, "confirmed", True, "")])
def test_what_is_coming_off_or_unknown_has_no_button(pair: Pair) -> None:
    assert "<button" not in panel_chip(pair, 17, True)


def test_options_say_what_is_on_and_what_a_stage_replaces() -> None:
    held = {2: Pair(QUOTED, "confirmed", True, "")}
    stages = {1: QUOTED}
    on, other = option(QUOTED, 17, held, stages, 1), option(PAID, 17, held, stages, 1)
    assert ('aria-selected="true"' in on, 'aria-selected="false"' in other) == (True, True)
    assert ("replaces" in on, "replaces" in other) == (False, True)
    assert 'data-url="/chats/17/labels/3/"' in other


def test_a_removal_in_progress_counts_as_off() -> None:
    assert 'aria-selected="false"' in option(VIP, 17, {7: Pair(VIP, "sent", False, "")}, {}, 0)


def test_an_unknown_label_cant_be_picked() -> None:
    assert (option(GHOST, 17, {}, {}, 0), plain_option(GHOST, 17, {})) == ("", "")


def test_days() -> None:
    assert day(datetime(2020, 3, 9, tzinfo=UTC).date()) == "9 March 2020"
