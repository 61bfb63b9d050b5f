"""The line of a chat."""

from datetime import UTC, datetime, timedelta

import pytest

from labelapp.models import Chat
from labelapp.models.fields import NEVER
from labelapp.queries.directory import Tag
from labelapp.queries.inbox import Pair, Row
from labelapp.templatetags.rows import (
    Look,
    badge_html,
    chips_html,
    mark_html,
    preview_html,
    row_html,
    time_html,
    waited,
    writer,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NASTY = "<img src=x onerror=alert(1)>"


def chat(**more: object) -> Chat:
    return Chat(
        **({"pk": 17, "jid": "201000000011@c.us", "name": "Mariam Haddad", "last_message_text": "Hello"} | more)
    )


def pair(pk: int, name: str, *, stage: int = 0, state: str = "confirmed", wanted: bool = True, error: str = "") -> Pair:
    tag = Tag(pk, str(pk), name, "c1", exclusive=stage > 0, stage=stage, stages=3 if stage else 0)
    return Pair(tag, state, wanted, error)


def test_a_name_and_a_message_are_text() -> None:
    mine = chat(name=NASTY, jid='"><b>', last_message_text=NASTY, last_message_sender=NASTY, kind="group")
    html = row_html(Row(mine, [], NEVER), Look(NOW, may_tag=True, query='q="><b>&label=3'))
    assert ("<img" in html, "<b>" in html) == (False, False)
    assert html.count("&lt;img src=x onerror=alert(1)&gt;") == 6
    assert 'data-chat="&quot;&gt;&lt;b&gt;"' in html
    assert 'href="/chats/17/?q=&quot;&gt;&lt;b&gt;&amp;label=3"' in html


def test_a_group_names_who_wrote_and_we_are_named_to_the_ear() -> None:
    assert "<bdi>João</bdi>: Hello" in preview_html(chat(kind="group", last_message_sender="João"))
    assert "<bdi>+351912000000</bdi>: Hello" in preview_html(
        chat(kind="group", last_message_sender="351912000000@c.us")
    )
    ours = preview_html(chat(last_message_from_me=True))
    assert '<span class="vh">You:</span>' in ours
    assert "#ticks" in ours


@pytest.mark.parametrize(
    ("media", "word"), [("audio", "Voice message"), ("image", "Photo"), ("hologram", "Attachment")]
)
def test_a_message_without_words_says_what_it_carries(media: str, word: str) -> None:
    assert word in preview_html(chat(last_message_text="", last_message_media=media))
    assert word not in preview_html(chat(last_message_media=media))


@pytest.mark.parametrize(
    ("sender", "shown"), [("Rui", "Rui"), ("35191@c.us", "+35191"), ("1234@lid", "1234"), ("", "")]
)
def test_who_wrote(sender: str, shown: str) -> None:
    assert writer(sender) == shown


def test_the_stage_has_its_slot_then_three_free_labels_then_a_number() -> None:
    pairs = [pair(1, "Quoted", stage=2), *(pair(n, f"L{n}") for n in range(2, 8))]
    html = chips_html(pairs, has_funnel=True)
    assert html.count("data-label=") == 4
    assert html.index("stage-slot") < html.index("Quoted") < html.index("L2") < html.index("L4")
    assert ">+3</bdi>" in html
    assert "3 more labels" in html


def test_a_number_says_it_when_a_label_in_it_failed() -> None:
    pairs = [pair(n, f"L{n}") for n in range(1, 5)]
    assert "#alert" not in chips_html(pairs, has_funnel=False)
    assert "#alert" in chips_html([*pairs, pair(9, "Lost", state="failed")], has_funnel=False)


def test_no_stage_is_told_only_where_there_are_stages() -> None:
    assert "No stage" in chips_html([pair(1, "VIP")], has_funnel=True)
    assert "No stage" not in chips_html([pair(1, "VIP")], has_funnel=False)


def test_a_failure_is_told_in_words() -> None:
    assert "The provider says: limit reached" in chips_html(
        [pair(1, "VIP", state="failed", error="said:limit reached")], False
    )


def test_who_waits_is_bold_until_this_person_has_looked() -> None:
    waiting = chat(last_in_at=NOW - timedelta(hours=2))
    news, seen = (row_html(Row(waiting, [], read_at), Look(NOW)) for read_at in (NEVER, NOW))
    assert ('class="row unread"' in news, 'class="row"' in seen) == (True, True)
    assert ('class="badge"' in news, 'class="badge seen"' in seen) == (True, True)
    assert ("2 h" in news, "Waiting for 2 hours" in news) == (True, True)


def test_an_answered_chat_waits_for_nothing() -> None:
    answered = chat(last_in_at=NOW - timedelta(hours=2), last_out_at=NOW - timedelta(hours=1))
    assert badge_html(Row(answered, [], NEVER), NOW) == ""


@pytest.mark.parametrize(
    ("minutes", "short", "spoken"),
    [
        (0, "1 min", "Waiting for 1 minute"),
        (59, "59 min", "Waiting for 59 minutes"),
        (60, "1 h", "Waiting for 1 hour"),
        (60 * 24 - 1, "23 h", "Waiting for 23 hours"),
        (60 * 24 * 3, "3 d", "Waiting for 3 days"),
    ],
)
def test_a_waiting_time_is_told_in_its_largest_unit(minutes: int, short: str, spoken: str) -> None:
    assert waited(timedelta(minutes=minutes)) == (short, spoken)


def test_never_shows_as_nothing() -> None:
    assert time_html(NEVER) == ""


def test_who_may_not_tag_gets_no_button() -> None:
    row = Row(chat(), [], NEVER)
    assert "data-pick" not in row_html(row, Look(NOW))
    assert 'data-pick="17"' in row_html(row, Look(NOW, may_tag=True))


def test_the_open_chat_is_marked() -> None:
    row = Row(chat(), [], NEVER)
    assert 'aria-current="true"' in row_html(row, Look(NOW, open_pk=17))
    assert "aria-current" not in row_html(row, Look(NOW, open_pk=18))


def test_a_group_and_an_archived_chat_say_so() -> None:
    assert "Group" in mark_html(chat(kind="group"))
    assert "Archived in WhatsApp" in mark_html(chat(archived=True))
    assert mark_html(chat()) == ""
