"""Each class of query walks its index on both databases, and nothing sorts."""

import pytest
from django.db import connection

from labelapp.queries import text as wording
from labelapp.queries import walks as walking
from labelapp.queries.conditions import added_by
from labelapp.queries.due import timed
from labelapp.queries.keysets import Walk
from labelapp.queries.language.reading import read
from labelapp.queries.language.terms import Choice
from labelapp.queries.orders import Key, Order, segments
from labelapp.queries.text import says
from labelapp.queries.walks import walks
from tests.queries.worlds import NOW, World, make_world

CLASSES = {
    "": "chat_walk",
    "label:VIP": "pair_walk",
    'label:VIP label:"On hold"': "pair_walk",
    "label:VIP,Hot": "pair_walk",
    "label:VIP -label:Paid is:unanswered type:person big": "pair_walk",
    "-label:VIP": "chat_walk",
    "no:label": "chat_walk",  # and `pair_held` for each chat
    "no:stage": "chat_walk",
    "stage:Quoted..": "pair_walk",
    "age:stage>3d": "pair_age",
    "is:conflict": "pair_walk",
    "is:unanswered": "chat_unanswered",
    "is:unread": "chat_unanswered",
    "is:archived": "chat_archived",
    "type:group": "chat_groups",
    "assigned:me": "chat_assigned",
    "assigned:me,omar": "chat_assigned",
    "assigned:nobody": "chat_walk",
    "is:failed": "pair_open_walk",
    "is:pending,held": "pair_open_walk",
    "last:>2d": "chat_walk",
    "last:<2h number:sales": "chat_walk",
    "haddad": "chat_walk",
    '-haddad "big order" label:VIP': "pair_walk",
}
BEFORE = Key(NOW, 5)


