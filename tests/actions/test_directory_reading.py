from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from labelapp.actions import directory_reading
from labelapp.actions.actor import Actor
from labelapp.actions.directory import learn_label
from labelapp.actions.directory_reading import compare_directory, read_directory
from labelapp.actions.listing import count_listing, read_list
from labelapp.actions.providers import client_for
from labelapp.actions.readiness import NotConnected
from labelapp.actions.tagging import set_label
from labelapp.models import Change, Instance, Label, Receipt, User
from labelapp.whatsapp.types import LabelInfo
from tests.conftest import MakeChat
from tests.posted import fresh, later, pair_of
from tests.wire import FarSide, refusal

Labels = dict[str, Label]
RIVAL = {"id": "201999999999@c.us", "pushName": "Douro"}


@pytest.fixture
def filled(far: FarSide, labels: Labels) -> FarSide:
    """The provider with the labels that the mirror has."""
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    return far


def read(number: Instance) -> None:
    with client_for(number) as client:
        read_directory(fresh(number), client)


def read_twice(number: Instance) -> None:
    """As well after the last reading, and as far apart, as it takes to believe that a label is gone."""
    for _time in range(2):
        later()
        read(fresh(number))


def names(number: Instance) -> list[str]:
    return list(Label.objects.filter(instance=number).living().order_by("wa_id").values_list("name", flat=True))


def test_reading_brings_news_and_takes_what_is_gone(number: Instance, filled: FarSide, labels: Labels) -> None:
    filled.labels |= {"4": {"name": "Best", "color": 9}, "6": {"name": "Extra", "color": 19}}
    filled.forget("5")
    Instance.objects.filter(pk=number.pk).update(directory_due_at=timezone.now())
    read_twice(number)
    assert names(number) == ["New lead", "Quoted", "Paid", "Best", "Extra"]
    assert Label.objects.get(wa_id="6").color_index == 19
    assert fresh(number).directory_due_at is None


def test_reading_twice_changes_nothing(number: Instance, filled: FarSide) -> None:
    read(number)
    Change.objects.all().delete()
    read(number)
    assert (len(names(number)), Change.objects.count()) == (5, 0)


def test_a_short_list_deletes_nothing_that_answers_by_id(number: Instance, filled: FarSide) -> None:
    filled.hidden = {"2", "4"}
    read(number)
    assert len(names(number)) == 5


def test_a_directory_that_is_short_for_a_moment_in_every_way_deletes_nothing(
    number: Instance, filled: FarSide, make_chat: MakeChat, labels: Labels
) -> None:
    """Its list, the answer by id, and what chats show."""
    make_chat(labels=(labels["Quoted"],))
    filled.forget("2")
    later()
    read(number)
    assert len(names(number)) == 5
    assert timezone.now() < fresh(number).directory_due_at <= timezone.now() + directory_reading.AGAIN
    filled.labels["2"] = {"name": "Quoted", "color": labels["Quoted"].color_index}
    read_twice(number)
    assert len(names(number)) == 5


