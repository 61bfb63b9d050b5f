"""The stage control over HTTP."""

import re

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from labelapp.models import (
    Chat,
    ChatLabel,
    Instance,
    Label,
    LabelGroup,
    LedgerEntry,
    Move,
    StagePrune,
    User,
    Verb,
)
from tests.conftest import MakeChat

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/chats/"}
Labels = dict[str, Label]


@pytest.fixture
def asked(client: Client, agent: User) -> Client:
    client.force_login(agent)
    return client


@pytest.fixture
def chat(make_chat: MakeChat, labels: Labels) -> Chat:
    return make_chat(name="Mariam", labels=(labels["Quoted"], labels["On hold"]))


def wanted(chat: Chat) -> set[str]:
    return set(ChatLabel.objects.filter(chat=chat, wanted=True).values_list("label__name", flat=True))


def test_it_offers_the_stages_alone_and_says_what_they_replace(asked: Client, chat: Chat, labels: Labels) -> None:
    StagePrune.objects.create(stage=labels["Paid"], label=labels["On hold"])
    html = asked.get(f"/chats/{chat.pk}/stage/", headers=HTMX).content.decode()
    assert re.findall(r'data-name="([^"]+)"', html) == ["New lead", "Quoted", "Paid"]
    assert 'aria-label="Stage of Mariam"' in html
    assert f'data-url="/chats/{chat.pk}/stage/{labels["Paid"].pk}/"' in html
    (paid,) = re.findall(rf'id="opt-{labels["Paid"].pk}".*?</div>', html, re.S)
    assert "replaces" in paid
    assert re.search(r"also takes off .*On hold", paid, re.S)
    (quoted,) = re.findall(rf'id="opt-{labels["Quoted"].pk}".*?</div>', html, re.S)
    assert 'aria-selected="true"' in quoted
    assert "replaces" not in quoted


def test_without_a_script_it_is_a_page_of_buttons(asked: Client, chat: Chat, labels: Labels) -> None:
    page = asked.get(f"/chats/{chat.pk}/stage/")
    assertContains(page, f'formaction="/chats/{chat.pk}/stage/{labels["Paid"].pk}/">Move to Paid</button>')
    assertContains(page, 'aria-current="step">Move to Quoted</button>')
    assertNotContains(page, "VIP</button>")
    answer = asked.post(f"/chats/{chat.pk}/stage/{labels['Paid'].pk}/")
    assertRedirects(answer, f"/chats/{chat.pk}/")
    assert wanted(chat) == {"Paid", "On hold"}


def test_a_move_answers_with_the_row_and_can_be_taken_back(asked: Client, chat: Chat, labels: Labels) -> None:
    for _twice in range(2):
        answer = asked.post(f"/chats/{chat.pk}/stage/{labels['Paid'].pk}/", headers=HTMX)
        assert answer.status_code == 200
        assert f'id="chat-{chat.pk}"' in answer.content.decode()
    assert (wanted(chat), Move.objects.count()) == ({"Paid", "On hold"}, 1)


def test_a_label_that_is_no_stage_is_refused_in_a_sentence(asked: Client, chat: Chat, labels: Labels) -> None:
    answer = asked.post(f"/chats/{chat.pk}/stage/{labels['VIP'].pk}/", headers=HTMX)
    assert (answer.status_code, answer.content.decode()) == (422, "“VIP” is no stage.")
    assert wanted(chat) == {"Quoted", "On hold"}


def test_a_number_without_stages_says_so(asked: Client, chat: Chat) -> None:
    LabelGroup.objects.update(kind=LabelGroup.Kind.FREE)
    answer = asked.get(f"/chats/{chat.pk}/stage/", headers=HTMX)
    assert (answer.status_code, answer.content.decode()) == (409, "This number has no stages.")
    assertNotContains(asked.get(f"/chats/{chat.pk}/tags/"), "Move to stage")


def test_the_panel_has_the_control(asked: Client, chat: Chat) -> None:
    assertContains(asked.get(f"/chats/{chat.pk}/tags/"), f'id="stage-{chat.pk}"')


def test_who_may_not_tag_moves_nothing(client: Client, chat: Chat, labels: Labels) -> None:
    client.force_login(User.objects.create_user("nobody", password="x"))
    assert client.post(f"/chats/{chat.pk}/stage/{labels['Paid'].pk}/", headers=HTMX).status_code == 403
    assert wanted(chat) == {"Quoted", "On hold"}
    assertNotContains(client.get(f"/chats/{chat.pk}/tags/"), f'id="stage-{chat.pk}"')


def test_a_stranger_finds_nothing(
    client: Client, stranger: User, other_number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    theirs = make_chat(instance=other_number)
    client.force_login(stranger)
    assert client.get(f"/chats/{theirs.pk}/stage/", headers=HTMX).status_code == 404
    assert client.post(f"/chats/{theirs.pk}/stage/{labels['Paid'].pk}/", headers=HTMX).status_code == 404


def test_a_label_of_another_number_is_404(client: Client, stranger: User, chat: Chat, other_number: Instance) -> None:
    theirs = Label.objects.create(instance=other_number, wa_id="9", name="Paid")
    client.force_login(stranger)
    assert client.post(f"/chats/{chat.pk}/stage/{theirs.pk}/", headers=HTMX).status_code == 404


@pytest.mark.parametrize("count", [1, 30])
def test_the_number_of_queries_does_not_grow(
    asked: Client,
    number: Instance,
    chat: Chat,
    labels: Labels,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(count):
        label = Label.objects.create(
            instance=number, wa_id=f"7{n}", name=f"S{n}", group=labels["Paid"].group, known_at=number.imported_at
        )
        StagePrune.objects.create(stage=label, label=labels["On hold"])
    asked.get(f"/chats/{chat.pk}/stage/", headers=HTMX)
    with django_assert_num_queries(8):
        asked.get(f"/chats/{chat.pk}/stage/", headers=HTMX)


def test_a_conflict_is_shown_with_how_it_came_and_settled_by_hand(
    asked: Client, make_chat: MakeChat, labels: Labels, agent: User
) -> None:
    chat = make_chat(labels=(labels["Quoted"], labels["Paid"], labels["VIP"]))
    LedgerEntry.objects.create(
        verb=Verb.ADD, instance=chat.instance, chat=chat, label=labels["Quoted"], source="agent", actor=agent
    )
    page = asked.get(f"/chats/{chat.pk}/tags/", headers=HTMX).content.decode()
    assert "Only one of these labels may stay." in page
    assert f"Quoted: {agent.display_name}" in page
    assert "Paid: there before labelapp" in page
    (keep,) = re.findall(rf'formaction="([^"]+)" id="keep-{labels["Quoted"].pk}"', page)
    assert asked.post(keep, headers=HTMX).status_code == 200
    assert wanted(chat) >= {"Quoted", "VIP"}
    assert not ChatLabel.objects.get(chat=chat, label=labels["Paid"]).wanted
    assertNotContains(asked.get(f"/chats/{chat.pk}/tags/", headers=HTMX), "Only one of these labels")


def test_what_somebody_left_as_it_is_is_no_conflict(asked: Client, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(labels=(labels["Quoted"], labels["Paid"]))
    ChatLabel.objects.filter(chat=chat).update(ignored_at=timezone.now())
    assertNotContains(asked.get(f"/chats/{chat.pk}/tags/", headers=HTMX), "Only one of these labels")
