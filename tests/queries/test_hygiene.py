"""Advice about labels: what is found, and what is left alone."""

from datetime import timedelta
from itertools import combinations

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from labelapp.models import ChatLabel, Instance, Label
from labelapp.models.fields import NEVER
from labelapp.queries.colors import REDS, likeness
from labelapp.queries.directory import directory_of
from labelapp.queries.hygiene import Finding, Kind, Palette, hygiene
from labelapp.queries.stale import MANY, crowded, stale_among, stale_of
from tests.conftest import MakeChat
from tests.ledgers import ago, say, walk

Labels = dict[str, Label]
DAY = 24


@pytest.fixture(autouse=True)
def _known_for_long(number: Instance, labels: Labels) -> None:
    Instance.objects.filter(pk=number.pk).update(imported_at=ago(100 * DAY))
    Label.objects.filter(instance=number).update(known_at=ago(90 * DAY))
    number.refresh_from_db()


def found(number: Instance, kind: Kind) -> list[Finding]:
    return [one for one in hygiene(number).findings if one.kind == kind]


def names(findings: list[Finding]) -> list[tuple[str, ...]]:
    return [tuple(tag.name for tag in one.tags) for one in findings]


def change(label: Label, **values: object) -> None:
    Label.objects.filter(pk=label.pk).update(**values)


def make_labels(number: Instance, many: int) -> list[Label]:
    return [
        Label.objects.create(instance=number, wa_id=f"9{n}", name=f"{'abcdefghijklmnopqrst'[n] * 5}", known_at=timezone.now())
        for n in range(many)
    ]  # fmt: skip


