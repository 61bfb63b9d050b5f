"""The judge judged: each kind of lie in the mirror must be noticed, or `make chaos` could not fail."""

from dataclasses import replace

import pytest

from tests.chaos.oracle import Inbox, LabelRow, Mirror, PairRow, Truth, compare, in_short, lost, unknown

ANA, BEN, HIDDEN = "201000000001@c.us", "201000000002@c.us", "109300000000001@lid"
TRUTH = Truth({"1": ("Paid", 12), "7": ("VIP", 3)}, {"1": frozenset({ANA}), "7": frozenset({ANA, BEN})}, {})
MIRROR = Mirror(
    labels=[LabelRow(11, "1", "Paid", 12, True, 1), LabelRow(17, "7", "VIP", 3, True, 2)],
    chats={1: (ANA, 5), 2: (BEN, 6)},
    aliases=[(ANA, 1), (BEN, 2)],
    pairs=[
        PairRow(1, 11, True, True, "confirmed", 5),
        PairRow(1, 17, True, True, "confirmed", 5),
        PairRow(2, 17, True, True, "confirmed", 6),
        PairRow(2, 11, False, False, "confirmed", 6),
    ],
)


def kinds(mirror: Mirror, truth: Truth = TRUTH, *, given_up: bool = False) -> list[str]:
    return sorted(one.what for one in compare(truth, mirror, given_up=given_up))


def with_pair(place: int, **changes: object) -> Mirror:
    pairs = list(MIRROR.pairs)
    pairs[place] = replace(pairs[place], **changes)
    return replace(MIRROR, pairs=pairs)


def with_label(**changes: object) -> Mirror:
    return replace(MIRROR, labels=[replace(MIRROR.labels[0], **changes), MIRROR.labels[1]])


def test_the_same_on_both_sides_is_no_difference() -> None:
    assert compare(TRUTH, MIRROR) == []
    assert in_short([]) == "no difference"


def test_a_missing_tag_is_noticed_with_a_row_and_without() -> None:
    assert kinds(replace(MIRROR, pairs=MIRROR.pairs[:2])) == ["chat_count", "tag missing"]
    assert kinds(with_pair(2, wanted=False)) == ["chat_count", "tag missing"]


def test_two_mistakes_that_leave_the_counts_alone_are_noticed() -> None:
    swapped = [replace(MIRROR.pairs[0], wanted=False, remote=False), *MIRROR.pairs[1:3]]
    swapped.append(replace(MIRROR.pairs[3], wanted=True, remote=True))
    found = compare(TRUTH, replace(MIRROR, pairs=swapped))
    assert {(one.what, one.where) for one in found} == {
        ("tag missing", f"label 1 on {ANA}"),
        ("remote", f"label 1 on {ANA}"),
        ("tag extra", f"label 1 on {BEN}"),
        ("remote", f"label 1 on {BEN}"),
    }


@pytest.mark.parametrize(
    ("changes", "noticed"),
    [
        ({"receipt": "sent"}, ["receipt"]),
        ({"receipt": "pending"}, ["receipt"]),
        ({"receipt": "failed", "error": "said:no"}, ["receipt"]),
        ({"remote": None}, ["remote"]),
        ({"remote": False}, ["remote"]),
        ({"last_message_at": 4}, ["last_message_at"]),
    ],
)
def test_a_wrong_receipt_a_wrong_sight_and_a_stale_copy_are_noticed(
    changes: dict[str, object], noticed: list[str]
) -> None:
    assert kinds(with_pair(0, **changes)) == noticed


@pytest.mark.parametrize(
    ("changes", "noticed"),
    [
        ({"name": "Paid "}, ["label differs"]),
        ({"color": None}, ["label differs"]),
        ({"known": False}, ["label unknown"]),
        ({"chat_count": 2}, ["chat_count"]),
    ],
)
def test_a_wrong_directory_is_noticed(changes: dict[str, object], noticed: list[str]) -> None:
    assert kinds(with_label(**changes)) == noticed


