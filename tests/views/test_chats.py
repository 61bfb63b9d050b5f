"""The inbox over HTTP: who may see it, what its fragments hold, what a click does."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertRedirects, assertTemplateUsed

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.identity import learn_hidden_ids
from labelapp.models import Change, Chat, ChatLabel, ChatRead, Instance, Label, LedgerEntry, Message, Receipt, User
from labelapp.models.fields import NEVER
from labelapp.views import chats as views
from labelapp.whatsapp.types import LidPair
from tests.conftest import MakeChat
from tests.drifted import give_up
from tests.wire import FarSide

Labels = dict[str, Label]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def asked(client: Client, agent: User) -> Client:
    """An agent's browser."""
    client.force_login(agent)
    return client


def ids(html: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'id="chat-(\d+)"', html)]


def page(client: Client, path: str, **headers: str) -> str:
    response = client.get(path, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def fragment(client: Client, path: str, current: str = "http://testserver/chats/") -> str:
    return page(client, path, **HTMX, **{"HX-Current-URL": current})


# ---- who may


def addresses(chat: Chat, label: Label) -> list[tuple[str, str]]:
    slug, one = chat.instance.slug, f"/chats/{chat.pk}/"
    gets = [f"/chats/?instance={slug}", f"/chats/rows/?instance={slug}", f"/chats/facets/?instance={slug}"]
    gets += [f"/chats/number/?instance={slug}", one, f"{one}row/", f"{one}panel/", f"{one}tags/", f"{one}messages/"]
    gets += [f"{one}activity/", f"{one}elsewhere/", f"{one}picker/"]
    posts = [f"{one}messages/", f"{one}labels/{label.pk}/", f"{one}labels/{label.pk}/dismiss/"]
    return [("get", path) for path in gets] + [("post", path) for path in posts]


@pytest.fixture
def closed(other_number: Instance, make_chat: MakeChat) -> tuple[Chat, Label]:
    """A chat and a label of a number that is for the admin alone."""
    label = Label.objects.create(instance=other_number, wa_id="1", name="Secret", known_at=timezone.now())
    return make_chat("301@c.us", "Secret chat", (label,), other_number), label


@pytest.mark.parametrize("n", range(15))
def test_a_stranger_gets_404_everywhere(asked: Client, number: Instance, closed: tuple[Chat, Label], n: int) -> None:
    method, path = addresses(*closed)[n]
    before = Change.objects.count()
    response = asked.get(path) if method == "get" else asked.post(path, {"state": "on", "fetch": "1"})
    assert response.status_code == 404
    assert "Secret" not in response.content.decode()
    assert (Change.objects.count(), ChatRead.objects.count()) == (before, 0)


def test_every_address_of_the_inbox_is_in_the_strangers_list(closed: tuple[Chat, Label]) -> None:
    assert len(addresses(*closed)) == 15


@pytest.mark.parametrize("n", range(15))
def test_anonymous_people_are_sent_to_the_login(
    client: Client, number: Instance, labels: Labels, make_chat: MakeChat, n: int
) -> None:
    method, path = addresses(make_chat(), labels["VIP"])[n]
    assert getattr(client, method)(path)["Location"].startswith("/login/?next=")
    response = getattr(client, method)(path, headers=HTMX)
    assert (response.status_code, response["HX-Redirect"].partition("?")[0]) == (401, "/login/")


def test_an_unknown_chat_is_404(asked: Client, number: Instance) -> None:
    assert asked.get("/chats/999/").status_code == 404


def test_without_a_number_an_admin_is_asked_to_connect_one_and_others_to_ask(
    client: Client, agent: User, admin: User
) -> None:
    client.force_login(agent)
    assert "Ask an admin" in page(client, "/chats/")
    client.force_login(admin)
    assert "Connect a number" in page(client, "/chats/")


# ---- the list


def test_the_list_is_sorted_by_last_message(asked: Client, make_chat: MakeChat) -> None:
    chats = [make_chat() for _ in range(3)]
    assert ids(page(asked, "/chats/")) == [chat.pk for chat in reversed(chats)]


def test_the_next_page_begins_below_the_last_row(asked: Client, make_chat: MakeChat) -> None:
    chats = [make_chat() for _ in range(53)]
    first = page(asked, "/chats/")
    following = re.search(r'hx-get="(/chats/rows/\?[^"]+)"', first)
    assert following
    second = fragment(asked, following[1].replace("&amp;", "&"))
    assert ids(first) + ids(second) == [chat.pk for chat in reversed(chats)]
    assert "more-rows" not in second


@pytest.mark.parametrize("after", ["", "x", "1-", "n0-1", "9" * 40 + "-1", "n0-" + "9" * 40 + "-1", "w0-1000000-7"])
def test_a_place_that_cant_be_read_is_the_first_page(asked: Client, make_chat: MakeChat, after: str) -> None:
    chat = make_chat()
    assert ids(fragment(asked, f"/chats/rows/?after={after}")) == [chat.pk]


@pytest.mark.parametrize("count", [1, 30])
def test_fifty_rows_cost_as_many_queries_as_one(
    asked: Client, labels: Labels, make_chat: MakeChat, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        make_chat(labels=tuple(labels.values()), last_in_at=timezone.now())
    asked.get("/chats/")  # the session remembers the number
    with django_assert_num_queries(9):
        assert len(ids(fragment(asked, "/chats/rows/?instance=demo"))) == count
    with django_assert_num_queries(14):
        assert len(ids(page(asked, "/chats/"))) == count


def test_labels_filter_and_what_is_chosen_can_be_dropped(asked: Client, labels: Labels, make_chat: MakeChat) -> None:
    vip, paid = labels["VIP"], labels["Paid"]
    make_chat(labels=(vip, paid))
    wanted = make_chat(labels=(vip,))
    make_chat()
    html = page(asked, "/chats/?q=label:vip+-label:paid")
    assert ids(html) == [wanted.pk]
    assert "1 of 3" in html
    assert 'href="/chats/?q=-label:Paid&amp;instance=demo"' in html
    assert 'href="/chats/?q=label:VIP&amp;instance=demo"' in html


def test_an_address_from_before_the_language_leads_to_the_same_list(
    asked: Client, labels: Labels, make_chat: MakeChat
) -> None:
    vip, paid = labels["VIP"], labels["Paid"]
    make_chat(labels=(vip, paid))
    wanted = make_chat(labels=(vip,))
    html = page(asked, f"/chats/?label={vip.pk}&not={paid.pk}")
    assert ids(html) == [wanted.pk]
    assert '<input type="hidden" name="q" value="label:VIP -label:Paid">' in html


def test_words_stay_in_the_box_and_all_else_stands_beside_it(
    asked: Client, labels: Labels, make_chat: MakeChat
) -> None:
    wanted, _other = make_chat(name="Mariam", labels=(labels["VIP"],)), make_chat(name="Mariam")
    for address in ("?q=mariam+label:VIP+-%22side+by+side%22", "?q=label:VIP+-%22side+by+side%22&add=mariam"):
        html = page(asked, f"/chats/{address}")
        assert ids(html) == [wanted.pk]
        kept = escape('label:VIP -"side by side"')
        assert f'<input type="hidden" name="q" value="{kept}">' in html
        assert 'name="add" id="search" value="mariam"' in html
        assert html.count('<li class="tok') == 2


@pytest.mark.parametrize("address", ["q=label:vpi", "q=-label:vpi", "label=99999", "label=abc", "label=", "not=%00"])
def test_a_label_that_is_not_there_is_marked_and_the_rest_runs(
    asked: Client, labels: Labels, make_chat: MakeChat, address: str
) -> None:
    chat = make_chat()
    html = page(asked, f"/chats/?{address}")
    assert (ids(html), "1 of 1" in html, "tok unknown" in html) == ([chat.pk], True, True)
    assert "No label is called" in html
    assert 'class="x" href="/chats/?instance=demo"' in html


def test_what_may_have_been_meant_is_a_link(asked: Client, labels: Labels) -> None:
    html = page(asked, "/chats/?q=label:vpi,paid+hello")
    assert "No label is called “vpi”." in html
    assert (
        '<a class="link" href="/chats/?q=label:VIP,paid+hello&amp;instance=demo" data-filter dir="auto">VIP</a>' in html
    )


@pytest.mark.parametrize(
    "q", ["%00", "%22", "label:", "-", "x%ud800", "%ED%A0%80", "a+" * 300, "label:" + "x," * 300, "last:>99999w"]
)
def test_any_text_gives_a_list(asked: Client, labels: Labels, make_chat: MakeChat, q: str) -> None:
    make_chat()
    for path in ("/chats/", "/chats/rows/", "/chats/facets/"):
        assert asked.get(f"{path}?q={q}").status_code == 200


def test_the_order_is_kept_by_every_link(asked: Client, labels: Labels, make_chat: MakeChat) -> None:
    late = make_chat(last_in_at=timezone.now())
    early = make_chat(last_in_at=timezone.now() - timedelta(hours=1))
    html = page(asked, "/chats/?order=waiting")
    assert ids(html) == [early.pk, late.pk]
    assert 'href="/chats/?q=label:VIP&amp;instance=demo&amp;order=waiting"' in html


def test_the_tokens_follow_the_labels_and_the_input_stays_out_of_it(asked: Client, labels: Labels) -> None:
    html = page(asked, "/chats/?q=label:VIP+typed")
    token_box = html[html.index('id="asked"') : html.index('id="search"')]
    assert 'hx-trigger="labels-demo from:body, live-resync from:body" hx-select="#asked"' in token_box
    assert token_box.count("<div") == token_box.count("</div>") - 1  # closed before the input; its own start is cut off
    assert 'hx-select="#asked"' not in page(asked, "/chats/?q=typed")


def test_a_filter_that_nothing_fits_offers_ways_out(asked: Client, labels: Labels, make_chat: MakeChat) -> None:
    make_chat()
    html = page(asked, "/chats/?q=label:VIP+is:unanswered")
    assert "No chat matches" in html
    assert "Without the filter VIP" in html


def test_for_htmx_a_filter_brings_the_list_and_the_rail_alone(asked: Client, number: Instance) -> None:
    html = page(asked, "/chats/", **HTMX, **{"HX-Target": "main"})
    assert ('id="main"' in html, 'id="facets"' in html, "<html" in html) == (True, True, False)


def test_rows_tell_scripts_what_they_show(asked: Client, labels: Labels, make_chat: MakeChat) -> None:
    chat = make_chat("201@c.us", labels=(labels["VIP"],))
    html = page(asked, "/chats/")
    assert f'id="chat-{chat.pk}" data-chat="201@c.us"' in html
    assert f'data-label="{labels["VIP"].wa_id}"' in html


def test_names_are_text_wherever_they_stand(asked: Client, labels: Labels, make_chat: MakeChat) -> None:
    nasty = "<script>alert(1)</script>"
    Label.objects.filter(pk=labels["VIP"].pk).update(name=nasty, description=nasty)
    labels["VIP"].refresh_from_db()
    chat = make_chat(name=nasty, labels=(labels["VIP"],))
    Chat.objects.filter(pk=chat.pk).update(last_message_text=nasty)
    Message.objects.create(instance=chat.instance, wa_id="1", chat=chat, at=timezone.now(), text=nasty, sender=nasty)
    for path in (f"/chats/{chat.pk}/?q={quote(nasty)}+label:%234", f"/chats/{chat.pk}/picker/"):
        html = page(asked, path)
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert" in html


def test_the_number_is_remembered(asked: Client, number: Instance, other_number: Instance, agent: User) -> None:
    other_number.people.add(agent)
    asked.get("/chats/?instance=other")
    assert "Chats of Other" in page(asked, "/chats/")
    asked.get("/chats/?instance=demo")
    assert "Chats of Demo" in page(asked, "/chats/")


def test_a_chat_brings_its_own_number(
    asked: Client, agent: User, number: Instance, other_number: Instance, closed: tuple[Chat, Label]
) -> None:
    other_number.people.add(agent)
    html = page(asked, f"/chats/{closed[0].pk}/")
    assert ids(html) == [closed[0].pk]
    assert "Chats of Other" in html


def test_an_import_and_a_lost_number_are_told(
    asked: Client, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    Instance.objects.filter(pk=number.pk).update(
        import_stage="chats", import_done=30, import_total=120, status="STOPPED", status_at=timezone.now()
    )
    ChatLabel.objects.create(chat=make_chat(), label=labels["VIP"], wanted=True, receipt=Receipt.PENDING)
    html = fragment(asked, "/chats/number/?instance=demo")
    assert "30 / 120" in html
    assert "Demo is not connected to WhatsApp since" in html
    assert "1 change waits" in html


def test_no_engine_is_blamed_for_labels_that_nobody_touched(asked: Client, number: Instance) -> None:
    now = timezone.now()
    Instance.objects.update(last_event_at=now)
    within = "Labels set on the phone show within 5 minutes. Labels taken off there are gone within 10 minutes."
    assert f"No label event has come lately. {within}" in " ".join(
        fragment(asked, "/chats/number/?instance=demo").split()
    )
    Instance.objects.update(imported_at=now - timedelta(days=2))
    assert f"come from this number's engine. {within}" in " ".join(
        fragment(asked, "/chats/number/?instance=demo").split()
    )


# ---- the open chat


def test_the_panel_shows_chips_messages_and_who_did_what(
    asked: Client, agent: User, labels: Labels, make_chat: MakeChat
) -> None:
    chat = make_chat("120@g.us", "Resellers", (labels["VIP"],))
    Message.objects.create(
        instance=chat.instance, wa_id="1", chat=chat, at=timezone.now(), text="Good morning", sender="Heba"
    )
    LedgerEntry.objects.create(
        instance=chat.instance, chat=chat, label=labels["VIP"], verb="add", source="agent", actor=agent
    )
    html = fragment(asked, f"/chats/{chat.pk}/panel/")
    assert all(text in html for text in ("Resellers", "Good morning", "Heba", "Remove VIP", "Agent Demo</b> added"))


def test_looking_at_a_page_reads_nothing(asked: Client, make_chat: MakeChat) -> None:
    chat = make_chat(last_in_at=timezone.now())
    for path in (f"/chats/{chat.pk}/", f"/chats/{chat.pk}/panel/", f"/chats/{chat.pk}/messages/"):
        asked.get(path, headers=HTMX)
    assert ChatRead.objects.count() == 0


def test_opening_reads_for_this_person_and_fetches(
    asked: Client, agent: User, make_chat: MakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = make_chat(last_in_at=timezone.now() - timedelta(hours=1))
    fetched: list[int] = []
    monkeypatch.setattr(views, "fetch_messages", lambda chat: fetched.append(chat.pk))
    response = asked.post(f"/chats/{chat.pk}/messages/", {"fetch": "1"}, headers=HTMX)
    assert (fetched, response.status_code) == ([chat.pk], 200)
    assert list(ChatRead.objects.values_list("user", "chat")) == [(agent.pk, chat.pk)]
    assert f"read-{chat.pk}" in response["HX-Trigger"]
    asked.post(f"/chats/{chat.pk}/messages/", headers=HTMX)
    assert fetched == [chat.pk]


def test_a_failure_to_fetch_is_told_and_can_be_tried_again(
    asked: Client, make_chat: MakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(chat: Chat) -> None:
        raise Refused("The provider is asleep.", status=503)

    monkeypatch.setattr(views, "fetch_messages", refuse)
    chat = make_chat()
    Message.objects.create(instance=chat.instance, wa_id="1", chat=chat, at=timezone.now(), text="Kept here")
    html = asked.post(f"/chats/{chat.pk}/messages/", {"fetch": "1"}, headers=HTMX).content.decode()
    assert all(text in html for text in ("The provider is asleep.", "Try again", "Kept here"))


def test_a_row_is_marked_as_open_where_its_chat_is(asked: Client, make_chat: MakeChat) -> None:
    chat = make_chat()
    here = f"http://testserver/chats/{chat.pk}/?q=label:VIP"
    assert 'aria-current="true"' in fragment(asked, f"/chats/{chat.pk}/row/", here)
    assert "aria-current" not in fragment(asked, f"/chats/{chat.pk}/row/")


def test_a_row_links_back_to_the_filter_it_stands_in(asked: Client, labels: Labels, make_chat: MakeChat) -> None:
    chat = make_chat()
    html = fragment(asked, f"/chats/{chat.pk}/row/", "http://testserver/chats/?q=label:vip+x")
    assert f'href="/chats/{chat.pk}/?q=label:VIP+x&amp;instance=demo"' in html


# ---- tagging


def tag(client: Client, chat: Chat, label: Label, state: str = "on", **headers: str) -> str:
    response = client.post(f"/chats/{chat.pk}/labels/{label.pk}/", {"state": state}, headers=HTMX | headers)
    assert response.status_code == 200
    return response.content.decode()


def test_the_queries_of_a_click(
    asked: Client, make_chat: MakeChat, labels: Labels, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Who asks and what they may; the chat; the change, which two begin and end; the row. With the chat open, its activity."""
    wakes = 1 if connection.vendor == "postgresql" else 0
    chat = make_chat(labels=(labels["On hold"],))
    with django_assert_num_queries(19 + wakes):
        tag(asked, chat, labels["VIP"])
    with django_assert_num_queries(14):
        tag(asked, chat, labels["VIP"])
    with django_assert_num_queries(20 + wakes):  # and whether something waits for it to arrive
        tag(asked, chat, labels["VIP"], "off")
    open_chat = {"HX-Current-URL": f"http://testserver/chats/{chat.pk}/"}
    with django_assert_num_queries(22 + wakes):  # put on again: and whether it had a time, which is over then
        tag(asked, chat, labels["VIP"], **open_chat)


def test_a_tag_is_a_wish_and_comes_back_hollow(asked: Client, agent: User, labels: Labels, make_chat: MakeChat) -> None:
    chat, vip = make_chat(), labels["VIP"]
    html = tag(asked, chat, vip)
    assert f'data-label="{vip.wa_id}" data-pk="{vip.pk}" data-state="pending" data-wanted="on"' in html
    assert ids(html) == [chat.pk]
    pair = ChatLabel.objects.get(chat=chat, label=vip)
    assert (pair.wanted, pair.receipt) == (True, Receipt.PENDING)
    assert LedgerEntry.objects.get().actor == agent


def test_a_repeat_changes_nothing_and_a_removal_is_no_toggle(
    asked: Client, labels: Labels, make_chat: MakeChat
) -> None:
    chat, vip = make_chat(labels=(labels["VIP"],)), labels["VIP"]
    tag(asked, chat, vip, "on")
    assert LedgerEntry.objects.count() == 0
    tag(asked, chat, vip, "off")
    html = tag(asked, chat, vip, "off")
    assert LedgerEntry.objects.count() == 1
    assert 'data-wanted="off"' in html


@pytest.mark.parametrize("state", ["", "toggle", "ON"])
def test_another_state_is_400(asked: Client, labels: Labels, make_chat: MakeChat, state: str) -> None:
    response = asked.post(f"/chats/{make_chat().pk}/labels/{labels['VIP'].pk}/", {"state": state})
    assert response.status_code == 400
    assert ChatLabel.objects.count() == 0


def test_the_open_panel_comes_with_the_row(asked: Client, labels: Labels, make_chat: MakeChat) -> None:
    chat = make_chat()
    elsewhere = tag(asked, chat, labels["VIP"])
    here = tag(asked, chat, labels["Paid"], **{"HX-Current-URL": f"http://testserver/chats/{chat.pk}/"})
    assert ("tags-" in elsewhere, f'id="tags-{chat.pk}"' in here, f'id="activity-{chat.pk}"' in here) == (
        False,
        True,
        True,
    )


def test_without_javascript_a_form_leads_back(asked: Client, labels: Labels, make_chat: MakeChat) -> None:
    chat, vip = make_chat(), labels["VIP"]
    path = f"/chats/{chat.pk}/labels/{vip.pk}/"
    page_before = f"http://testserver/chats/{chat.pk}/?q=label:VIP"
    response = asked.post(path, {"state": "on"}, headers={"Referer": page_before})
    assert response["Location"] == page_before
    assert ChatLabel.objects.get().wanted
    away = asked.post(path, {"state": "off"}, headers={"Referer": "https://elsewhere.example/"})
    assertRedirects(away, f"/chats/{chat.pk}/")


def test_an_unknown_label_is_404_and_one_of_another_number_too(
    client: Client, admin: User, other_number: Instance, closed: tuple[Chat, Label], make_chat: MakeChat
) -> None:
    client.force_login(admin)  # sees both numbers
    chat = make_chat()
    for pk in (99999, closed[1].pk):
        assert client.post(f"/chats/{chat.pk}/labels/{pk}/", {"state": "on"}, headers=HTMX).status_code == 404
    assert not ChatLabel.objects.filter(chat=chat).exists()


def test_a_refusal_is_the_actions_own_sentence(asked: Client, labels: Labels, make_chat: MakeChat) -> None:
    chat = make_chat()
    Label.objects.filter(pk=labels["VIP"].pk).update(deleted_at=timezone.now())
    path = f"/chats/{chat.pk}/labels/{labels['VIP'].pk}/"
    response = asked.post(path, {"state": "on"}, headers=HTMX)
    assert (response.status_code, response["Content-Type"]) == (410, "text/plain; charset=utf-8")
    assert response.content.decode() == "“VIP” was deleted in WhatsApp."
    assert "was deleted in WhatsApp" in asked.post(path, {"state": "on"}, follow=True).content.decode()


def test_who_may_not_tag_sees_no_button_and_is_refused(
    client: Client, agent: User, labels: Labels, make_chat: MakeChat
) -> None:
    agent.groups.clear()
    client.force_login(agent)
    chat = make_chat(labels=(labels["VIP"],))
    html = page(client, f"/chats/{chat.pk}/")
    assert ("Remove VIP" in html, "data-pick" in html) == (False, False)
    response = client.post(f"/chats/{chat.pk}/labels/{labels['VIP'].pk}/", {"state": "off"}, headers=HTMX)
    assert response.status_code == 403
    assert ChatLabel.objects.get().wanted


def test_a_failure_says_why_and_can_be_dismissed(asked: Client, labels: Labels, make_chat: MakeChat) -> None:
    chat, vip = make_chat(), labels["VIP"]
    ChatLabel.objects.create(
        chat=chat, label=vip, wanted=True, remote=False, receipt=Receipt.FAILED, error="said:limit reached"
    )
    assert "The provider says: limit reached" in fragment(asked, f"/chats/{chat.pk}/tags/")
    asked.post(f"/chats/{chat.pk}/labels/{vip.pk}/dismiss/", headers=HTMX)
    pair = ChatLabel.objects.get()
    assert (pair.wanted, pair.receipt) == (False, Receipt.CONFIRMED)


def test_dismissing_what_never_was_is_404(asked: Client, labels: Labels, make_chat: MakeChat) -> None:
    assert asked.post(f"/chats/{make_chat().pk}/labels/{labels['VIP'].pk}/dismiss/").status_code == 404


def test_the_picker_is_a_fragment_and_without_javascript_a_page(
    asked: Client, labels: Labels, make_chat: MakeChat
) -> None:
    chat = make_chat(labels=(labels["Quoted"],))
    html = fragment(asked, f"/chats/{chat.pk}/picker/")
    assert re.findall(r'id="opt-\d+" data-pk="\d+" data-name="([^"]+)"', html) == list(labels)
    assert html.count('aria-selected="true"') == 1
    with_forms = asked.get(f"/chats/{chat.pk}/picker/")
    assertTemplateUsed(with_forms, "chats/picker.html")
    assert "Remove Quoted" in with_forms.content.decode()


def test_messages_are_never_shown_at_the_year_1970(asked: Client, make_chat: MakeChat) -> None:
    make_chat(at=NEVER)
    assert "1970" not in page(asked, "/chats/")


# ---- two chats are found to be one while somebody clicks

LID, PN = "10931@lid", "201555000001@c.us"


@contextmanager
def joined_at_the_last_moment(number: Instance) -> Iterator[None]:
    """The two addresses are found to be one person's after the view has looked for the chat, before the action's transaction."""
    mapping = [LidPair(LID, PN)]

    def join_first(execute: Any, sql: str, *rest: Any) -> Any:
        if mapping and sql.startswith("SAVEPOINT"):
            learn_hidden_ids(number, [mapping.pop()])
        return execute(sql, *rest)

    with connection.execute_wrapper(join_first):
        yield


@pytest.mark.parametrize("how", ["", "dismiss/"])
def test_a_click_while_the_chat_is_joined_is_answered_with_the_one_that_is_left(
    asked: Client, agent: User, number: Instance, labels: Labels, make_chat: MakeChat, how: str
) -> None:
    hidden, shown = make_chat(jid=LID), make_chat(jid=PN)
    give_up(Actor.of(agent), hidden, labels["VIP"], remote=False)
    path = f"/chats/{hidden.pk}/labels/{labels['VIP'].pk}/{how}"
    with joined_at_the_last_moment(number):
        response = asked.post(path, {"state": "on"}, headers=HTMX)
    assert (response.status_code, ids(response.content.decode())) == (200, [shown.pk])
    assert not Chat.objects.filter(pk=hidden.pk).exists()
    pair = ChatLabel.objects.get()
    assert (pair.chat, pair.wanted, pair.receipt) == (shown, not how, "confirmed" if how else "pending")


def test_a_chat_that_is_joined_while_its_messages_are_fetched(
    asked: Client, agent: User, number: Instance, make_chat: MakeChat, far: FarSide
) -> None:
    hidden, shown = make_chat(jid=LID), make_chat(jid=PN)
    at = int(timezone.now().timestamp())
    for jid in (LID, PN):
        far.messages[jid] = [{"id": f"false_{jid}_A", "timestamp": at, "fromMe": False, "body": "Hello", "from": jid}]
    far.before = lambda line: learn_hidden_ids(number, [LidPair(LID, PN)])
    response = asked.post(f"/chats/{hidden.pk}/messages/", {"fetch": "1"}, headers=HTMX)
    assert (response.status_code, response["HX-Trigger"]) == (200, f'{{"read-{shown.pk}": {{}}}}')
    assert list(Message.objects.values_list("chat", "wa_id")) == [(shown.pk, f"false_{PN}_A")]
    assert list(ChatRead.objects.values_list("user", "chat")) == [(agent.pk, shown.pk)]
