"""The ways to walk a query's chats in the order of the list, by keyset: never OFFSET, and nothing that sorts.

With wanted labels the list is walked inside the rarest, in the index `pair_walk`, which is in answer order; every other condition is an
EXISTS. Planners assume that labels are independent and go wrong by seconds at a million chats.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from labelapp.models import Chat, ChatLabel, Source
from labelapp.queries.conditions import (
    CHAT,
    PAIR,
    UNSETTLED,
    Columns,
    added_by,
    assignees,
    condition,
    holds,
    of_age,
    unanswered,
)
from labelapp.queries.due import timed_chats
from labelapp.queries.keysets import Walk
from labelapp.queries.language.terms import NOBODY, Choice, Elapsed, Named, Query, Stages, Term, Text
from labelapp.queries.orders import Segment
from labelapp.queries.scopes import Scope
from labelapp.queries.text import Says, by_column, listed

PROBE = 2000  # what has at most as many rows is walked without looking for a better way
OPEN_STATES = {"pending", "failed", "held"}
NARROW = {"is": {"unanswered", "unread", "archived"}, "type": {"group"}}  # what has a partial index of its own
PUT_ON = Coalesce("wanted_at", "wanted_at")  # not by its index, where a walk is to stay in its order
WHOLE = Segment(0)
SILENT = Says()


def walks(scope: Scope, query: Query, segment: Segment = WHOLE, said: Says = SILENT) -> list[Walk]:
    """The ways to walk that give all matches of the segment together; they may overlap. None where nothing can match. `said`: what
    the query's texts ask for."""
    plan = _Plan(scope, query, segment, said)
    if plan.is_void:
        return []
    if segment.waiting:
        return plan.gathered_walks() if plan.cost <= PROBE else plan.chat_walks(waiting=True)
    if said.is_rare:
        return plan.label_walks() if plan.sets else plan.chat_walks()
    if plan.cost > PROBE and plan.touched is not None:
        return [plan.touched_walk(plan.touched)]
    if plan.opened and (plan.cost > PROBE) and (not plan.sets or _few(plan.open_rows())):
        return [plan.open_walk()]
    if plan.sets and not (plan.cost > PROBE and plan.is_narrow()):
        return plan.label_walks()
    return plan.chat_walks()


def stable_walks(scope: Scope, query: Query, said: Says = SILENT) -> list[Walk]:
    """The ways to walk that `Walk.above` can use: by label, or through all chats."""
    plan = _Plan(scope, query, WHOLE, said)
    if plan.is_void:
        return []
    return plan.label_walks() if plan.sets else plan.chat_walks()


def numbers_of(scope: Scope, query: Query) -> tuple[int, ...]:
    """The numbers in view that the query's `number:` terms leave."""
    found = [number.pk for number in scope.numbers]
    for term in query.running():
        if isinstance(term, Named) and term.field == "number":
            found = [pk for pk in found if (pk in term.pks) != term.negated]
    return tuple(found)


def _few(rows: QuerySet[Any]) -> bool:
    return rows.order_by()[: PROBE + 1].count() <= PROBE


