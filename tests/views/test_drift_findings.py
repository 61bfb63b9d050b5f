"""Findings about many assignments, on the drift page: what is asked before, who may, and what is refused."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from labelapp.actions.findings import raise_finding, settle
from labelapp.models import ChatLabel, Finding, Instance, Label, Receipt, User
from labelapp.models.reasons import Reason
from tests.conftest import MakeChat
from tests.drifted import doubt_about, empty_list

Labels = dict[str, Label]
Kind, Outcome = Finding.Kind, Finding.Outcome
PAGE, ACT = "/drift/?instance=demo", "/drift/act/?instance=demo"
HTMX = {"HX-Request": "true", "HX-Target": "drift"}
ASKED = {"HX-Request": "true", "HX-Target": "drift-side"}


@pytest.fixture
def desk(client: Client, lead: User, labels: Labels) -> Client:
    """A lead's browser."""
    client.force_login(lead)
    return client


@pytest.fixture
def empty(labels: Labels, make_chat: MakeChat) -> Finding:
    """Two chats hold VIP, whose list is empty."""
    for name in ("Hoda", "Paulo"):
        make_chat(name=name, labels=(labels["VIP"],))
    return empty_list(labels["VIP"])


def address(found: Finding) -> str:
    return f"/drift/findings/{found.pk}/"


def held(label: Label) -> int:
    return ChatLabel.objects.filter(label=label, wanted=True).count()


# An empty list


def test_believing_an_empty_list_is_asked_with_its_number(desk: Client, labels: Labels, empty: Finding) -> None:
    assertContains(desk.get(PAGE), f'id="decide-f{empty.pk}"')
    page = desk.get(address(empty)).content.decode()
    for words in ("WhatsApp&#x27;s list of VIP is empty", "2 chats lose the label.", "Hoda", "Paulo"):
        assert words in page.replace("'", "&#x27;")
    for typed in ("", "1", "two"):
        answer = desk.post(address(empty), {"do": "accept", "seen": "n2", "typed": typed}, headers=HTMX)
        assert (answer.status_code, answer.headers["HX-Retarget"]) == (422, "#drift-side")
    assert held(labels["VIP"]) == 2
    assertRedirects(desk.post(address(empty), {"do": "accept", "seen": "n2", "typed": "2"}), PAGE)
    assert held(labels["VIP"]) == 0
    assert not ChatLabel.objects.exclude(receipt=Receipt.CONFIRMED).exists()
    assertContains(desk.get(PAGE), "Paulo", count=0)


def test_a_second_click_is_harmless(desk: Client, labels: Labels, empty: Finding) -> None:
    answers = [desk.post(address(empty), {"do": "accept", "seen": "n2", "typed": "2"}, headers=HTMX) for _n in "12"]
    said = [answer.headers["HX-Trigger"] for answer in answers]
    assert ["The label came off 2 chats." in said[0], "That was done already." in said[1]] == [True, True]
    assertContains(desk.post(address(empty), {"do": "push", "seen": "n2"}), "Nothing was done", status_code=409)


def test_what_is_asked_is_as_many_as_there_are_now(
    desk: Client, labels: Labels, empty: Finding, make_chat: MakeChat
) -> None:
    """One was taken off by hand since the comparison, so the number on the question is another one."""
    ChatLabel.objects.filter(chat__name="Hoda").update(wanted=False)
    page = desk.get(address(empty)).content.decode()
    assert "1 chat loses the label." in page
    answer = desk.post(address(empty), {"do": "accept", "seen": "n2", "typed": "2"})
    assertContains(answer, "It is about 1 assignments. Type that number.", status_code=422)
    ChatLabel.objects.update(wanted=False)
    assertContains(desk.get(address(empty)), "No chat is left that holds it here")
    answer = desk.post(address(empty), {"do": "accept", "seen": "n2", "typed": ""})
    assertContains(answer, "Nothing was done", status_code=409)


def test_chats_that_still_name_it_are_told_apart(desk: Client, empty: Finding) -> None:
    assertNotContains(desk.get(address(empty)), "there it is taken off on WhatsApp too")
    ChatLabel.objects.filter(chat__name="Hoda").update(doubted_at=timezone.now())
    assertContains(desk.get(address(empty)), "1 of them still names it itself: there it is taken off on WhatsApp too.")


def test_all_of_it_can_be_put_on_again(desk: Client, empty: Finding) -> None:
    answer = desk.post(address(empty), {"do": "push", "seen": "n2"}, headers=HTMX)
    assert "2 changes are sent to WhatsApp again." in answer.headers["HX-Trigger"]
    assert ChatLabel.objects.filter(receipt=Receipt.PENDING, wanted=True).count() == 2


def test_mute_chats_can_only_be_ignored_and_why(desk: Client, number: Instance) -> None:
    mute = raise_finding(number, Kind.EMPTY, words=Reason.MUTE(), count=3)
    page = desk.get(PAGE).content.decode()
    note = page[page.index(f'id="drift-f{mute.pk}"') :].split('name="check"')[0]
    for words in ("answer that they carry no label", "there is nothing to take over, this can only be ignored"):
        assert words in note
    assert ("Look and decide" in note, "list of its chats is empty" in note) == (False, False)
    assert desk.get(address(mute)).status_code == 404
    assertRedirects(desk.post(ACT, {"one": f"ignore f{mute.pk}:n3"}), PAGE)


