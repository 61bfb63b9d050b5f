"""What counts as a difference, in which order, and what it costs to look."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from labelapp.actions.clashes import look_for_clashes
from labelapp.actions.findings import raise_finding, settle
from labelapp.models import (
    Chat,
    ChatLabel,
    ClashLook,
    Finding,
    Instance,
    Label,
    LabelGroup,
    LedgerEntry,
    Receipt,
    Source,
    User,
    Verb,
)
from labelapp.models.reasons import Reason
from labelapp.queries.clashes import FRESH, KEPT, clash_keys
from labelapp.queries.differences import Ref
from labelapp.queries.directory import directory_of
from labelapp.queries.drift import HERE, PHONE, Drift, counts, digest, drift, refs_of
from labelapp.queries.drift_findings import pairs_of
from tests.conftest import MakeChat

Labels = dict[str, Label]
Kind, Outcome = Finding.Kind, Finding.Outcome


def failed(chat: Chat, label: Label, *, on: bool = True, minutes: int = 0) -> ChatLabel:
    at = timezone.now() - timedelta(minutes=minutes)
    return ChatLabel.objects.create(chat=chat, label=label, wanted=on, receipt=Receipt.FAILED, wanted_at=at)


def look(number: Instance, label: Label | None = None) -> Drift:
    return drift(number, directory_of(number), label=label.pk if label else None)


def kinds(found: Drift) -> dict[str, list[str]]:
    return {section.name: [row.kind for row in section.rows] for section in found.sections}


def test_what_is_on_its_way_or_agrees_is_no_difference(number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    make_chat(labels=(labels["VIP"], labels["Quoted"]))
    waiting = failed(make_chat(), labels["VIP"])
    ChatLabel.objects.filter(pk=waiting.pk).update(receipt=Receipt.PENDING)
    found = look(number)
    assert (found.total, found.sections, found.notes) == (0, [], [])
    assert [line.differences for line in found.labels] == [0] * 5


def test_the_newest_comes_first_and_the_maker_is_named(
    number: Instance, labels: Labels, make_chat: MakeChat, agent: User
) -> None:
    old, new = failed(make_chat(), labels["VIP"], minutes=9), failed(make_chat(), labels["VIP"], minutes=1)
    for verb, who, pair in [(Verb.ADD, agent, old), (Verb.REMOVE, None, old), (Verb.ADD, None, new)]:
        LedgerEntry.objects.create(
            instance=number, chat=pair.chat, label=pair.label, verb=verb, actor=who, source=Source.RULE
        )
    rows = look(number).sections[0].rows
    assert [(row.pair, row.who, row.source) for row in rows] == [(new, "", "Rule"), (old, "Agent Demo", "")]


def test_each_kind_has_its_section(number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    vip = labels["VIP"]
    failed(make_chat(), vip)
    failed(make_chat(), vip, on=False, minutes=5)
    doubted = make_chat(labels=(vip, labels["Quoted"], labels["Paid"]))
    raise_finding(number, Kind.REMOVAL, chat=doubted, label=vip, words=Reason.LISTS(), count=1)
    raise_finding(number, Kind.IDENTITY, chat=doubted, words="Two names")
    raise_finding(number, Kind.GUARD, words=Reason.MANY(), count=20)
    Label.objects.create(instance=number, wa_id="31")
    found = look(number)
    assert {name: sorted(rows) for name, rows in kinds(found).items()} == {
        "here": ["removal", "wish"],
        "phone": ["unknown", "wish"],
        "differs": ["clash", "identity"],
    }
    assert ([row.kind for row in found.notes], found.total) == (["guard"], 7)


def test_one_label_alone(number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    for name in ("VIP", "VIP", "On hold"):
        failed(make_chat(), labels[name])
    raise_finding(number, Kind.EMPTY, label=labels["On hold"], count=3)
    make_chat(labels=(labels["Quoted"], labels["Paid"]))
    assert (look(number).total, look(number, labels["VIP"]).total, look(number, labels["On hold"]).total) == (5, 2, 2)
    assert kinds(look(number, labels["Paid"])) == {"differs": ["clash"]}
    first = look(number).labels[:2]
    assert [(line.label, line.differences, line.is_empty) for line in first] == [
        (labels["VIP"], 2, False),
        (labels["On hold"], 2, True),
    ]


def test_what_is_settled_or_of_a_dead_label_is_gone(
    number: Instance, labels: Labels, make_chat: MakeChat, lead: User
) -> None:
    settle(raise_finding(number, Kind.GUARD, count=20), Outcome.IGNORED, lead)
    raise_finding(number, Kind.EMPTY, label=labels["VIP"], count=3)
    Label.objects.filter(pk=labels["VIP"].pk).update(deleted_at=timezone.now())
    assert look(number).total == 0
    failed(make_chat(), labels["VIP"])  # a wish that the deletion ended still has to be told
    assert not look(number).sections[0].rows[0].both_ways


@pytest.mark.parametrize(("policy", "first"), [("ask", "Paid"), ("furthest", "Paid"), ("latest", "Quoted")])
def test_what_the_groups_rule_would_keep_comes_first(
    number: Instance, labels: Labels, make_chat: MakeChat, policy: str, first: str
) -> None:
    LabelGroup.objects.update(conflict_policy=policy)
    chat = make_chat(labels=(labels["Quoted"], labels["Paid"]))
    ChatLabel.objects.filter(chat=chat, label=labels["Quoted"]).update(wanted_at=timezone.now())
    assert look(number).sections[0].rows[0].tag.name == first


def test_two_groups_do_not_clash_with_each_other(number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    needs = LabelGroup.objects.create(instance=number, name="Needs", kind=LabelGroup.Kind.EXCLUSIVE)
    Label.objects.filter(name__in=["VIP", "On hold"]).update(group=needs)
    make_chat(labels=(labels["VIP"], labels["Paid"]))
    assert clash_keys(number) == []


def test_clashes_are_looked_for_once_a_while(
    number: Instance, labels: Labels, make_chat: MakeChat, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    chat = make_chat(labels=(labels["Quoted"], labels["Paid"]))
    assert (counts([number]), len(clash_keys(number))) == ({}, 1)
    look_for_clashes(number)
    with django_assert_num_queries(2):
        assert (counts([number]), len(clash_keys(number))) == ({number.pk: 1}, 1)
    ChatLabel.objects.filter(chat=chat, label=labels["Paid"]).update(wanted=False)
    assert look(number).total == 0  # what is kept is looked at again
    look_for_clashes(number)
    assert counts([number]) == {number.pk: 1}
    ClashLook.objects.update(at=timezone.now() - FRESH)
    assert clash_keys(number) == []
    look_for_clashes(number)
    assert counts([number]) == {}


def test_every_process_counts_the_same_clashes(number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    make_chat(labels=(labels["Quoted"], labels["Paid"]))
    look_for_clashes(number)
    cache.clear()  # what another process has in its memory
    assert counts([number]) == {number.pk: 1}
    ClashLook.objects.update(at=timezone.now() - KEPT)
    assert counts([number]) == {}


def test_all_rows_that_can_be_pushed(number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    pairs = [failed(make_chat(), labels["VIP"], minutes=n) for n in range(25)]
    other = failed(make_chat(), labels["On hold"], on=False)
    assert [ref.pk for ref in refs_of(number, HERE)] == [pair.pk for pair in pairs]
    assert [ref.pk for ref in refs_of(number, PHONE)] == [other.pk]
    assert refs_of(number, PHONE, labels["VIP"].pk) == []
    seen = digest(refs_of(number, HERE))
    assert digest(refs_of(number, HERE)) == seen
    ChatLabel.objects.filter(pk=pairs[7].pk).update(remote=True)
    assert digest(refs_of(number, HERE)) != seen


def test_what_a_finding_about_many_is_about(number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    missed, doubted = make_chat(labels=(labels["VIP"],)), make_chat(labels=(labels["VIP"],))
    ChatLabel.objects.filter(chat=missed).update(missed_at=timezone.now())
    ChatLabel.objects.filter(chat=doubted).update(doubted_at=timezone.now())
    guard = raise_finding(number, Kind.GUARD, count=20)
    short = raise_finding(number, Kind.REMOVAL, label=labels["VIP"], count=25)
    assert [pairs_of(one).get().chat for one in (guard, short)] == [missed, doubted]


def test_a_pip_costs_one_query(
    number: Instance,
    other_number: Instance,
    labels: Labels,
    make_chat: MakeChat,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    failed(make_chat(), labels["VIP"])
    raise_finding(number, Kind.GUARD, count=20)
    Label.objects.create(instance=other_number, wa_id="31")
    with django_assert_num_queries(1):
        assert counts([number, other_number]) == {number.pk: 2, other_number.pk: 1}


@pytest.mark.parametrize("text", ["", "w", "x1:a", "w1", "w1:", "w1:A", "w1:a b", "w9999999999999999999:a", "c1.:a"])
def test_what_names_no_row(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  the text itself
        Ref.read(text)


def test_a_row_is_named_as_it_is_read() -> None:
    for ref in (Ref("w", 17, seen="failed.1.n.0"), Ref("c", 5, 3, "1-confirmed.1.1.2_4-confirmed.1.1.2")):
        assert Ref.read(str(ref)) == ref
