"""The time of a label, said and told by the API."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from labelapp.models import Chat, ChatLabel, Instance, Label, LabelTimer, LedgerEntry, User
from tests.api.conftest import Program, problem
from tests.api.test_tagging import traces, work
from tests.conftest import MakeChat
from tests.wire import FarSide

Labels = dict[str, Label]
CAIRO = "+02:00"


def ahead(**more: float) -> datetime:
    return (timezone.now() + timedelta(**more)).replace(microsecond=0)


def written(at: datetime) -> str:
    """As in Cairo."""
    return (at + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S") + CAIRO


@pytest.fixture
def chat(make_chat: MakeChat, labels: Labels) -> Chat:
    return make_chat("201001234567@c.us", name="Mariam", labels=(labels["VIP"],))


def read(moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(UTC)


def test_a_label_with_a_time_and_a_repeat(shop: Program, chat: Chat) -> None:
    until = ahead(days=3)
    answer = shop.put(f"/chats/{chat.pk}/labels/name:VIP", {"until": written(until)})
    assert (answer.status_code, answer.json()["receipt"], answer.json()["then"]) == (200, "confirmed", "remove")
    assert read(answer.json()["until"]) == until == LabelTimer.objects.get().due_at
    entry = LedgerEntry.objects.get()
    assert (entry.verb, entry.source) == ("timer", "api")
    before = traces()
    assert shop.put(f"/chats/{chat.pk}/labels/name:VIP", {"until": written(until)}).status_code == 200
    assert shop.put(f"/chats/{chat.pk}/labels/name:VIP").json()["until"] == answer.json()["until"]  # left as it is
    assert shop.put(f"/chats/{chat.pk}/labels/name:VIP", {}).json()["until"] == answer.json()["until"]
    assert traces() == before


def test_another_time_is_no_call_to_the_provider(shop: Program, chat: Chat, far: FarSide, number: Instance) -> None:
    far.labels = {"4": {"name": "VIP", "color": 3}}
    first, second = ahead(days=1), ahead(days=2)
    for until in (first, second):
        shop.put(f"/chats/{chat.pk}/labels/name:VIP", {"until": written(until)})
    work(number)
    assert far.calls == []
    assert LabelTimer.objects.get().due_at == second


def test_what_happens_then_is_told_where_the_label_is(shop: Program, chat: Chat, labels: Labels, agent: User) -> None:
    path, until = f"/chats/{chat.pk}/labels/name:VIP", written(ahead(hours=5))
    said = shop.put(path, {"until": until, "then": {"turn": "name:On hold"}}).json()
    assert said["then"] == {"turn": str(labels["On hold"].pk)}
    assert shop.put(path, {"until": until, "then": said["then"]}).json() == said
    shop.put(path, {"until": until, "then": {"call": "agent"}})
    for told in (shop.get(path).json(), shop.get(f"/chats/{chat.pk}").json()["labels"][0]):
        assert told["then"] == {"call": "agent"}
    assert shop.get("/chats?q=due:today,tomorrow").json()["items"][0]["labels"][0]["until"] == told["until"]
    assert shop.get("/chats?q=due:overdue").json()["items"] == []


def test_it_is_taken_away_or_goes_with_the_label(shop: Program, chat: Chat) -> None:
    path = f"/chats/{chat.pk}/labels/name:VIP"
    shop.put(path, {"until": written(ahead(hours=1))})
    said = shop.put(path, {"until": None}).json()
    assert (said["until"], said["then"], said["wanted"]) == (None, None, True)
    shop.put(path, {"until": written(ahead(hours=1))})
    assert shop.delete(path).json()["until"] is None
    assert shop.get(path).json()["until"] is None


def test_a_phone_number_without_a_chat(shop: Program, labels: Labels) -> None:
    until = ahead(hours=1)
    answer = shop.put("/chats/+351911111111/labels/name:VIP", {"until": written(until)})
    assert (answer.status_code, read(answer.json()["until"])) == (202, until)
    assert LabelTimer.objects.get().pair.chat == Chat.objects.get()


def bodies() -> dict[str, tuple[Any, str]]:
    """Name -> a body that is refused, and its field."""
    soon = written(ahead(hours=1))
    return {
        "over": ({"until": written(ahead(hours=-1))}, "until"),
        "far": ({"until": written(ahead(days=400))}, "until"),
        "no zone": ({"until": "2027-01-14T10:00:00"}, "until"),
        "a number": ({"until": 1800000000}, "until"),
        "a text of it": ({"until": "1800000000"}, "until"),
        "words": ({"until": "tomorrow"}, "until"),
        "only then": ({"then": "remove"}, "until"),
        "no such way": ({"until": soon, "then": "explode"}, "then"),
        "itself": ({"until": soon, "then": {"turn": "name:VIP"}}, "then"),
        "no such label": ({"until": soon, "then": {"turn": "name:Nope"}}, "then"),
        "of another number": ({"until": soon, "then": {"turn": "name:There"}}, "then"),
        "archived": ({"until": soon, "then": {"turn": "name:On hold"}}, "then"),
        "deleted": ({"until": soon, "then": {"turn": "name:Paid"}}, "then"),
        "nobody": ({"until": soon, "then": {"call": "nobody"}}, "then"),
        "a stranger": ({"until": soon, "then": {"call": "stranger"}}, "then"),
        "something else": ({"till": soon}, "till"),
        "a list": ([], "body"),
        "null": (None, "body"),
    }


@pytest.mark.parametrize("name", bodies())
@pytest.mark.parametrize("is_new", [False, True])
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    shop: Program,
    number: Instance,
    other_number: Instance,
    stranger: User,
    chat: Chat,
    labels: Labels,
    name: str,
    is_new: bool,
) -> None:
    number.people.add(User.objects.get(username="admin"))
    Label.objects.create(instance=other_number, wa_id="1", name="There", known_at=timezone.now())
    Label.objects.filter(name="On hold").update(archived_at=timezone.now())
    Label.objects.filter(name="Paid").update(deleted_at=timezone.now())
    body, field = bodies()[name]
    before = traces()
    answer = shop.put(
        f"/chats/{'+351911111111' if is_new else chat.pk}/labels/name:VIP", "null" if body is None else body
    )
    assert problem(answer) == (422, "invalid")
    assert [one["field"].split(".")[0] for one in answer.json()["errors"]][:1] == [field]
    assert (traces(), LabelTimer.objects.count(), Chat.objects.count()) == (before, 0, 1)


def test_a_token_that_may_only_read_sets_no_time(make_program: Any, chat: Chat) -> None:
    answer = make_program("read").put(f"/chats/{chat.pk}/labels/name:VIP", {"until": written(ahead(hours=1))})
    assert (problem(answer)[0], ChatLabel.objects.count()) == (403, 1)