# What can't be decided


def test_what_is_not_about_many_has_no_such_page(
    desk: Client, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    _pair, doubt = doubt_about(make_chat(labels=(labels["VIP"],)), labels["VIP"])
    identity = raise_finding(number, Kind.IDENTITY, chat=make_chat(), words="Two names")
    for pk in (doubt.pk, identity.pk):
        for do in ("accept", "push"):
            answer = desk.post(f"/drift/findings/{pk}/", {"do": do, "seen": "n1", "typed": "1"})
            assert answer.status_code == 404
    assert Finding.objects.unsettled().count() == 2


def test_a_short_list_is_not_taken_over_at_once(desk: Client, number: Instance, labels: Labels) -> None:
    """Chats name the label themselves: each of them is somebody's word."""
    found = raise_finding(number, Kind.REMOVAL, label=labels["VIP"], words=Reason.SHORT(), count=25)
    assertNotContains(desk.get(address(found)), 'id="accept-go"')
    assert desk.post(address(found), {"do": "accept", "seen": "n25", "typed": "25"}).status_code == 400
    assert Finding.objects.unsettled().count() == 1


@pytest.mark.parametrize("seen", ["", "n", "N30", "X5", "n٣٠", "n" + "9" * 700, "n 30", "n30\0"])
def test_a_finding_that_nobody_saw_so_is_refused(desk: Client, number: Instance, seen: str) -> None:
    found = raise_finding(number, Kind.GUARD, words=Reason.MANY(), count=30)
    for do in ("accept", "push"):
        answer = desk.post(address(found), {"do": do, "seen": seen, "typed": "30"})
        assert answer.status_code == (409 if seen == "n" else 400)
    assert Finding.objects.unsettled().count() == 1


@pytest.mark.parametrize("do", ["", "jump"])
def test_what_makes_no_sense_is_refused(desk: Client, number: Instance, do: str) -> None:
    found = raise_finding(number, Kind.GUARD, words=Reason.MANY(), count=30)
    assert desk.post(address(found), {"do": do, "seen": "n30", "typed": "30"}).status_code == 400


@pytest.mark.parametrize("do", ["accept", "push"])
def test_without_a_word_of_what_was_seen_nothing_is_done(desk: Client, number: Instance, do: str) -> None:
    found = raise_finding(number, Kind.GUARD, words=Reason.MANY(), count=30)
    assert desk.post(address(found), {"do": do, "typed": "30"}).status_code == 400
    assert Finding.objects.unsettled().count() == 1


def test_a_question_about_what_is_settled_shows_the_page_as_it_is(desk: Client, number: Instance, lead: User) -> None:
    """The answer is the page, and must not land where the question would have been."""
    found = raise_finding(number, Kind.GUARD, words=Reason.MANY(), count=30)
    settle(found, Outcome.IGNORED, lead)
    answer = desk.get(address(found), headers=ASKED)
    assert (answer.status_code, answer.headers["HX-Retarget"], answer.headers["HX-Reswap"]) == (
        409,
        "#drift",
        "outerHTML",
    )
    assert "This has changed meanwhile." in answer.headers["HX-Trigger"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": "FAILED"}, "Demo is not connected to WhatsApp."),
        ({"frozen_at": timezone.now()}, "Another WhatsApp account answers under this number."),
    ],
)
def test_nothing_is_taken_over_from_a_number_that_is_away(
    desk: Client, number: Instance, labels: Labels, empty: Finding, fields: dict[str, object], said: str
) -> None:
    guard = raise_finding(number, Kind.GUARD, words=Reason.MANY(), count=30)
    Instance.objects.filter(pk=number.pk).update(**fields)
    for found, n in ((guard, 30), (empty, 2)):
        answer = desk.post(address(found), {"do": "accept", "seen": f"n{n}", "typed": str(n)})
        assertContains(answer, said, status_code=409)
    assert (held(labels["VIP"]), Finding.objects.unsettled().count()) == (2, 2)


def test_nothing_is_decided_about_a_number_that_was_removed(desk: Client, number: Instance, empty: Finding) -> None:
    Instance.objects.filter(pk=number.pk).update(removed_at=timezone.now())
    assert desk.get(address(empty)).status_code == 404
    assert desk.post(address(empty), {"do": "accept", "seen": "n2", "typed": "2"}).status_code == 404
    assert desk.post(ACT, {"one": f"ignore f{empty.pk}:n2"}).status_code == 404
    assert Finding.objects.unsettled().count() == 1


def test_only_who_may_change_many_decides(client: Client, agent: User, labels: Labels, empty: Finding) -> None:
    client.force_login(agent)
    assert client.post(address(empty), {"do": "accept", "seen": "n2", "typed": "2"}).status_code == 403
    agent.user_permissions.add(*_permissions("see_operations"))
    assertNotContains(client.get(PAGE), "Look and decide")
    for do in ("accept", "push"):
        answer = client.post(address(empty), {"do": do, "seen": "n2", "typed": "2"})
        assertContains(answer, "You may not do this.", status_code=403)
    assert (held(labels["VIP"]), Finding.objects.unsettled().count()) == (2, 1)


def _permissions(*names: str) -> list[Permission]:
    return list(Permission.objects.filter(codename__in=names))