@pytest.fixture(autouse=True)
def _nothing_is_rare(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every word were common: rare ones are read from their chats."""
    monkeypatch.setattr(wording, "CAP", 0)
    monkeypatch.setattr(wording, "FEW", 0)


@pytest.fixture
def world(db: None) -> World:
    """On PostgreSQL its planner, which would scan tables this small, is told that nothing but an index is cheap."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for way in ("seqscan", "bitmapscan", "sort"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
    return make_world(1, chats=200)


def plans(ways: list[Walk]) -> list[str]:
    """How the database goes about the first page and a later one, without what it does inside of the tests of a row."""
    return [walk.statement(after, 50).explain() for walk in ways for after in (None, BEFORE)]


def sorts(plan: str) -> bool:
    return "TEMP B-TREE" in plan or "Sort" in plan


@pytest.mark.parametrize("text", CLASSES)
def test_the_newest_first(world: World, text: str) -> None:
    query = read(text, world.scope.vocabulary).query
    ways = walks(world.scope, query, said=says(query.texts))
    assert ways
    for plan in plans(ways):
        assert not sorts(plan), plan
        assert CLASSES[text] in plan


@pytest.mark.parametrize("text", ["", "label:VIP", "stage:Quoted..", "haddad"])
@pytest.mark.parametrize(
    ("order", "first", "last"),
    [
        (Order.WAITING, "chat_waiting", "chat_walk"),
        (Order.URGENCY, "pair_walk", "chat_walk"),
        (Order.DEPTH, "pair_walk", "chat_walk"),
    ],
)
def test_the_other_orders(
    world: World, monkeypatch: pytest.MonkeyPatch, text: str, order: Order, first: str, last: str
) -> None:
    monkeypatch.setattr(walking, "PROBE", -1)  # as if there were many
    query = read(text, world.scope.vocabulary).query
    if query and text != "haddad":
        last = "pair_walk"
    parts = segments(order, world.scope)
    for segment in parts:
        for plan in plans(walks(world.scope, query, segment, says(query.texts))):
            assert not sorts(plan), plan
            assert (last if segment == parts[-1] else first) in plan


def test_few_that_wait_are_put_in_order_here(world: World) -> None:
    query = read("label:VIP", world.scope.vocabulary).query
    (waiting, _rest) = segments(Order.WAITING, world.scope)
    ways = walks(world.scope, query, waiting)
    assert all(way.gathered for way in ways)
    assert not any(map(sorts, plans(ways)))


def test_a_source_that_did_little_is_read_from_its_chats(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    query = read("source:phone", world.scope.vocabulary).query
    (few,) = walks(world.scope, query)
    assert few.gathered
    assert not any(map(sorts, plans([few])))
    assert "ledger_added_by" in added_by(("phone",)).values_list("chat")[:9].explain()
    monkeypatch.setattr(walking, "PROBE", 0)  # as if it had done much
    for plan in plans(walks(world.scope, query)):
        assert not sorts(plan), plan
        assert "chat_walk" in plan


@pytest.mark.parametrize("text", ["due:any", "due:overdue", "due:today", "due:<3d", "due:>3d,overdue"])
def test_times_that_few_labels_have_are_read_from_their_chats(
    world: World, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    query = read(text, world.scope.vocabulary).query
    (term,) = query.terms
    assert isinstance(term, Choice)
    (few,) = walks(world.scope, query)
    assert few.gathered
    assert not any(map(sorts, plans([few])))
    assert "timer_walk" in timed(term, world.scope).values_list("pair")[:9].explain()
    monkeypatch.setattr(walking, "PROBE", 0)  # as if there were many
    for plan in plans(walks(world.scope, query)):
        assert not sorts(plan), plan
        assert "chat_walk" in plan


def test_the_rarest_term_is_walked_whichever_comes_first(world: World) -> None:
    scope = world.scope
    vip = scope.vocabulary.label("VIP").pks
    scope.directory.counts.update(dict.fromkeys(vip, 3))
    for text in ("label:VIP label:Paid", "label:Paid label:VIP", "label:Paid,Hot -label:Open label:VIP"):
        ways = walks(scope, read(text, scope.vocabulary).query)
        assert len(ways) == len(vip)
        for way, pk in zip(ways, vip, strict=True):
            assert f'"label_id" = {pk} ' in str(way.rows.query)


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("label:Paid is:unanswered", "chat_unanswered"),
        ("label:Paid is:failed", "pair_open_walk"),
        ("label:Paid", "pair_walk"),
        ("age:stage>3d", "pair_age"),
        ("label:Paid age:stage>3d", "pair_age"),
    ],
)
def test_a_frequent_label_gives_way_to_what_is_rare(
    world: World, monkeypatch: pytest.MonkeyPatch, text: str, index: str
) -> None:
    monkeypatch.setattr(walking, "PROBE", 1000)
    scope = world.scope
    scope.directory.counts.update(dict.fromkeys(scope.directory.counts, 100_000))
    for plan in plans(walks(scope, read(text, scope.vocabulary).query)):
        assert index in plan


@pytest.mark.parametrize("many", [False, True])
def test_the_age_of_a_stage_is_asked_of_the_pair_that_is_walked(
    world: World, monkeypatch: pytest.MonkeyPatch, many: bool
) -> None:
    """All stages at once where that leaves few."""
    if many:
        monkeypatch.setattr(walking, "PROBE", -1)
    ways = walks(world.scope, read("age:stage>3d", world.scope.vocabulary).query)
    assert len(ways) == (len(world.scope.stages) if many else 1)
    assert not any("EXISTS" in str(way.rows.query) for way in ways)


@pytest.mark.parametrize(
    "text", ["no:label", "-label:Paid", "label:VIP -label:Paid", "label:VIP label:Paid", "no:stage"]
)
def test_what_else_a_chat_carries_is_asked_row_by_row(world: World, text: str) -> None:
    """PostgreSQL would join two labels of a million chats each, and read both to their ends."""
    for plan in plans(walks(world.scope, read(text, world.scope.vocabulary).query)):
        assert ("Join" in plan, "Nested Loop" in plan, "hashed" in plan) == (False, False, False), plan
    held = plans(walks(world.scope, read("no:label", world.scope.vocabulary).query))
    assert all("pair_held" in plan for plan in held)


def test_many_of_an_age_are_walked_in_order(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "PROBE", -1)
    for plan in plans(walks(world.scope, read("age:stage>3d", world.scope.vocabulary).query)):
        assert ("pair_walk" in plan, sorts(plan)) == (True, False), plan
