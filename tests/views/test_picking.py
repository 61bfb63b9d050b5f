"""The picker of a chat and that of many: recent labels on top, and the way to a new label."""

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from labelapp.models import Chat, Instance, Label, LedgerEntry, Source, User, Verb
from labelapp.queries.recents import LOOKED_AT, recent
from tests.conftest import MakeChat

Labels = dict[str, Label]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def seven(number: Instance, labels: Labels) -> Labels:
    """So many labels that the recent ones are worth a place of their own."""
    more = [
        Label.objects.create(instance=number, wa_id=f"5{n}", name=name, known_at=number.imported_at)
        for n, name in enumerate(("Hot", "Cold"))
    ]
    return labels | {label.name: label for label in more}


def put_on(user: User, chat: Chat, *found: Label, verb: Verb = Verb.ADD) -> None:
    for label in found:
        LedgerEntry.objects.create(
            instance=chat.instance, chat=chat, label=label, verb=verb, source=Source.AGENT, actor=user
        )


def of_one(client: Client, chat: Chat) -> str:
    return client.get(f"/chats/{chat.pk}/picker/", headers=HTMX).content.decode()


def of_many(client: Client, chat: Chat) -> str:
    return client.post("/chats/selection/picker/", {"chats": str(chat.pk)}, headers=HTMX).content.decode()


def recents(html: str) -> list[int]:
    found = re.search(r'id="recent-labels"[^>]*data-options="([\d ]*)"', html)
    return [int(pk) for pk in found[1].split()] if found else []


@pytest.mark.parametrize("ask", [of_one, of_many])
def test_the_three_that_one_put_on_last_newest_first(
    client: Client, lead: User, agent: User, seven: Labels, make_chat: MakeChat, ask: object
) -> None:
    assert callable(ask)
    chat = make_chat()
    put_on(lead, chat, *(seven[name] for name in ("Hot", "VIP", "Cold", "Quoted", "VIP")))
    put_on(lead, chat, seven["Paid"], verb=Verb.REMOVE)
    put_on(agent, chat, seven["On hold"])
    client.force_login(lead)
    html = ask(client, chat)
    assert recents(html) == [seven[name].pk for name in ("VIP", "Quoted", "Cold")]
    assert html.count(f'id="opt-{seven["VIP"].pk}"') == 1


def test_few_labels_have_no_recent_ones(client: Client, lead: User, labels: Labels, make_chat: MakeChat) -> None:
    chat = make_chat()
    put_on(lead, chat, labels["VIP"])
    client.force_login(lead)
    assert (recents(of_one(client, chat)), recents(of_many(client, chat))) == ([], [])


def test_a_label_means_its_name_on_every_number(
    lead: User, seven: Labels, other_number: Instance, make_chat: MakeChat
) -> None:
    theirs = Label.objects.create(instance=other_number, wa_id="9", name="VIP", known_at=other_number.imported_at)
    put_on(lead, make_chat(instance=other_number), theirs)
    options = {name: label.pk for name, label in seven.items()}
    assert recent(lead, options) == [seven["VIP"].pk]


def test_what_is_far_back_is_not_recent(lead: User, seven: Labels, make_chat: MakeChat) -> None:
    chat = make_chat()
    put_on(lead, chat, seven["VIP"], *[seven["Hot"]] * LOOKED_AT)
    assert recent(lead, {name: label.pk for name, label in seven.items()}) == [seven["Hot"].pk]


def test_it_is_one_query_however_much_was_done(
    lead: User, seven: Labels, make_chat: MakeChat, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    chat = make_chat()
    options = {name: label.pk for name, label in seven.items()}
    for label in (seven["VIP"], seven["Hot"]):
        put_on(lead, chat, *[label] * 30)
        with django_assert_num_queries(1):
            assert recent(lead, options)[0] == label.pk


@pytest.mark.parametrize("n", [1, 30])
def test_the_picker_of_one_costs_the_same_whatever_was_done(
    client: Client,
    lead: User,
    seven: Labels,
    make_chat: MakeChat,
    n: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    chat = make_chat()
    put_on(lead, chat, *[seven["VIP"]] * n)
    client.force_login(lead)
    with django_assert_num_queries(7):
        of_one(client, chat)


@pytest.mark.parametrize("ask", [of_one, of_many])
def test_who_may_make_labels_is_led_to_it(
    client: Client, admin: User, labels: Labels, make_chat: MakeChat, ask: object
) -> None:
    assert callable(ask)
    client.force_login(admin)
    assert 'data-href="/labels/new/?instance=demo"' in ask(client, make_chat())


def test_who_may_not_make_labels_is_not(client: Client, agent: User, labels: Labels, make_chat: MakeChat) -> None:
    client.force_login(agent)
    html = of_one(client, make_chat())
    assert ("opt-create" in html, "no-slot" in html, "/labels/new/" in html) == (False, False, False)


@pytest.mark.parametrize("ask", [of_one, of_many])
def test_without_a_free_slot_it_says_so(
    client: Client, admin: User, number: Instance, labels: Labels, make_chat: MakeChat, ask: object
) -> None:
    assert callable(ask)
    for n in range(20 - len(labels)):
        Label.objects.create(instance=number, wa_id=f"6{n}", name=f"More {n}", known_at=number.imported_at)
    client.force_login(admin)
    html = ask(client, make_chat())
    assert ("opt-create" in html, "20 of 20 used" in html) == (False, True)


def test_of_several_numbers_there_is_no_one_place_for_a_new_label(
    client: Client, admin: User, labels: Labels, other_number: Instance, make_chat: MakeChat
) -> None:
    chats = [make_chat(), make_chat(instance=other_number)]
    client.force_login(admin)
    html = client.post("/chats/selection/picker/", {"chats": ",".join(str(chat.pk) for chat in chats)}).content.decode()
    assert ("opt-create" in html, "no-slot" in html) == (False, False)


def test_the_form_begins_with_the_name_that_was_looked_for(client: Client, admin: User, labels: Labels) -> None:
    client.force_login(admin)
    for asked, shown in (("Vip%20gold", 'value="Vip gold"'), ("%22%3E%3Cb%3E", 'value="&quot;&gt;&lt;b&gt;"')):
        assert shown in client.get(f"/labels/new/?instance=demo&name={asked}").content.decode()
    assert Label.objects.count() == len(labels)
