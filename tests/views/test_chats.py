"""The inbox over HTTP: who may see it, what its fragments hold, what a click does."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertRedirects, assertTemplateUsed

from labelapp.actions.actor import Refused
from labelapp.models import Change, Chat, ChatLabel, ChatRead, Instance, Label, LedgerEntry, Message, Receipt, User
from labelapp.models.fields import NEVER
from labelapp.views import chats as views
from tests.conftest import MakeChat

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
    gets += [f"{one}activity/", f"{one}picker/"]
    posts = [f"{one}messages/", f"{one}labels/{label.pk}/", f"{one}labels/{label.pk}/dismiss/"]
    return [("get", path) for path in gets] + [("post", path) for path in posts]


@pytest.fixture
def closed(other_number: Instance, make_chat: MakeChat) -> tuple[Chat, Label]:
    """A chat and a label of a number that is for the admin alone."""
    label = Label.objects.create(instance=other_number, wa_id="1", name="Secret", known_at=timezone.now())
    return make_chat("301@c.us", "Secret chat", (label,), other_number), label


@pytest.mark.parametrize("n", range(14))
def test_a_stranger_gets_404_everywhere(asked: Client, number: Instance, closed: tuple[Chat, Label], n: int) -> None:
    method, path = addresses(*closed)[n]
    before = Change.objects.count()
    response = asked.get(path) if method == "get" else asked.post(path, {"state": "on", "fetch": "1"})
    assert response.status_code == 404
    assert "Secret" not in response.content.decode()
    assert (Change.objects.count(), ChatRead.objects.count()) == (before, 0)


def test_every_address_of_the_inbox_is_in_the_strangers_list(closed: tuple[Chat, Label]) -> None:
    assert len(addresses(*closed)) == 14


@pytest.mark.parametrize("n", range(14))
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


@pytest.mark.parametrize("before", ["", "x", "1-", "9" * 40 + "-1"])
def test_a_position_that_cant_be_read_is_400(asked: Client, number: Instance, before: str) -> None:
    assert asked.get(f"/chats/rows/?before={before}").status_code == 400


@pytest.mark.parametrize("count", [1, 30])
def test_fifty_rows_cost_as_many_queries_as_one(
    asked: Client, labels: Labels, make_chat: MakeChat, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        make_chat(labels=tuple(labels.values()), last_in_at=timezone.now())
    asked.get("/chats/")  # the session remembers the number
    with django_assert_num_queries(10):
        assert len(ids(fragment(asked, "/chats/rows/?instance=demo"))) == count
    with django_assert_num_queries(13):
        assert len(ids(page(asked, "/chats/"))) == count


def test_labels_filter_and_what_is_chosen_can_be_dropped(asked: Client, labels: Labels, make_chat: MakeChat) -> None:
    vip, paid = labels["VIP"], labels["Paid"]
    make_chat(labels=(vip, paid))
    wanted = make_chat(labels=(vip,))
    make_chat()
    html = page(asked, f"/chats/?label={vip.pk}&not={paid.pk}")
    assert ids(html) == [wanted.pk]
    assert "1 of 3" in html
    assert f'href="/chats/?not={paid.pk}&amp;instance=demo"' in html
    assert f'href="/chats/?label={vip.pk}&amp;instance=demo"' in html


@pytest.mark.parametrize("value", ["99999", "abc", ""])
def test_a_label_that_is_gone_stays_as_a_token_that_nothing_fits(
    asked: Client, make_chat: MakeChat, value: str
) -> None:
    make_chat()
    html = page(asked, f"/chats/?label={value}")
    assert (ids(html), "0 of 1" in html, "No chat can match" in html) == ([], True, True)
    assert "This label no longer exists" in html
    assert 'class="x" href="/chats/?instance=demo"' in html
    assert f'name="label" value="{value or "?"}"' in html


def test_a_label_that_is_gone_takes_nothing_from_the_rest(asked: Client, labels: Labels, make_chat: MakeChat) -> None:
    chat, vip = make_chat(labels=(labels["VIP"],)), labels["VIP"].pk
    html = page(asked, f"/chats/?label={vip}&label=abc&not=99999")
    assert (ids(html), html.count("This label no longer exists")) == ([chat.pk], 2)
    assert f'href="/chats/?label={vip}&amp;not=99999&amp;instance=demo"' in html
    assert f'href="/chats/?label={vip}&amp;label=abc&amp;instance=demo"' in html


def test_the_tokens_follow_the_labels_and_the_input_stays_out_of_it(asked: Client, labels: Labels) -> None:
    html = page(asked, f"/chats/?label={labels['VIP'].pk}&q=typed")
    token_box = html[html.index('id="asked"') : html.index('id="search"')]
    assert 'hx-trigger="labels-demo from:body, live-resync from:body" hx-select="#asked"' in token_box
    assert token_box.count("<div") == token_box.count("</div>") - 1  # closed before the input; its own start is cut off
    assert 'hx-select="#asked"' not in page(asked, "/chats/?q=typed")


def test_a_filter_that_nothing_fits_offers_ways_out(asked: Client, labels: Labels, make_chat: MakeChat) -> None:
    make_chat()
    html = page(asked, f"/chats/?label={labels['VIP'].pk}&unanswered=1")
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
    for path in (f"/chats/{chat.pk}/?q={nasty}&label={labels['VIP'].pk}", f"/chats/{chat.pk}/picker/"):
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
    here = f"http://testserver/chats/{chat.pk}/?label=1"
    assert 'aria-current="true"' in fragment(asked, f"/chats/{chat.pk}/row/", here)
    assert "aria-current" not in fragment(asked, f"/chats/{chat.pk}/row/")


def test_a_row_links_back_to_the_filter_it_stands_in(asked: Client, labels: Labels, make_chat: MakeChat) -> None:
    chat, vip = make_chat(), labels["VIP"].pk
    html = fragment(asked, f"/chats/{chat.pk}/row/", f"http://testserver/chats/?label={vip}&q=x")
    assert f'href="/chats/{chat.pk}/?label={vip}&amp;q=x&amp;instance=demo"' in html


# ---- tagging


def tag(client: Client, chat: Chat, label: Label, state: str = "on", **headers: str) -> str:
    response = client.post(f"/chats/{chat.pk}/labels/{label.pk}/", {"state": state}, headers=HTMX | headers)
    assert response.status_code == 200
    return response.content.decode()


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
    page_before = f"http://testserver/chats/{chat.pk}/?label={vip.pk}"
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
