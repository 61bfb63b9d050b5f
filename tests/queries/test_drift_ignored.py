"""What was left as it is: which of it is listed, by whom and when, and what it costs to look."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from labelapp.actions.actor import Actor
from labelapp.actions.clashes import look_for_clashes
from labelapp.actions.drift_ignored import ignore
from labelapp.actions.findings import raise_finding
from labelapp.models import ChatLabel, Finding, Instance, Label, User
from labelapp.models.reasons import Reason
from labelapp.queries.differences import FINDING, UNKNOWN, Ref, Section
from labelapp.queries.directory import directory_of
from labelapp.queries.drift import Drift, counts, drift
from tests.conftest import MakeChat
from tests.drifted import clash_ref, doubt_about, give_up, wish_ref
from tests.posted import show

Labels = dict[str, Label]
Kind = Finding.Kind


@pytest.fixture
def actor(lead: User) -> Actor:
    return Actor.of(lead)


def look(number: Instance, label: Label | None = None, ignored: str = "all") -> Drift:
    return drift(number, directory_of(number), label=label.pk if label else None, ignored=ignored)


def kinds(section: Section) -> list[str]:
    return [row.kind for row in section.rows]


def ignore_each(actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat, wa_id: str = "31") -> None:
    """A difference of each kind, left as it is."""
    ignore(actor, wish_ref(give_up(actor, make_chat(), labels["VIP"], remote=False)))
    ignore(actor, doubt_about(make_chat(labels=(labels["VIP"],)), labels["VIP"])[1])
    ignore(actor, clash_ref(make_chat(labels=(labels["Quoted"], labels["Paid"])), labels))
    ghost = Label.objects.create(instance=number, wa_id=wa_id)
    show(make_chat(), ghost)
    ignore(actor, Ref(UNKNOWN, ghost.pk, seen="n1"))
    found = raise_finding(number, Kind.EMPTY, label=labels["On hold"], words=Reason.EMPTY(), count=3)
    ignore(actor, Ref(FINDING, found.pk, seen="n3"))


def test_each_kind_with_who_left_it_the_newest_first(
    actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    ignore_each(actor, number, labels, make_chat)
    found = look(number)
    assert (found.total, found.ignored.total) == (0, 5)
    assert kinds(found.ignored) == ["empty", "unknown", "clash", "removal", "wish"]
    assert {row.who for row in found.ignored.rows} == {"Lead Demo"}
    now = timezone.now()
    assert all(now - timedelta(minutes=1) < row.at <= now for row in found.ignored.rows)


def test_the_last_one_who_left_it_is_named(
    actor: Actor, agent: User, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    pair = give_up(actor, make_chat(), labels["VIP"], remote=False)
    ignore(Actor.of(agent), wish_ref(pair))
    ignore(actor, wish_ref(give_up(actor, pair.chat, labels["VIP"], remote=False)))
    assert [row.who for row in look(number).ignored.rows] == ["Lead Demo"]


def test_one_label_alone(actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    ignore_each(actor, number, labels, make_chat)
    assert kinds(look(number, labels["VIP"]).ignored) == ["removal", "wish"]
    assert kinds(look(number, labels["Paid"]).ignored) == ["clash"]
    assert kinds(look(number, labels["On hold"]).ignored) == ["empty"]
    assert kinds(look(number, labels["New lead"]).ignored) == ["clash"]  # of its group


def test_what_came_back_is_not_listed(actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    ignore_each(actor, number, labels, make_chat)
    wish = ChatLabel.objects.get(receipt="failed")
    give_up(actor, wish.chat, wish.label, remote=False)
    show(make_chat(), Label.objects.get(wa_id="31"))
    clash = ChatLabel.objects.get(label=labels["Paid"]).chat
    show(clash, labels["New lead"])
    raise_finding(number, Kind.EMPTY, label=labels["On hold"], words=Reason.EMPTY(), count=9)  # it has grown
    found = look(number)
    assert (found.total, kinds(found.ignored), found.ignored.total) == (4, ["removal"], 1)


def test_nothing_of_a_dead_label_but_wishes(
    actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    ignore_each(actor, number, labels, make_chat)
    Label.objects.update(deleted_at=timezone.now())
    assert kinds(look(number).ignored) == ["wish"]


def test_nothing_of_another_number(
    actor: Actor, other_number: Instance, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    ignore_each(actor, number, labels, make_chat)
    assert look(other_number).ignored.total == 0


def test_a_clash_that_was_left_is_not_counted(
    actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    chat = make_chat(labels=(labels["Quoted"], labels["Paid"]))
    make_chat(labels=(labels["Quoted"], labels["Paid"]))
    look_for_clashes(number)
    assert counts([number]) == {number.pk: 2}
    ignore(actor, clash_ref(chat, labels))
    look_for_clashes(number)
    assert (kinds(look(number).ignored), counts([number])) == (["clash"], {number.pk: 1})


def test_the_newest_are_shown_first_and_all_when_asked(
    actor: Actor, number: Instance, labels: Labels, make_chat: MakeChat
) -> None:
    start = timezone.now() + timedelta(seconds=1)
    for n in range(23):
        pair = give_up(actor, make_chat(), labels["VIP"], remote=False)
        ChatLabel.objects.filter(pk=pair.pk).update(ignored_at=start + timedelta(seconds=n))
    none, some, many = (look(number, ignored=asked).ignored for asked in ("", "some", "all"))
    assert [(len(part.rows), part.total, part.more) for part in (none, some, many)] == [
        (0, 23, 23),
        (20, 23, 3),
        (23, 23, 0),
    ]
    at: list[datetime] = [row.at for row in many.rows]
    assert at == [start + timedelta(seconds=n) for n in reversed(range(23))]
    assert some.rows[0].at == at[0]


@pytest.mark.parametrize("many", [1, 6])
def test_the_number_of_queries_does_not_grow(
    actor: Actor,
    number: Instance,
    labels: Labels,
    make_chat: MakeChat,
    many: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for n in range(many):
        ignore_each(actor, number, labels, make_chat, wa_id=f"9{n}")
    directory = directory_of(number)
    look_for_clashes(number)
    with django_assert_num_queries(13):
        assert drift(number, directory).ignored.total == 4 * many + 1
    with django_assert_num_queries(20):
        assert len(drift(number, directory, ignored="all").ignored.rows) == 4 * many + 1
