"""A walk through rows by keyset, in the order of an index: never OFFSET from the start, and nothing that sorts."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Q, QuerySet

from labelapp.queries.orders import Key


@dataclass(frozen=True, slots=True)
class Walk:
    """Rows of chats or pairs in the order of (at, pk), descending unless they wait."""

    rows: QuerySet[Any]
    at: str = "last_message_at"
    pk: str = "pk"
    ascending: bool = False
    gathered: bool = False  # so few that they are put in order here, each chat once: no index has this order
    text: Q = field(default_factory=Q)  # what the rows are asked for beside

    def keys(self, after: Key | None, size: int) -> list[Key]:
        """The first `size` keys after this one. `at <= x AND (at < x OR pk < y)` is the form that becomes a range of the index."""
        return sorted(set(map(Key._make, self.statement(after, size))), reverse=not self.ascending)[:size]

    def near(self, after: Key | None, size: int, reach: int) -> list[Key] | None:
        """The first `size` keys after this one, looked for among the next `reach` rows. None where these are not enough to tell."""
        rows = () if self.gathered else replace(self, text=Q()).statement(after, reach + 1)[reach:]
        ends = [Key(*row) for row in rows]
        if not ends:
            return self.keys(after, size)
        found = [Key(*row) for row in self.statement(after, size, ends[0])]
        return found if len(found) == size else None

    def within(self, after: Key | None, size: int, reach: int) -> tuple[list[Key], Key | None]:
        """The first `size` keys after this one among the next `reach` rows, and after which row to go on: None where there is none."""
        plain = replace(self, text=Q())
        ends = [] if self.gathered else [Key(*row) for row in plain.statement(after, reach + 1)[reach:]]
        found = [Key(*row) for row in self.statement(after, size + 1, ends[0] if ends else None)]
        found = sorted(found, reverse=not self.ascending)
        if len(found) > size:
            return found[:size], found[size - 1]
        return found, Key(ends[0].at, ends[0].pk + 1) if ends else None  # just before it: it was not looked at

    def statement(self, after: Key | None, size: int, until: Key | None = None) -> QuerySet[Any]:
        """What is asked for these keys, all of them before `until`."""
        rows = self.rows.filter(self.text)
        if after is not None:
            rows = self._beyond(rows, after, "gt" if self.ascending else "lt")
        if until is not None:
            rows = self._beyond(rows, until, "lt" if self.ascending else "gt")
        if self.gathered:
            return rows.order_by().values_list(self.at, self.pk)
        sign = "" if self.ascending else "-"
        return rows.order_by(f"{sign}{self.at}", f"{sign}{self.pk}").values_list(self.at, self.pk)[:size]

    def _beyond(self, rows: QuerySet[Any], key: Key, way: str) -> QuerySet[Any]:
        rows = rows.filter(**{f"{self.at}__{way}e": key.at})
        return rows.filter(Q(**{f"{self.at}__{way}": key.at}) | Q(**{f"{self.pk}__{way}": key.pk}))

    def above(self, pk: int, size: int) -> list[int]:
        """The first `size` chats with a higher key, in the order of their keys: stays as it is while messages come."""
        rows = self.rows.filter(self.text, **{f"{self.pk}__gt": pk}).order_by(self.pk)
        return list(rows.values_list(self.pk, flat=True)[:size])

    def among(self, pks: Sequence[int]) -> list[int]:
        """Those of these chats, in the order of their keys."""
        rows = self.rows.filter(self.text, **{f"{self.pk}__in": pks}).order_by(self.pk)
        return list(rows.values_list(self.pk, flat=True))