def test_a_label_that_a_chat_still_names_is_not_gone(
    number: Instance, filled: FarSide, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(labels=(labels["Quoted"],))
    filled.short, filled.status_of = frozenset({"2"}), {"GET /labels/2": 404}
    filled.tags = {(chat.jid, "2")}
    read_twice(number)
    assert len(names(number)) == 5


def test_an_empty_list_deletes_nothing(number: Instance, filled: FarSide) -> None:
    """Some engines answer `200 []` on an account that has labels, and then know no id either."""
    filled.labels = {}
    read(number)
    assert len(names(number)) == 5


def test_a_failing_question_by_id_deletes_nothing(number: Instance, filled: FarSide) -> None:
    filled.hidden, filled.status_of = {"2"}, {"GET /labels/2": 500}
    read(number)
    assert len(names(number)) == 5


def test_a_listing_names_a_ghost(number: Instance, filled: FarSide) -> None:
    filled.labels["31"] = {"name": "Wholesale", "color": 5}
    learn_label(number, LabelInfo("31", "", None))
    ghost = Label.objects.get(wa_id="31")
    assert ghost.is_ghost
    read(number)
    ghost.refresh_from_db()
    assert (ghost.name, ghost.is_ghost) == ("Wholesale", False)


def test_a_ghost_that_the_directory_does_not_know_goes_away(number: Instance, filled: FarSide) -> None:
    learn_label(number, LabelInfo("31", "", None))
    read_twice(number)
    assert len(names(number)) == 5


def test_an_event_that_comes_during_the_reading_has_it_read_again(number: Instance, filled: FarSide) -> None:
    filled.before = lambda line: learn_label(number, LabelInfo("31", "", None)) and None
    Instance.objects.filter(pk=number.pk).update(directory_due_at=timezone.now())
    read(fresh(number))
    assert fresh(number).directory_due_at is not None


def test_a_deletion_found_by_reading_fails_waiting_wishes(
    number: Instance, filled: FarSide, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat()
    set_label(Actor.of(agent), chat, labels["VIP"], on=True)
    filled.forget("4")
    read_twice(number)
    assert pair_of(chat, labels["VIP"]).receipt == Receipt.FAILED


def test_an_id_given_to_another_label_while_we_heard_nothing(
    number: Instance, filled: FarSide, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    """Nothing of the old label lands on the new one: neither what chats carried, nor what waits to be sent."""
    old, waiting, new = make_chat(labels=(labels["VIP"],)), make_chat(), make_chat()
    set_label(Actor.of(agent), waiting, labels["VIP"], on=True)
    filled.forget("4")
    filled.labels["4"] = {"name": "Wholesale", "color": 5}
    filled.tags = {(new.jid, "4")}
    read(number)
    wholesale = Label.objects.living().get(wa_id="4")
    assert (wholesale.name, wholesale.pk != labels["VIP"].pk) == ("Wholesale", True)
    assert not wholesale.assignments.exists()
    assert (pair_of(old, labels["VIP"]).wanted, pair_of(waiting, labels["VIP"]).receipt) == (False, Receipt.FAILED)


@pytest.mark.parametrize(
    ("name", "color", "kept"),
    [
        ("V.I.P.", 3, ()),
        ("VIP", 5, ()),
        ("V.I.P.", 5, ("list", "chat")),
        ("V.I.P.", 5, ("list",)),
        ("V.I.P.", 5, ("chat",)),
    ],
)
def test_a_label_that_was_renamed_or_recoloured_on_the_phone_stays(
    number: Instance, filled: FarSide, make_chat: MakeChat, labels: Labels, name: str, color: int, kept: tuple[str, ...]
) -> None:
    tag = (make_chat(labels=(labels["VIP"],)).jid, "4")
    filled.labels["4"], filled.tags = {"name": name, "color": color}, {tag}
    filled.unlisted, filled.untold = set() if "list" in kept else {tag}, set() if "chat" in kept else {tag}
    read(number)
    label = Label.objects.living().get(wa_id="4")
    assert (label.pk, label.name, label.color_index) == (labels["VIP"].pk, name, color)


def test_the_last_label_of_an_account_goes_when_no_chat_carries_it(
    number: Instance, filled: FarSide, make_chat: MakeChat, labels: Labels
) -> None:
    Label.objects.exclude(wa_id="4").update(deleted_at=timezone.now())
    chat = make_chat(labels=(labels["VIP"],))
    filled.labels = {}
    read(number)
    assert names(number) == ["VIP"]  # the engine may have lost it
    pair = pair_of(chat, labels["VIP"])
    pair.wanted = pair.remote = False
    pair.save()
    read(number)
    assert names(number) == []


def test_another_accounts_directory_buries_nothing(number: Instance, filled: FarSide, labels: Labels) -> None:
    """Somebody linked another phone, and nothing told of it yet."""
    filled.labels, filled.session["me"] = {"1": {"name": "Boda", "color": 5}}, RIVAL
    before = sorted(Label.objects.values_list("pk", "name", "deleted_at"))
    with pytest.raises(NotConnected):
        read(number)
    assert sorted(Label.objects.values_list("pk", "name", "deleted_at")) == before
    assert fresh(number).is_frozen


@pytest.mark.parametrize("gone", [True, False])
def test_a_number_that_is_frozen_while_it_is_read_keeps_its_directory(
    number: Instance, filled: FarSide, labels: Labels, monkeypatch: pytest.MonkeyPatch, gone: bool
) -> None:
    def frozen_meanwhile(*_args: Any) -> None:
        Instance.objects.update(frozen_at=timezone.now(), rival_jid=RIVAL["id"])

    filled.labels["1"]["name"] = "Boda"
    if gone:
        filled.forget("4")
    monkeypatch.setattr(directory_reading, "check_session", frozen_meanwhile)
    with pytest.raises(NotConnected):
        read(number)
    assert names(number) == ["New lead", "Quoted", "Paid", "VIP", "On hold"]


# A provider without a call for one label


class WahaSide(FarSide):
    """The same account behind WAHA's paths."""

    def _route(self, request: httpx.Request, path: list[str]) -> httpx.Response:
        match path:
            case ["api", "sessions", _name]:
                return httpx.Response(200, json=self.session)
            case ["api", _name, "labels", wa_id, "chats"] if wa_id != "chats" and wa_id not in self.labels:
                return refusal(404, "Label not found")
            case ["api", _name, "labels"] if request.method == "GET":
                return httpx.Response(200, json=self._shown(self.labels.keys() - self.short))
        return super()._route(request, path[2:])


@pytest.fixture
def waha(number: Instance, labels: Labels, settings: Any) -> WahaSide:
    """The number is at WAHA, and its directory was read a while ago."""
    side = WahaSide()
    settings.PROVIDER_TRANSPORT = side.transport()
    side.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    Instance.objects.filter(pk=number.pk).update(provider="waha")
    read(fresh(number))
    later()
    return side


def test_a_list_that_is_short_twice_deletes_no_label_that_chats_carry(
    number: Instance, waha: WahaSide, agent: User, make_chat: MakeChat, labels: Labels
) -> None:
    chat, waiting = make_chat(labels=(labels["VIP"],)), make_chat()
    set_label(Actor.of(agent), waiting, labels["VIP"], on=True)
    waha.tags = waha.unlisted = {(chat.jid, "4")}
    waha.short = frozenset({"4"})
    read_twice(number)
    assert "VIP" in names(number)
    assert pair_of(waiting, labels["VIP"]).receipt == Receipt.PENDING
    assert fresh(number).directory_due_at is None  # nothing more to be found out


def test_a_list_of_chats_alone_speaks_for_the_label(
    number: Instance, waha: WahaSide, make_chat: MakeChat, labels: Labels
) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    waha.tags = waha.untold = {(chat.jid, "4")}
    waha.short = frozenset({"4"})
    read_twice(number)
    assert "VIP" in names(number)


@pytest.mark.parametrize("error", [500, 404])
def test_one_short_reading_deletes_nothing_and_is_followed_by_another(
    number: Instance, waha: WahaSide, make_chat: MakeChat, labels: Labels, error: int
) -> None:
    make_chat(labels=(labels["VIP"],))
    waha.forget("4")
    read(fresh(number))
    due = fresh(number).directory_due_at
    assert "VIP" in names(number)
    assert due is not None
    assert due > timezone.now() + timedelta(seconds=50)
    for label in Label.objects.filter(instance=number).exclude(wa_id="4").living():  # as a comparison does
        with client_for(fresh(number)) as client:
            count_listing(read_list(client, label))
    read(fresh(number))  # at once: no second reading
    assert "VIP" in names(number)
    later()
    waha.status_of = {"GET /api/demo/labels/4/chats": error}
    read(fresh(number))
    assert ("VIP" in names(number)) is (error == 500)


def test_back_in_the_list_is_forgotten(number: Instance, waha: WahaSide, labels: Labels) -> None:
    row = waha.labels.pop("4")
    read(fresh(number))
    later()
    waha.labels["4"] = row
    read(fresh(number))
    later()
    waha.forget("4")
    read(fresh(number))
    assert "VIP" in names(number)


def test_news_of_another_label_is_no_second_reading(number: Instance, waha: WahaSide, labels: Labels) -> None:
    later()
    learn_label(number, LabelInfo("5", "On hold", 9), at=timezone.now())
    waha.forget("4")
    read(fresh(number))
    assert "VIP" in names(number)


def test_a_preview_writes_nothing(number: Instance, waha: WahaSide, labels: Labels) -> None:
    waha.forget("4")
    with client_for(fresh(number)) as client:
        assert compare_directory(fresh(number), client) == ["- label 4 VIP"]
    assert "VIP" in names(number)
