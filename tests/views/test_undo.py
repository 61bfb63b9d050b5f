"""Undo over HTTP: the offer in the answer to a change, and taking it."""

import html
import re

import pytest
from django.test import Client
from django.utils.timezone import now

from labelapp.models import Chat, ChatLabel, Instance, Label, LedgerEntry, User
from labelapp.views import offers
from tests.conftest import MakeChat

Labels = dict[str, Label]
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/chats/"}


@pytest.fixture
def asked(client: Client, agent: User) -> Client:
    client.force_login(agent)
    return client


@pytest.fixture
def chat(make_chat: MakeChat) -> Chat:
    return make_chat(name="Mariam <b>")


def change(client: Client, chat: Chat, path: str, **form: str) -> str:
    response = client.post(f"/chats/{chat.pk}/{path}", form, headers=HTMX)
    assert response.status_code == 200
    return response.content.decode()


def token(answer: str) -> str:
    found = re.search(r'data-offer="([^"]+)"', answer)
    assert found
    return html.unescape(found[1])


def words(answer: str) -> str:
    found = re.search(r'<span class="toast-text">(.*?)</span>', answer)
    assert found
    return html.unescape(re.sub(r"</?bdi>", "", found[1]))


def undo(client: Client, chat: Chat, offer: str) -> tuple[int, str]:
    response = client.post(f"/chats/{chat.pk}/undo/", {"offer": offer}, headers=HTMX)
    return response.status_code, response.content.decode()


def wanted(chat: Chat) -> set[str]:
    return set(ChatLabel.objects.filter(chat=chat, wanted=True).values_list("label__name", flat=True))


def test_tag_and_undo(asked: Client, chat: Chat, labels: Labels) -> None:
    answer = change(asked, chat, f"labels/{labels['VIP'].pk}/", state="on")
    assert words(answer) == "“VIP” added to Mariam <b>"
    status, answer = undo(asked, chat, token(answer))
    assert (status, words(answer), wanted(chat)) == (200, "Undone: “VIP” removed from Mariam <b>", set())
    assert "data-offer" not in answer


def test_a_stage_change_names_both(asked: Client, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(name="Mariam", labels=(labels["New lead"],))
    answer = change(asked, chat, f"labels/{labels['Quoted'].pk}/", state="on")
    assert words(answer) == "“Quoted” instead of “New lead” on Mariam"
    _status, answer = undo(asked, chat, token(answer))
    assert (words(answer), wanted(chat)) == ("Undone: “New lead” instead of “Quoted” on Mariam", {"New lead"})


def test_assign_and_undo(asked: Client, agent2: User, chat: Chat) -> None:
    assert words(change(asked, chat, "assignee/set/", person="me")) == "Mariam <b> is assigned to you"
    answer = change(asked, chat, "assignee/set/", person=str(agent2.pk))
    assert words(answer) == "Mariam <b> is assigned to Agent2 Demo"
    _status, answer = undo(asked, chat, token(answer))
    assert words(answer) == "Undone: Mariam <b> is assigned to you"
    assert "Assigned to Agent Demo" in answer
    assert words(change(asked, chat, "assignee/set/", person="")) == "Mariam <b> is assigned to nobody"


def test_a_repeat_offers_nothing(asked: Client, chat: Chat, labels: Labels) -> None:
    change(asked, chat, f"labels/{labels['VIP'].pk}/", state="on")
    assert 'id="undo"' not in change(asked, chat, f"labels/{labels['VIP'].pk}/", state="on")


def test_who_came_in_between_is_named(client: Client, agent: User, agent2: User, chat: Chat, labels: Labels) -> None:
    client.force_login(agent)
    offer = token(change(client, chat, f"labels/{labels['VIP'].pk}/", state="on"))
    client.force_login(agent2)
    change(client, chat, f"labels/{labels['VIP'].pk}/", state="off")
    client.force_login(agent)
    assert undo(client, chat, offer) == (409, "Agent2 Demo changed “VIP” since: nothing was undone.")


@pytest.mark.parametrize("offer", ["", "x", "W10:1abc:xyz", "\0", "é" * 5000])
def test_nonsense_is_400_and_changes_nothing(asked: Client, chat: Chat, offer: str) -> None:
    assert undo(asked, chat, offer) == (400, "This can't be undone any more.")
    assert LedgerEntry.objects.count() == 0


def test_an_offer_is_of_its_chat_alone(asked: Client, make_chat: MakeChat, labels: Labels) -> None:
    chat, other = make_chat(), make_chat(labels=(labels["VIP"],))
    offer = token(change(asked, chat, f"labels/{labels['VIP'].pk}/", state="on"))
    assert undo(asked, other, offer)[0] == 400
    assert (wanted(chat), wanted(other)) == ({"VIP"}, {"VIP"})


def test_an_offer_grows_old(asked: Client, chat: Chat, labels: Labels, monkeypatch: pytest.MonkeyPatch) -> None:
    offer = token(change(asked, chat, f"labels/{labels['VIP'].pk}/", state="on"))
    monkeypatch.setattr(offers, "SECONDS", -1)
    assert undo(asked, chat, offer)[0] == 400


def test_a_stranger_gets_404(
    client: Client, admin: User, agent: User, other_number: Instance, make_chat: MakeChat
) -> None:
    chat = make_chat(name="Secret", instance=other_number)
    label = Label.objects.create(instance=other_number, wa_id="1", name="Secret", known_at=now())
    client.force_login(admin)
    offer = token(change(client, chat, f"labels/{label.pk}/", state="on"))
    client.force_login(agent)
    status, answer = undo(client, chat, offer)
    assert (status, "Secret" in answer, wanted(chat)) == (404, False, {"Secret"})


def test_anonymous_people_are_sent_to_the_login(client: Client, chat: Chat) -> None:
    assert client.post(f"/chats/{chat.pk}/undo/")["Location"].startswith("/login/")


def test_undo_is_a_post(asked: Client, chat: Chat) -> None:
    assert asked.get(f"/chats/{chat.pk}/undo/").status_code == 405
