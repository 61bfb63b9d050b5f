"""The page of notifications, and what open pages take from it."""

import json

import pytest
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from labelapp.actions.actor import Actor
from labelapp.actions.notifying import notify
from labelapp.actions.subscribing import set_notice_settings, subscribe
from labelapp.models import Change, Instance, Label, Notice, NoticeSettings, Subscription, User
from labelapp.views import live
from tests.conftest import MakeChat

Labels = dict[str, Label]
PAGE, FOLLOW, TAKE = "/settings/notifications/", "/settings/notifications/follow/", "/notices/take/"


@pytest.fixture
def desk(client: Client, agent: User, number: Instance) -> Client:
    client.force_login(agent)
    return client


def test_follow_a_label_and_a_search(desk: Client, agent: User, labels: Labels) -> None:
    assertRedirects(desk.post(FOLLOW, {"label": labels["VIP"].pk, "query": "", "urgent": "on"}), PAGE)
    assertRedirects(desk.post(FOLLOW, {"label": "", "query": "label:paid is:unanswered"}), PAGE)
    rows = Subscription.objects.order_by("pk").values_list("user", "label__name", "text", "urgent")
    assert list(rows) == [(agent.pk, "VIP", "", True), (agent.pk, None, "label:Paid is:unanswered", False)]
    assertContains(desk.get(PAGE), "label:Paid is:unanswered")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"label": "", "query": ""}, "Choose a label, or write a search: one of them."),
        ({"label": "", "query": "label:nosuch"}, "This is not understood: nosuch"),
        ({"label": "999999", "query": ""}, "Select a valid choice."),
    ],
)
def test_what_can_not_be_followed(desk: Client, labels: Labels, form: dict[str, str], words: str) -> None:
    assertContains(desk.post(FOLLOW, form), words, status_code=422)
    assert Subscription.objects.count() == 0


def test_the_same_is_followed_once(desk: Client, labels: Labels) -> None:
    for _time in range(2):
        answer = desk.post(FOLLOW, {"label": labels["VIP"].pk, "query": ""})
    assertContains(answer, "You follow this already.", status_code=422)


def test_a_label_of_a_number_that_somebody_may_not_see_is_not_offered(
    desk: Client, admin: User, number: Instance, labels: Labels
) -> None:
    number.people.add(admin)
    assertNotContains(desk.get(PAGE), "VIP")
    assert desk.post(FOLLOW, {"label": labels["VIP"].pk, "query": ""}).status_code == 422


def test_nobody_ends_what_another_follows(desk: Client, agent2: User, labels: Labels) -> None:
    one = subscribe(Actor.of(agent2), label=labels["VIP"])
    desk.post(f"/settings/notifications/{one.pk}/unfollow/")
    assert Subscription.objects.count() == 1
    desk.force_login(agent2)
    desk.post(f"/settings/notifications/{one.pk}/unfollow/")
    assert Subscription.objects.count() == 0


def test_how_one_is_told(desk: Client, agent: User) -> None:
    form = {"sound": "on", "desktop": "", "quiet_from": "20:00", "quiet_until": "07:00"}
    for _time in range(2):
        assertRedirects(desk.post(PAGE, form), PAGE)
    own = NoticeSettings.objects.get(user=agent)
    assert (own.sound, own.desktop, f"{own.quiet_from:%H:%M}") == (True, False, "20:00")
    assertContains(desk.post(PAGE, form | {"quiet_until": ""}), "Enter both times, or neither.", status_code=422)


def test_a_page_takes_what_is_to_be_shown(desk: Client, agent: User, make_chat: MakeChat) -> None:
    set_notice_settings(Actor.of(agent), sound=True, desktop=False, quiet_from=None, quiet_until=None)
    chat = make_chat(name="Mona")
    notify([agent], chat, "VIP", urgent=True)
    first, second = (json.loads(desk.post(TAKE).content) for _time in range(2))
    item = {"title": "Mona", "body": "VIP", "url": f"/chats/{chat.pk}/", "urgent": True, "key": Notice.objects.get().pk}
    assert first == {"items": [item], "sound": True, "desktop": False}
    assert second["items"] == []
    assertContains(desk.get(PAGE), "Mona")


def test_many_come_as_one(desk: Client, agent: User, make_chat: MakeChat) -> None:
    for n in range(7):
        notify([agent], make_chat(), "VIP" if n else "Paid")
    assert json.loads(desk.post(TAKE).content)["items"] == [
        {"title": "7 chats want you", "body": "Paid, VIP", "url": PAGE, "urgent": False}
    ]


def test_what_another_is_told_of_is_not_mine(desk: Client, agent2: User, make_chat: MakeChat) -> None:
    notify([agent2], make_chat(name="Mona"), "VIP")
    assert json.loads(desk.post(TAKE).content)["items"] == []
    assertNotContains(desk.get(PAGE), "Mona")


def test_only_their_own_screens_hear_of_it(agent: User, agent2: User, number: Instance, make_chat: MakeChat) -> None:
    notify([agent], make_chat(), "VIP")
    rows = live.Feed(0).fresh()
    visible = {number.pk: number.slug}
    assert b'"notices": true' in live._message(rows, visible, agent.pk)
    assert live._message(rows, visible, agent2.pk) == b":\n\n"
    assert live._message(rows, {}, agent.pk) == b":\n\n"
    assert Change.objects.get().user == agent


def test_nothing_without_a_login(client: Client, number: Instance) -> None:
    assert [client.get(PAGE).status_code, client.post(TAKE).status_code] == [302, 302]