def test_labels_that_only_one_side_has_are_noticed() -> None:
    more = LabelRow(19, "9", "Old", 1, True, 0)
    assert kinds(replace(MIRROR, labels=[*MIRROR.labels, more])) == ["label extra"]
    assert kinds(replace(MIRROR, labels=[*MIRROR.labels, replace(more, pk=20), more])) == [
        "label doubled",
        "label extra",
    ]
    assert kinds(MIRROR, replace(TRUTH, labels=TRUTH.labels | {"9": ("New", 1)})) == ["label missing"]


def test_a_dead_label_that_holds_a_chat_or_waits_for_a_call_is_noticed() -> None:
    def dead(**state: object) -> Mirror:
        return replace(MIRROR, pairs=[*MIRROR.pairs, replace(MIRROR.pairs[3], label=5, **state)])

    assert kinds(dead(wanted=True)) == ["ghost"]
    assert kinds(dead(receipt="pending")) == ["ghost"]
    assert kinds(dead(wanted=True, receipt="failed", error="deleted:")) == []


def test_one_person_in_two_rows_and_two_people_in_one_are_noticed() -> None:
    lids = replace(TRUTH, lids={HIDDEN: BEN})
    apart = replace(MIRROR, chats=MIRROR.chats | {3: (HIDDEN, 7)}, aliases=[*MIRROR.aliases, (HIDDEN, 3)])
    assert kinds(apart, lids) == ["chat doubled"]
    assert kinds(replace(MIRROR, aliases=[*MIRROR.aliases, (HIDDEN, 2)]), lids) == []
    assert kinds(replace(MIRROR, aliases=[*MIRROR.aliases, (BEN, 1)])) == ["people merged"]


def test_a_chat_on_the_wrong_side_of_the_archive_is_noticed() -> None:
    truth = replace(TRUTH, archived={ANA: True, BEN: False, HIDDEN: True})
    assert kinds(replace(MIRROR, archived=frozenset({1})), truth) == []
    assert kinds(MIRROR, truth) == ["archive"]
    assert kinds(replace(MIRROR, archived=frozenset({1, 2})), truth) == ["archive"]
    assert kinds(replace(MIRROR, archived=frozenset({1, 2})), replace(truth, lids={HIDDEN: BEN})) == []


def test_a_tag_on_the_hidden_address_is_a_tag_on_the_person() -> None:
    hidden = Truth(TRUTH.labels, {"1": frozenset({ANA}), "7": frozenset({ANA, HIDDEN})}, {HIDDEN: BEN})
    assert kinds(MIRROR, hidden) == []
    assert kinds(MIRROR, replace(hidden, lids={HIDDEN: None})) == ["remote", "tag extra", "tag missing"]


def test_what_was_given_up_has_to_say_why_and_to_show_what_is_there() -> None:
    assert kinds(with_pair(3, wanted=True, receipt="failed", error="said:no"), given_up=True) == ["chat_count"]
    assert kinds(with_pair(0, receipt="failed"), given_up=True) == ["silent failure"]
    assert kinds(with_pair(0, receipt="failed", error="said:no", remote=False), given_up=True) == ["remote"]
    assert kinds(with_pair(0, receipt="sent"), given_up=True) == ["receipt"]


def test_a_lost_a_waiting_a_parked_and_an_unknown_delivery_are_noticed() -> None:
    inbox = Inbox({"a": (True, "applied", ""), "b": (False, "", ""), "c": (True, "parked", "why")})
    assert sorted(one.what for one in lost({"a", "b", "c", "d"}, inbox)) == [
        "delivery lost",
        "delivery parked",
        "delivery waits",
    ]
    assert [one.where for one in unknown({"a", "b"}, inbox)] == ["c"]
    assert lost({"a"}, Inbox({"a": (True, "ignored", "")})) == []
