"""The made-up world: repeatable, plausible, and nobody's."""

import re
from collections import Counter

import pytest

from labelapp.simulator import world

NOW = 1_800_000_000
FICTIONAL = re.compile(r"20100000\d{4}|1\d{3}55501\d\d|351900\d{6}|5511900\d{6}|\d{15,18}")


@pytest.fixture(scope="module")
def people() -> list[world.Contact]:
    return list(world.contacts(seed=1, chats=600, now=NOW))


def test_the_same_seed_makes_the_same_world(people: list[world.Contact]) -> None:
    assert list(world.contacts(seed=1, chats=600, now=NOW)) == people
    assert next(world.contacts(seed=2, chats=600, now=NOW)) != people[0]


def test_nobody_is_there_twice(people: list[world.Contact]) -> None:
    many = [who.jid for who in world.contacts(seed=3, chats=30_000, now=NOW)]
    assert len(set(many)) == len(many)
    keys = [line.key for who in people for line in who.lines]
    assert len(set(keys)) == len(keys)


def test_numbers_are_fictional(people: list[world.Contact]) -> None:
    addresses = {who.jid for who in people} | {line.sender for who in people for line in who.lines if line.sender}
    assert [one for one in addresses if not FICTIONAL.fullmatch(one.partition("@")[0])] == []


def test_all_kinds_and_languages(people: list[world.Contact]) -> None:
    kinds = Counter(who.jid.rpartition("@")[2] for who in people)
    assert kinds["c.us"] > kinds["g.us"] > kinds["lid"] > 10
    assert set(Counter(who.language for who in people)) == {"en", "ar", "pt", "es"}
    hidden = [who for who in people if who.jid.endswith("@lid")]
    assert {bool(who.pn) for who in hidden} == {True, False}  # some mappings stay unknown


def test_nearly_half_have_no_label_and_nobody_two_stages(people: list[world.Contact]) -> None:
    assert 0.40 < sum(not who.labels for who in people) / len(people) < 0.52
    assert max(sum(label <= 6 for label in who.labels) for who in people) == 1
    assert all(len(set(who.labels)) == len(who.labels) for who in people)


def test_messages_run_forward_within_thirty_days(people: list[world.Contact]) -> None:
    for who in people:
        times = [line.at for line in who.lines]
        assert times == sorted(times)
        assert times[0] >= NOW - world.MONTH
        assert times[-1] <= NOW
    recent = sum(who.lines[-1].at > NOW - 86_400 for who in people) / len(people)
    assert 0.15 < recent < 0.45


def test_every_slot_in_a_text_is_filled_and_groups_name_their_writers(people: list[world.Contact]) -> None:
    texts = [line.text for who in people for line in who.lines]
    assert [text for text in texts if not text or re.search(r"[{}<>|]", text)] == []
    groups = [line for who in people if who.jid.endswith("@g.us") for line in who.lines if not line.from_me]
    assert groups
    assert all(line.sender and line.sender_name for line in groups)
