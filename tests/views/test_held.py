"""The page of old wishes: who made them, and what is decided about them."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from labelapp.actions.actor import Actor
from labelapp.actions.held import drop, hold_old, release
from labelapp.actions.tagging import set_label
from labelapp.models import ChatLabel, Instance, Label, User
from labelapp.queries.directory import directory_of
from labelapp.queries.held import held_wishes
from tests.conftest import MakeChat

Labels = dict[str, Label]
PAGE, DECIDE = "/chats/held/?instance=demo", "/chats/held/decide/?instance=demo"


def hold(number: Instance, user: User, label: Label, make_chat: MakeChat, many: int = 1) -> list[ChatLabel]:
    """Wishes of two days ago."""
    pairs = [set_label(Actor.of(user), make_chat(), label, on=True) for _n in range(many)]
    ChatLabel.objects.update(wanted_at=timezone.now() - timedelta(days=2))
    hold_old(number)
    return pairs


def seen(number: Instance) -> str:
    """What the page's forms tell of all that are held."""
    return held_wishes(number, directory_of(number)).seen


def said(client: Client) -> list[str]:
    response = client.get(PAGE)
    return [str(message) for message in response.context["messages"]]


def states() -> list[tuple[str, bool, bool]]:
    rows = ChatLabel.objects.order_by("pk").values_list("receipt", "wanted", "held_at")
    return [(receipt, wanted, held_at is not None) for receipt, wanted, held_at in rows]


def test_the_page_tells_chat_label_who_and_when(
    client: Client, agent: User, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    hold(number, agent, labels["VIP"], make_chat)
    client.force_login(agent)
    html = client.get(PAGE).content.decode()
    for words in ("Chat 1", ">VIP<", "Agent Demo", "Put on", "1 change waits for your word"):
        assert words in html
    assert "Send all" not in html  # that needs the bulk permission
    assert "1 change waits for your word" in client.get("/chats/").content.decode()


def test_its_chip_looks_held_until_somebody_decides(
    client: Client, agent: User, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    [pair] = hold(number, agent, labels["VIP"], make_chat)
    client.force_login(agent)
    list_page, panel = "/chats/", f"/chats/{pair.chat_id}/"
    chip, way = 'data-state="held" data-wanted="on"', "wait for your word.</b> They waited"
    assert [chip in client.get(page).content.decode() for page in (list_page, panel, PAGE)] == [True] * 3
    tagline = client.get(f"{panel}tags/").content.decode()
    assert (way in tagline, 'href="/chats/held/?instance=demo"' in tagline) == (True, True)
    client.post(DECIDE, {"do": "send", "pair": pair.pk})
    tagline = client.get(f"{panel}tags/").content.decode()
    assert (way in tagline, 'data-state="pending" data-wanted="on"' in tagline) == (False, True)


def test_a_held_removal_is_shown_as_one(
    client: Client, agent: User, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    set_label(Actor.of(agent), chat, labels["VIP"], on=False)
    ChatLabel.objects.update(wanted_at=timezone.now() - timedelta(days=2))
    hold_old(number)
    client.force_login(agent)
    for page in (f"/chats/{chat.pk}/row/", PAGE):
        assert 'data-state="held" data-wanted="off"' in client.get(page).content.decode()


@pytest.mark.parametrize("many", [1, 30])
def test_the_number_of_queries_does_not_grow(
    client: Client,
    lead: User,
    number: Instance,
    labels: Labels,
    make_chat: MakeChat,
    many: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    hold(number, lead, labels["VIP"], make_chat, many)
    client.force_login(lead)
    client.get(PAGE)
    with django_assert_num_queries(8):
        assert client.get(PAGE).content.decode().count('id="held-') == many


@pytest.mark.parametrize(
    ("do", "after", "words"),
    [
        ("send", [("pending", True, False), ("pending", True, True)], "1 change is sent."),
        ("drop", [("confirmed", False, False), ("pending", True, True)], "1 change is taken back."),
    ],
)
def test_one_is_decided(
    client: Client,
    agent: User,
    number: Instance,
    labels: Labels,
    make_chat: MakeChat,
    do: str,
    after: list[tuple[str, bool, bool]],
    words: str,
) -> None:
    first, _second = hold(number, agent, labels["VIP"], make_chat, 2)
    client.force_login(agent)
    assert client.post(DECIDE, {"do": do, "pair": first.pk}).headers["Location"] == PAGE
    assert states() == after
    assert said(client) == [words]
    client.post(DECIDE, {"do": do, "pair": first.pk})
    assert said(client) == ["Somebody has decided about this one already."]
    assert states() == after


def test_all_are_decided_by_those_who_may(
    client: Client, agent: User, lead: User, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    hold(number, agent, labels["VIP"], make_chat, 3)
    client.force_login(agent)
    client.post(DECIDE, {"do": "send", "all": seen(number)})
    assert said(client) == ["You may not do this. Ask an admin of your team."]
    client.force_login(lead)
    form = f'<input type="hidden" name="all" value="{seen(number)}">'
    assert form in client.get(PAGE).content.decode()
    client.post(DECIDE, {"do": "send", "all": seen(number)})
    assert states() == [("pending", True, False)] * 3


@pytest.mark.parametrize("do", ["send", "drop"])
def test_all_are_those_that_the_person_saw(
    client: Client, lead: User, number: Instance, labels: Labels, make_chat: MakeChat, do: str
) -> None:
    """As many as before, but others."""
    first, second = hold(number, lead, labels["VIP"], make_chat, 2)
    release(Actor.of(lead), [second])
    before = seen(number)
    drop(Actor.of(lead), [first])
    ChatLabel.objects.filter(pk=second.pk).update(wanted_at=timezone.now() - timedelta(days=2))
    hold_old(number)
    client.force_login(lead)
    for words in (before, "1", ""):
        client.post(DECIDE, {"do": do, "all": words})
        assert said(client) == ["The list has changed meanwhile. Nothing was done: look again."]
    assert states() == [("confirmed", False, False), ("pending", True, True)]


@pytest.mark.parametrize("data", [{}, {"do": "burn"}, {"do": "", "all": "1"}])
def test_bad_input_changes_nothing(
    client: Client, lead: User, number: Instance, labels: Labels, make_chat: MakeChat, data: dict[str, str]
) -> None:
    hold(number, lead, labels["VIP"], make_chat)
    client.force_login(lead)
    assert client.post(DECIDE, data).status_code == 400
    assert client.get(DECIDE).status_code == 405
    assert states() == [("pending", True, True)]


def test_strangers_find_nothing(client: Client, stranger: User, other_number: Instance) -> None:
    assert client.get(PAGE).headers["Location"].startswith("/login/")
    client.force_login(stranger)
    for response in (client.get("/chats/held/?instance=other"), client.post("/chats/held/decide/?instance=other")):
        assert response.status_code == 404
    assert client.get("/chats/held/").status_code == 404  # no number at all