@dataclass
class _Plan:
    """What there is to choose from for one segment of a query."""

    scope: Scope
    query: Query
    segment: Segment
    said: Says

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        return numbers_of(self.scope, self.query)

    @cached_property
    def terms(self) -> list[Term]:
        """All but the numbers and the texts."""
        running = (term for term in self.query.running() if not isinstance(term, Text))
        return [term for term in running if not (isinstance(term, Named) and term.field == "number")]

    @cached_property
    def sets(self) -> list[tuple[int, tuple[int, ...], Term | None]]:
        """Labels of which every match carries one: how many pairs with them there are to look at, the labels, and the term (None:
        the segment)."""
        found: list[tuple[tuple[int, ...], Term | None]]
        found = [(self._here(pks), term) for term in self.terms if (pks := self._labels(term)) is not None]
        if self.segment.wanted is not None:
            found.append((self._here(self.segment.wanted), None))
        return [(self._cost(pks, term), pks, term) for pks, term in found]

    def _cost(self, pks: tuple[int, ...], term: Term | None) -> int:
        """All of the labels' pairs; of those that an age is asked of, few in the index `pair_age` may be all that matter."""
        total = sum(self.scope.directory.counts.get(pk, 0) for pk in pks)
        if total <= PROBE or not isinstance(term, Elapsed):
            return total
        aged = ChatLabel.objects.filter(of_age(term, self.scope), label__in=pks, wanted=True)
        few = aged.order_by()[: PROBE + 1].count()
        return few if few <= PROBE else total

    @cached_property
    def rarest(self) -> tuple[int, tuple[int, ...], Term | None]:
        return min(self.sets, key=lambda each: each[0])

    @property
    def cost(self) -> float:
        """Rows of the rarest set; without one, more than any number."""
        return self.rarest[0] if self.sets else float("inf")

    @property
    def is_void(self) -> bool:
        """No chat can match: no number is left, a wanted label is on none of those that are, or nobody says a word."""
        return not self.numbers or self.said.is_void or any(not pks for _cost, pks, _term in self.sets)

    @cached_property
    def opened(self) -> bool:
        """Whether every match has a pair that is not settled."""
        return any(_is_wanted(term, "is", OPEN_STATES) for term in self.terms)

    @cached_property
    def touched(self) -> list[int] | None:
        """The only chats that can match, where a source is asked for that has put labels on few of them, or a time that few labels have.
        None where there is no such."""
        found = (self._touching(term) for term in self.terms)
        return next((chats for chats in found if chats is not None), None)

    def _touching(self, term: Term) -> list[int] | None:
        if not isinstance(term, Choice) or term.negated:
            return None
        if term.field == "due":
            return timed_chats(term, self.scope, PROBE)
        if term.field != "source" or Source.IMPORT in term.known:
            return None
        chats = list(added_by(term.known).values_list("chat", flat=True)[: PROBE + 1])
        return chats if len(chats) <= PROBE else None

    def is_narrow(self) -> bool:
        """Whether a partial index of chats holds few of them, fewer than the rarest label."""
        indexed = [term for term in self.terms if any(_is_wanted(term, *each) for each in NARROW.items())]
        indexed += [term for term in self.terms if _is_assigned(term)]
        chats = Chat.objects.filter(instance__in=self.numbers)
        return any(_few(chats.filter(condition(term, self.scope, CHAT))) for term in indexed)

    def _here(self, pks: tuple[int, ...]) -> tuple[int, ...]:
        homes = self.scope.directory.homes
        return tuple(pk for pk in pks if homes.get(pk) in self.numbers)

    def _labels(self, term: Term) -> tuple[int, ...] | None:
        """The labels of which a chat must carry one to meet the term, None where it needs none."""
        if term.negated:
            return None
        if isinstance(term, Stages) or (isinstance(term, Named) and term.field == "label"):
            return term.pks
        if isinstance(term, Elapsed) and term.field == "age":
            return tuple(self.scope.stages)
        return self._clashing() if isinstance(term, Choice) and term.known == ("conflict",) else None

    def _clashing(self) -> tuple[int, ...]:
        """Of each group that allows one all labels but the most frequent: who carries two has one of them."""
        counts, groups = self.scope.directory.counts, self.scope.directory.groups
        biggest: dict[int, int] = {}
        for pk in sorted(groups, key=lambda pk: counts[pk]):
            biggest[groups[pk]] = pk
        return tuple(pk for pk, group in groups.items() if biggest[group] != pk)

    def conditions(self, chat: Columns, met: Term | None = None, *, in_segment: bool = False) -> Iterator[Q]:
        """All that a row has to meet beside the term, or the segment's label, that the walk is made of."""
        yield from (condition(term, self.scope, chat) for term in self.terms if term is not met)
        if self.segment.wanted is not None and not in_segment:
            yield holds(self.segment.wanted, chat)
        if self.segment.refused:
            yield ~holds(self.segment.refused, chat)
        if self.segment.waiting is not None:
            yield unanswered(chat) if self.segment.waiting else ~unanswered(chat)

    def _label_rows(self) -> Iterator[QuerySet[Any]]:
        _cost, pks, driver = self.rarest
        # `is:conflict` asks for more than that a label is there
        met = driver if isinstance(driver, Named | Stages | Elapsed) else None
        conditions = [*self.conditions(PAIR, met, in_segment=driver is None)]
        pairs = ChatLabel.objects.alias(put_on=PUT_ON)
        if isinstance(driver, Elapsed):
            conditions.append(of_age(driver, self.scope, "wanted_at" if self.cost <= PROBE else "put_on"))
        if self.is_aged and not self.said.is_rare:
            rows: list[QuerySet[Any]] = [pairs.filter(label__in=pks)]
        else:
            rows = [by_column(pairs, "label", pk, self.said) for pk in pks]
        return (each.filter(wanted=True).filter(*conditions) for each in rows)

    @property
    def is_aged(self) -> bool:
        """Whether what there is to walk are the few pairs of an age: in no order, all labels at once."""
        return isinstance(self.rarest[2], Elapsed) and self.cost <= PROBE

    def label_walks(self) -> list[Walk]:
        """One per label of the rarest set."""
        return [Walk(rows, pk="chat_id", gathered=self.is_aged, text=self._text(PAIR)) for rows in self._label_rows()]

    def touched_walk(self, chats: Collection[int]) -> Walk:
        rows = Chat.objects.filter(*self.conditions(CHAT), instance__in=self.numbers, pk__in=listed(frozenset(chats)))
        return Walk(rows, gathered=True, text=self._text(CHAT))

    def gathered_walks(self) -> list[Walk]:
        """The same, for an order that pairs have no copy of."""
        walk = Walk(ChatLabel.objects.none(), "chat__last_in_at", "chat_id", True, True, self._text(PAIR))
        return [replace(walk, rows=rows) for rows in self._label_rows()]

    def open_rows(self) -> QuerySet[Any]:
        """The unsettled pairs of the numbers, in the index `pair_open_walk`: `+ 0` keeps planners from the one by label."""
        labels = self._here(tuple(self.scope.directory.homes))
        return ChatLabel.objects.annotate(its=F("label_id") + 0).filter(receipt__in=UNSETTLED, its__in=labels)

    def open_walk(self) -> Walk:
        return Walk(self.open_rows().filter(*self.conditions(PAIR)).distinct(), pk="chat_id", text=self._text(PAIR))

    def chat_walks(self, *, waiting: bool = False) -> list[Walk]:
        """One per number and, where people are named, per person: an index is in order for one of each only."""
        named = None if waiting else next((term for term in self.terms if _is_assigned(term)), None)
        people = dict.fromkeys(assignees(named, self.scope)) if isinstance(named, Named) else {}
        rows = Chat.objects.filter(*self.conditions(CHAT, named))
        parts = [by_column(rows, "assignee", pk, self.said) for pk in people] or [rows]
        walk = Walk(rows, "last_in_at" if waiting else "last_message_at", ascending=waiting, text=self._text(CHAT))
        found = (by_column(part, "instance", pk, self.said) for pk in self.numbers for part in parts)
        return [replace(walk, rows=rows) for rows in found]

    def _text(self, chat: Columns) -> Q:
        return self.said.of(chat.key)


def _is_wanted(term: Term, field: str, values: set[str]) -> bool:
    """Whether the term asks for nothing but these values."""
    return isinstance(term, Choice) and term.field == field and not term.negated and set(term.known) <= values


def _is_assigned(term: Term) -> bool:
    """Whether the term asks for certain people."""
    return isinstance(term, Named) and term.field == "assigned" and not term.negated and NOBODY not in term.words
