"""The dialog of a label's time, over HTTP."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertRedirects

from labelapp.forms.timers import LocalTimeField, likely_times
from labelapp.models import Chat, Instance, Label, LabelTimer, LedgerEntry, User
from tests.conftest import MakeChat, person
from tests.ruled import carried

HTMX = {"HX-Request": "true", "HX-Target": "view-side", "HX-Current-URL": "http://testserver/chats/"}
Labels = dict[str, Label]


@pytest.fixture
def asked(client: Client, agent: User) -> Client:
    client.force_login(agent)
    return client


@pytest.fixture
def chat(make_chat: MakeChat, labels: Labels) -> Chat:
    return make_chat(name="Mariam", labels=(labels["VIP"],))


def address(chat: Chat, label: Label) -> str:
    return f"/chats/{chat.pk}/labels/{label.pk}/timer/"


def send(client: Client, chat: Chat, label: Label, **form: object) -> tuple[int, str]:
    answer = client.post(address(chat, label), {"when": "hour", "then": "remove"} | form, headers=HTMX)
    return answer.status_code, answer.content.decode()


def test_the_dialog_offers_times_labels_and_people(asked: Client, agent2: User, chat: Chat, labels: Labels) -> None:
    Label.objects.filter(name="Paid").update(archived_at=timezone.now())
    html = asked.get(address(chat, labels["VIP"]), headers=HTMX).content.decode()
    assert '<dialog open class="modal sheet" data-modal' in html
    assert re.findall(r'name="when" value="(\w+)"', html) == ["hour", "morning", "monday", "week", "at"]
    turn = re.search(r'<select name="turn_into".*?</select>', html, re.S)
    assert turn
    assert re.findall(r"<option[^>]*>([^<]+)", turn[0]) == ["Choose a label", "New lead", "Quoted", "On hold"]
    call = re.search(r'<select name="call".*?</select>', html, re.S)
    assert call
    assert re.findall(r"<option[^>]*>([^<]+)", call[0]) == ["Me", "Agent2 Demo"]
    assert "timer-clear" not in html


def test_a_time_is_set_and_the_page_told(asked: Client, agent: User, chat: Chat, labels: Labels) -> None:
    answer = asked.post(address(chat, labels["VIP"]), {"when": "hour", "then": "remove"}, headers=HTMX)
    assert (answer.status_code, answer.content) == (200, b"")
    assert f"chat-{chat.pk}" in answer["HX-Trigger"]
    timer = LabelTimer.objects.get()
    assert timedelta(minutes=59) < timer.due_at - timezone.now() <= timedelta(hours=1)
    assert (timer.then, timer.set_by) == ("remove", agent)


def test_the_persons_own_clock_counts(asked: Client, agent: User, chat: Chat, labels: Labels) -> None:
    """Written and shown there, kept as a moment."""
    User.objects.filter(pk=agent.pk).update(time_zone="Africa/Cairo")
    day = timezone.localdate() + timedelta(days=30)
    send(asked, chat, labels["VIP"], when="at", at=f"{day}T10:00", then="call", call=agent.pk)
    timer = LabelTimer.objects.get()
    assert timer.due_at.astimezone(agent.zone.__class__("Africa/Cairo")).replace(tzinfo=None) == datetime(
        day.year, day.month, day.day, 10
    )
    html = asked.get(address(chat, labels["VIP"]), headers=HTMX).content.decode()
    assert f'value="{day}T10:00"' in html
    assert 'name="when" value="at"' in html
    assert re.search(r'name="when" value="at"[^>]* checked', html)
    assert re.search(r'name="then" value="call"[^>]* checked', html)
    assert "timer-clear" in html
    User.objects.filter(pk=agent.pk).update(time_zone="Europe/Lisbon")
    html = asked.get(address(chat, labels["VIP"]), headers=HTMX).content.decode()
    assert f'value="{day}T10:00"' not in html


def test_the_chips_show_it(asked: Client, chat: Chat, labels: Labels) -> None:
    send(asked, chat, labels["VIP"], then="turn", turn_into=labels["On hold"].pk)
    for part in ("row", "tags"):
        html = asked.get(f"/chats/{chat.pk}/{part}/", headers=HTMX).content.decode()
        assert 'class="tm"' in html
        assert "then it turns into “On hold”." in html
    activity = asked.get(f"/chats/{chat.pk}/activity/", headers=HTMX).content.decode()
    assert "Agent Demo</b> set a timer on" in activity
    assert "then it turns into “On hold”." in activity


def test_it_is_taken_away(asked: Client, chat: Chat, labels: Labels) -> None:
    send(asked, chat, labels["VIP"])
    for _time in range(2):
        assert send(asked, chat, labels["VIP"], clear="1") == (200, "")
    assert (LabelTimer.objects.count(), carried(chat)) == (0, {"VIP"})
    activity = asked.get(f"/chats/{chat.pk}/activity/", headers=HTMX).content.decode()
    assert "Agent Demo</b> took the timer of" in activity


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"when": "at"}, "Give a day and a time."),
        ({"when": "at", "at": "soon"}, "This is no day with a time."),
        ({"when": "at", "at": "9999-12-31T23:59"}, "A timer can be set for a year ahead at most."),
        ({"when": "at", "at": "0001-01-01T00:00"}, "This time is over."),
        ({"when": "at", "at": "2020-01-01T00:00"}, "This time is over."),
        ({"then": "turn"}, "Choose what it turns into."),
        ({"then": "call", "call": ""}, "Choose who is told."),
        ({"then": "turn", "turn_into": "999999"}, "Select a valid choice. 999999 is not one of the available choices."),
        ({"then": "turn", "turn_into": "\0"}, "is not one of the available choices."),
        ({"when": "x"}, "Select a valid choice. x is not one of the available choices."),
        ({"then": ""}, "This field is required."),
    ],
)
def test_what_makes_no_sense_is_told_beside_its_field(
    asked: Client, chat: Chat, labels: Labels, form: dict[str, str], words: str
) -> None:
    status, html = send(asked, chat, labels["VIP"], **form)
    assert (status, words in html) == (422, True), html
    assert 'class="errors"' in html
    assert (LabelTimer.objects.count(), LedgerEntry.objects.count()) == (0, 0)


def test_a_label_that_was_deleted_meanwhile_is_told_in_the_dialog(asked: Client, chat: Chat, labels: Labels) -> None:
    Label.objects.filter(name="VIP").update(deleted_at=timezone.now())
    status, html = send(asked, chat, labels["VIP"])
    assert (status, "“VIP” was deleted in WhatsApp." in html) == (422, True)


def test_who_may_not_tag_is_refused_and_not_offered(client: Client, chat: Chat, labels: Labels) -> None:
    client.force_login(person("guest"))
    status, html = send(client, chat, labels["VIP"])
    assert (status, "You may not do this. Ask an admin of your team." in html) == (422, True)
    assert send(client, chat, labels["VIP"], clear="1") == (403, "You may not do this. Ask an admin of your team.")
    assert "/timer/" not in client.get(f"/chats/{chat.pk}/").content.decode()
    assert LabelTimer.objects.count() == 0


def test_a_stranger_and_a_label_of_another_number_get_404(
    asked: Client, admin: User, other_number: Instance, chat: Chat, make_chat: MakeChat, labels: Labels
) -> None:
    there = Label.objects.create(instance=other_number, wa_id="1", name="Secret", known_at=timezone.now())
    hidden = make_chat(name="Hidden", instance=other_number, labels=(there,))
    for where, label in ((hidden, there), (hidden, labels["VIP"]), (chat, there)):
        assert asked.get(address(where, label), headers=HTMX).status_code == 404
        assert send(asked, where, label)[0] == 404
    asked.force_login(admin)
    assert asked.get(address(chat, there), headers=HTMX).status_code == 404
    assert LabelTimer.objects.count() == 0


def test_anonymous_people_are_sent_to_the_login(client: Client, chat: Chat, labels: Labels) -> None:
    assert client.get(address(chat, labels["VIP"]))["Location"].startswith("/login/")


def test_without_a_script_it_is_a_page_that_leads_back(asked: Client, chat: Chat, labels: Labels) -> None:
    html = asked.get(address(chat, labels["VIP"])).content.decode()
    assert "<dialog" not in html.partition('id="main"')[2].partition("</main>")[0]
    assert 'name="csrfmiddlewaretoken"' in html
    assertRedirects(asked.post(address(chat, labels["VIP"]), {"when": "week", "then": "remove"}), f"/chats/{chat.pk}/")
    assert LabelTimer.objects.count() == 1
    assertRedirects(asked.post(address(chat, labels["VIP"]), {"clear": "1"}), f"/chats/{chat.pk}/")
    assert LabelTimer.objects.count() == 0


@pytest.mark.parametrize("count", [1, 30])
def test_times_cost_no_queries_each(
    asked: Client,
    agent: User,
    make_chat: MakeChat,
    labels: Labels,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _n in range(count):
        chat = make_chat(labels=(labels["VIP"],))
        send(asked, chat, labels["VIP"], then="turn", turn_into=labels["On hold"].pk)
    with django_assert_num_queries(9):  # as without
        html = asked.get("/chats/rows/?instance=demo", headers=HTMX).content.decode()
    assert html.count('class="tm"') == count


def moments(now: str, zone: str) -> dict[str, str]:
    with timezone.override(zone):
        found = likely_times(datetime.fromisoformat(now).replace(tzinfo=UTC))
    return {key: f"{at:%Y-%m-%d %H:%M}" for key, at in found.items()}


@pytest.mark.parametrize(
    ("zone", "now", "morning", "monday", "week"),
    [
        ("Africa/Cairo", "2026-11-24 22:30", "2026-11-26 07:00", "2026-11-30 07:00", "2026-12-01 22:30"),
        ("UTC", "2026-11-23 12:00", "2026-11-24 09:00", "2026-11-30 09:00", "2026-11-30 12:00"),  # a Monday
        ("UTC", "2026-11-29 12:00", "2026-11-30 09:00", "2026-11-30 09:00", "2026-12-06 12:00"),  # a Sunday
        ("Europe/Lisbon", "2026-03-28 12:00", "2026-03-29 08:00", "2026-03-30 08:00", "2026-04-04 11:00"),
        ("Europe/Lisbon", "2026-10-24 11:00", "2026-10-25 09:00", "2026-10-26 09:00", "2026-10-31 12:00"),
    ],
)
def test_likely_times_are_those_of_the_clock_on_the_wall(
    zone: str, now: str, morning: str, monday: str, week: str
) -> None:
    """Also where the clocks are changed before they come."""
    found = moments(now, zone)
    assert (found["morning"], found["monday"], found["week"]) == (morning, monday, week)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-29T00:30", "2026-03-29 00:30"),
        ("2026-03-29T01:30", None),  # left out
        ("2026-03-29T02:30", "2026-03-29 01:30"),
        ("2026-10-25T01:30", "2026-10-25 00:30"),  # comes twice
    ],
)
def test_an_hour_that_is_left_out_is_refused_and_of_two_the_first_is_meant(text: str, moment: str | None) -> None:
    field = LocalTimeField(required=False)
    with timezone.override("Europe/Lisbon"):
        if moment is None:
            with pytest.raises(Exception, match="the clocks are put forward"):
                field.clean(text)
        else:
            assert f"{field.clean(text):%Y-%m-%d %H:%M}" == moment