def test_labels_that_nobody_has_put_on_for_30_days(number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    for name in ("New lead", "Quoted", "Paid"):
        say(make_chat(), labels[name], "add", 29 * DAY, "phone")
    say(make_chat(), labels["VIP"], "add", 31 * DAY)
    chat = make_chat(labels=(labels["VIP"],))
    ChatLabel.objects.filter(chat=chat).update(wanted_at=ago(31 * DAY))
    change(labels["On hold"], known_at=ago(29 * DAY))  # too new to be judged
    (one,) = found(number, Kind.UNUSED)
    assert (one.tags[0].name, one.fix, one.since is not None) == ("VIP", labels["VIP"].pk, True)
    change(labels["VIP"], archived_at=timezone.now())
    assert found(number, Kind.UNUSED) == []


def test_a_number_that_is_new_has_no_unused_labels(number: Instance, labels: Labels) -> None:
    Instance.objects.filter(pk=number.pk).update(imported_at=ago(29 * DAY))
    number.refresh_from_db()
    assert found(number, Kind.UNUSED) == []


def test_names_and_colours_that_are_mixed_up(number: Instance, labels: Labels) -> None:
    change(labels["On hold"], name="V.I.P", color_index=6, chat_count=5)
    (same,) = found(number, Kind.NAMES)
    assert (names([same]), same.fix) == ([("VIP", "V.I.P")], labels["VIP"].pk)
    (alike,) = [one for one in found(number, Kind.COLORS) if one.like and one.like.eyes == "normal"]
    assert (names([alike]), alike.fix) == ([("VIP", "V.I.P")], labels["VIP"].pk)
    assert alike.color is not None
    change(labels["On hold"], color_index=1)
    stage = next(one for one in found(number, Kind.COLORS) if one.like and one.like.distance == 0)
    assert stage.fix == labels["On hold"].pk  # the free label rather than the stage, although it is on more chats


def test_red_is_advised_instead_of_a_colour_to_urgent_labels_alone(number: Instance, labels: Labels) -> None:
    change(labels["VIP"], color_index=3)
    change(labels["On hold"], color_index=6, chat_count=5)
    Label.objects.filter(group__isnull=False).update(color_index=None)
    (alike,) = found(number, Kind.COLORS)
    assert (alike.fix, alike.color in REDS) == (labels["VIP"].pk, False)
    assert Palette(set()).color_for(labels["VIP"]) not in REDS
    labels["VIP"].urgency = 1
    assert Palette(set()).color_for(labels["VIP"]) in REDS


def test_a_name_that_tells_what_was_done_unless_it_is_a_stage(number: Instance, labels: Labels) -> None:
    change(labels["VIP"], name="Followed")
    change(labels["Paid"], name="Shipped")
    assert [(names([one]), one.words) for one in found(number, Kind.PASSIVE)] == [([("Followed",)], "To follow up")]


def test_red_is_for_what_is_urgent(number: Instance, labels: Labels) -> None:
    change(labels["VIP"], color_index=13)
    change(labels["On hold"], color_index=0, urgency=1)
    (one,) = found(number, Kind.REDS)
    assert one.tags[0].name == "VIP"
    assert one.color not in (0, 13, None)


def test_a_free_colour_is_advised_once_and_clear_of_the_other_advice(number: Instance, labels: Labels) -> None:
    for label in labels.values():
        change(label, color_index=13)
    findings = hygiene(number).findings
    advised = {one.fix: one.color for one in findings if one.color is not None}
    told = [one.color for one in findings if one.color is not None]
    assert len(told) == len(set(told)) == len(advised) == 5  # for each label, however often it is named
    assert not [pair for pair in combinations(told, 2) if likeness(*pair)]
    assert not {0, 13} & set(told)


def test_stages_that_are_skipped_or_gone_back_from(number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    new, quoted, paid = labels["New lead"], labels["Quoted"], labels["Paid"]
    for _n in range(2):
        walk(make_chat(), (new, 9), (paid, 5), (quoted, 3))
    assert [(names([one]), one.count) for one in found(number, Kind.SKIPPED)] == [([("Quoted",)], 2)]
    assert [(names([one]), one.count) for one in found(number, Kind.BACKWARD)] == [([("Paid", "Quoted")], 2)]


def test_chats_with_ten_labels_and_what_may_go(number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    many = make_labels(number, 9)
    chat = make_chat(name="Crowd", labels=(labels["Paid"], *many))
    make_chat(labels=tuple(many))  # nine are fine
    for n, label in enumerate([labels["Paid"], *many]):
        ChatLabel.objects.filter(chat=chat, label=label).update(wanted_at=ago((32 - n) * DAY))
    rows, count = crowded(number, directory_of(number))
    assert (count, [(row.chat, row.count) for row in rows]) == (1, [(chat, 10)])
    assert [one.tag.name for one in rows[0].stale] == [many[0].name, many[1].name]  # no stage, nothing recent
    assert hygiene(number).crowds == 1


def test_from_the_eighth_label_the_stale_ones_are_named(number: Instance, labels: Labels, make_chat: MakeChat) -> None:
    many = make_labels(number, MANY)
    chat = make_chat(labels=tuple(many[:-1]))
    ChatLabel.objects.filter(chat=chat).update(wanted_at=NEVER)
    assert stale_of(chat, directory_of(number)) == []
    ChatLabel.objects.create(chat=chat, label=many[-1], wanted=True, wanted_at=timezone.now())
    stale = stale_of(chat, directory_of(number))
    assert [(one.tag.name, one.since) for one in stale] == [(label.name, None) for label in many[:3]]


def test_what_is_stale_is_the_oldest_first(number: Instance, labels: Labels) -> None:
    tags = directory_of(number).tags
    now = timezone.now()
    held = [(tags[labels["VIP"].pk], now - timedelta(days=40)), (tags[labels["On hold"].pk], now - timedelta(days=50))]
    others = [(tags[labels["Paid"].pk], NEVER)] * 6
    assert [one.tag.name for one in stale_among([*held, *others], now)] == ["On hold", "VIP"]
    assert stale_among(held, now) == []


@pytest.mark.parametrize("many", [1, 14])
def test_the_number_of_queries_does_not_grow(
    number: Instance, labels: Labels, make_chat: MakeChat, many: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    extra = make_labels(number, 10)
    for _n in range(many):
        walk(make_chat(labels=tuple(extra)), (labels["New lead"], 9), (labels["Paid"], 5))
    with django_assert_num_queries(10):
        hygiene(number)
