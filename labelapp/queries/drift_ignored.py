"""Differences that somebody left as they are, for as long as nothing about them changes: what, who and when."""

from collections.abc import Sequence
from typing import TypeVar

from django.db.models import Count, Exists, Model, OuterRef, Q, QuerySet

from labelapp.models import ChatLabel, Finding, Instance, Label, LedgerEntry, Receipt, Verb
from labelapp.queries.differences import IS_LEFT, Row, Section, carrying, left
from labelapp.queries.directory import Directory
from labelapp.queries.drift_findings import doubt_row, doubts, finding_row
from labelapp.queries.drift_labels import unknown_rows
from labelapp.queries.drift_wishes import wish_row
from labelapp.queries.states import UNSETTLED

T = TypeVar("T", bound=Model)
IGNORED = "ignored"


def ignored_section(
    number: Instance, directory: Directory, label: int | None, clashes: Sequence[Row], size: int
) -> Section:
    """The newest `size` of them, and how many there are. `clashes`: those among the clashes. One query, eight with rows."""
    total = len(clashes) + _count(number, label)
    if not (size and total):
        return Section(IGNORED, [], total)
    rows = [
        *_wishes(number, directory, label, size),
        *_findings(number, directory, label, size),
        *_labels(number, directory, label),
        *clashes,
    ]
    rows = sorted(rows, key=lambda row: row.at, reverse=True)[:size]
    _name(rows)
    return Section(IGNORED, rows, total)


def left_wishes(number: Instance) -> QuerySet[ChatLabel]:
    """Wishes that were given up."""
    given_up = ChatLabel.objects.filter(receipt__in=UNSETTLED, label__instance=number).filter(receipt=Receipt.FAILED)
    return given_up.filter(IS_LEFT)


def left_findings(number: Instance) -> QuerySet[Finding]:
    """Findings of labels that live. One that has grown since was found anew: that one counts."""
    found = Finding.objects.filter(instance=number, outcome=Finding.Outcome.IGNORED, label__deleted_at=None)
    anew = Finding.objects.filter(instance=OuterRef("instance"), key=OuterRef("key"), pk__gt=OuterRef("pk"))
    return found.exclude(Exists(anew))


def left_labels(number: Instance) -> QuerySet[Label]:
    """Labels that the directory does not show and that no other chat has carried since."""
    newer = carrying(OuterRef("pk")).filter(wanted_at__gt=OuterRef("ignored_at"))
    ghosts = Label.objects.living().filter(instance=number, known_at=None, ignored_at__isnull=False)
    return ghosts.exclude(Exists(newer))


def _count(number: Instance, label: int | None) -> int:
    parts = [
        _about(left_wishes(number), label, "label").order_by().values_list("label__instance").annotate(n=Count("pk")),
        _about(left_findings(number), label, "label").order_by().values_list("instance").annotate(n=Count("pk")),
        _about(left_labels(number), label, "pk").order_by().values_list("instance").annotate(n=Count("pk")),
    ]
    return sum(n for _pk, n in parts[0].union(*parts[1:], all=True))


def _about(rows: QuerySet[T], label: int | None, field: str) -> QuerySet[T]:
    return rows if label is None else rows.filter(**{field: label})


def _wishes(number: Instance, directory: Directory, label: int | None, size: int) -> list[Row]:
    found = _about(left_wishes(number), label, "label").select_related("chat").order_by("-ignored_at", "-pk")[:size]
    return [
        left(wish_row(pair, tag), pair.ignored_at)
        for pair in found
        if (tag := directory.tags.get(pair.label_id)) and pair.ignored_at
    ]


def _findings(number: Instance, directory: Directory, label: int | None, size: int) -> list[Row]:
    rows = _about(left_findings(number), label, "label").select_related("chat", "settled_by")
    found = list(rows.order_by("-settled_at", "-pk")[:size])
    pairs = {one.pk: pair for one, pair in doubts(found)}
    shown = [
        doubt_row(one, pairs[one.pk], directory) if one.pk in pairs else finding_row(one, directory) for one in found
    ]
    return [left(row, row.finding.settled_at) for row in shown if row.finding and row.finding.settled_at]


def _labels(number: Instance, directory: Directory, label: int | None) -> list[Row]:
    found = _about(left_labels(number), label, "pk").values_list("pk", "ignored_at")
    since = {pk: at for pk, at in found if at}
    rows = unknown_rows(Label.objects.filter(pk__in=since), directory, label)
    return [left(row, since[row.tag.pk]) for row in rows]


def _name(rows: Sequence[Row]) -> None:
    """Who left them so. One query: of a finding that is known already."""
    others = [row for row in rows if row.finding is None]
    chats = {row.chat.pk for row in others if row.chat}
    held = {tag.pk for row in others for tag in row.tags if row.chat}
    ghosts = {row.tag.pk for row in others if not row.chat}
    about = Q(chat__in=chats, label__in=held) | Q(chat=None, label__in=ghosts)
    entries = LedgerEntry.objects.filter(about, verb=Verb.IGNORE).select_related("actor").order_by("at", "pk")
    last = {(entry.chat_id, entry.label_id): entry for entry in entries}
    for row in rows:
        if row.finding is not None:
            person = row.finding.settled_by
        else:
            entry = last.get((row.chat.pk if row.chat else None, row.tag.pk))
            person = entry.actor if entry else None
        row.who = person.display_name if person else ""
