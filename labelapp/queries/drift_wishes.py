"""Wishes that were given up, as rows of the drift page."""

from collections.abc import Sequence

from django.db.models import Count, QuerySet

from labelapp.models import ChatLabel, Instance, LedgerEntry, Source, Verb
from labelapp.queries.differences import WISH, Ref, Row, failed_wishes, pair_seen
from labelapp.queries.directory import Directory, Tag


def wishes(number: Instance, on: bool, label: int | None) -> QuerySet[ChatLabel]:
    """Those to put a label on, or to take it off; the newest first."""
    rows = failed_wishes([number]).filter(wanted=on)
    if label is not None:
        rows = rows.filter(label=label)
    return rows.select_related("chat").order_by("-wanted_at", "-pk")


def wish_rows(number: Instance, directory: Directory, on: bool, label: int | None, size: int) -> list[Row]:
    """One query."""
    found = wishes(number, on, label)[:size]
    return [wish_row(pair, tag) for pair in found if (tag := directory.tags.get(pair.label_id))]


def wish_row(pair: ChatLabel, tag: Tag) -> Row:
    return Row("wish", Ref(WISH, pair.pk, seen=pair_seen(pair)), pair.wanted_at, pair.chat, [tag], pair)


def count_wishes(number: Instance) -> dict[tuple[int, bool], int]:
    """How many there are by label, to put it on and to take it off. One query."""
    rows = failed_wishes([number]).order_by().values_list("label", "wanted").annotate(n=Count("pk"))
    return {(pk, on): n for pk, on, n in rows}


def name_makers(rows: Sequence[Row]) -> None:
    """Who wished what was given up. One query."""
    made_by = [row for row in rows if row.kind == "wish" and row.chat and row.pair]
    entries = LedgerEntry.objects.filter(
        chat__in={row.chat.pk for row in made_by if row.chat},
        label__in={row.tag.pk for row in made_by},
        verb__in=[Verb.ADD, Verb.REMOVE],
    )
    last: dict[tuple[int | None, int | None, bool], LedgerEntry] = {}
    for entry in entries.select_related("actor").order_by("at", "pk"):
        last[entry.chat_id, entry.label_id, entry.verb == Verb.ADD] = entry
    for row in made_by:
        made = last.get((row.chat.pk if row.chat else None, row.tag.pk, bool(row.pair and row.pair.wanted)))
        if made:
            row.who = made.actor.display_name if made.actor else ""
            row.source = "" if row.who else str(Source(made.source).label)
