"""Chats that hold two labels of a group that allows one, where both sides agree that they do: somebody has to choose."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import Case, Count, IntegerField, QuerySet, Sum, Value, When
from django.utils import timezone

from labelapp.models import ChatLabel, ClashLook, Instance, Label, LabelGroup, LedgerEntry, Receipt, Verb
from labelapp.queries.differences import CLASH, IS_LEFT, MOST, Ref, Row, clash_seen, left
from labelapp.queries.directory import Directory

ONE_ALONE = (LabelGroup.Kind.EXCLUSIVE, LabelGroup.Kind.FUNNEL)  # groups of which a chat may hold one label
FRESH, KEPT = timedelta(minutes=1), timedelta(hours=1)
Key = tuple[int, int, bool]  # chat, group, whether it was left as it is


def clash_keys(instance: Instance) -> list[tuple[int, int]]:
    """Chats that hold two labels of a group that allows one, with the group, where both sides agree that they do.

    As they were found less than FRESH ago, else looked for now. Whoever uses it looks at the assignments themselves, so that what
    is settled meanwhile is gone at once.
    """
    kept = ClashLook.objects.filter(instance=instance, at__gt=timezone.now() - FRESH).values_list("keys", flat=True)
    keys = kept.first()
    return [(chat, group) for chat, group, _is_left in (find_clashes(instance) if keys is None else keys)]


def known_clashes(instances: Iterable[Instance]) -> QuerySet[ClashLook, tuple[int, int]]:
    """How many clashes each number had when its page was last looked at, for numbers where that was less than KEPT ago."""
    looks = ClashLook.objects.filter(instance__in=instances, waiting__gt=0, at__gt=timezone.now() - KEPT)
    return looks.order_by().values_list("instance").annotate(n=Sum("waiting"))


def find_clashes(instance: Instance) -> list[Key]:
    """The clashes of a number, those that somebody left as they are last. Reads every assignment of the labels of which a chat may
    hold one: half a second at 100,000 chats."""
    groups = exclusive_groups(instance)
    if not groups:
        return []
    group = Case(*[When(label__in=labels, then=Value(pk)) for pk, labels in groups.items()])
    held = ChatLabel.objects.filter(label__in=[pk for labels in groups.values() for pk in labels], wanted=True)
    found = held.filter(receipt=Receipt.CONFIRMED).order_by().values("chat").annotate(its=group)
    found = found.annotate(n=Count("pk"), new=Count("pk", filter=~IS_LEFT)).filter(n__gt=1)
    found = found.annotate(was_left=Case(When(new=0, then=Value(1)), default=Value(0), output_field=IntegerField()))
    rows = found.order_by("was_left", "-chat").values_list("chat", "its", "was_left")[:MOST]
    return [(chat, its, bool(was_left)) for chat, its, was_left in rows]


def exclusive_groups(instance: Instance) -> dict[int, list[int]]:
    """The living labels of each group of which a chat may hold one."""
    groups: dict[int, list[int]] = {}
    rows = Label.objects.living().filter(instance=instance, known_at__isnull=False)
    for group, pk in rows.filter(group__kind__in=ONE_ALONE).order_by("pk").values_list("group", "pk"):
        groups.setdefault(group, []).append(pk)
    return groups


def clash_pairs(chats: Iterable[int], labels: Iterable[int]) -> QuerySet[ChatLabel]:
    """The labels of a group that these chats hold, where both sides agree."""
    return ChatLabel.objects.filter(chat__in=chats, label__in=labels, wanted=True, receipt=Receipt.CONFIRMED)


def clash_rows(number: Instance, directory: Directory, label: int | None) -> tuple[list[Row], list[Row]]:
    """Those that wait for somebody, and those that somebody left as they are. Four queries; five where nothing fresh is kept."""
    groups = exclusive_groups(number)
    chats = {chat for chat, group in clash_keys(number) if label is None or label in groups.get(group, [])}
    labels = [pk for members in groups.values() for pk in members]
    policies = dict(LabelGroup.objects.filter(instance=number).values_list("pk", "conflict_policy"))

    def place(pair: ChatLabel) -> tuple[int, int]:
        return pair.chat_id, directory.groups[pair.label_id]

    found = clash_pairs(chats, labels).select_related("chat").order_by("chat", "label")
    pairs = sorted((pair for pair in found if pair.label_id in directory.groups), key=place)
    added = put_on_by(pairs)
    waiting, ignored = [], []
    for (_chat, group), some in groupby(pairs, key=place):
        held = list(some)
        if len(held) < 2:
            continue
        row = _clash_row(held, group, policies.get(group, ""), directory)
        row.came = {pair.label_id: added[key] for pair in held if (key := (pair.chat_id, pair.label_id)) in added}
        if since := left_since(held):
            ignored.append(left(row, since))
        else:
            waiting.append(row)
    return waiting, ignored


def put_on_by(pairs: Iterable[ChatLabel]) -> dict[tuple[int, int], LedgerEntry]:
    """The last ledger entry that says who put each of these labels on its chat, by chat and label. One query."""
    wanted = {(pair.chat_id, pair.label_id) for pair in pairs}
    added = LedgerEntry.objects.filter(verb=Verb.ADD, chat__in={chat for chat, _label in wanted})
    rows = added.filter(label__in={label for _chat, label in wanted}).select_related("actor").order_by("at", "pk")
    return {key: row for row in rows if (key := (row.chat_id or 0, row.label_id or 0)) in wanted}


def left_since(pairs: Iterable[ChatLabel]) -> datetime | None:
    """When somebody left all of these as they are; None where one of them changed since, or was never left."""
    since = [pair.ignored_at if pair.ignored_at and pair.ignored_at >= pair.wanted_at else None for pair in pairs]
    return None if None in since else max(filter(None, since))


def _clash_row(held: list[ChatLabel], group: int, policy: str, directory: Directory) -> Row:
    ref = Ref(CLASH, held[0].chat_id, group, clash_seen(held))
    held.sort(key=lambda pair: directory.rank[pair.label_id], reverse=True)
    if policy == LabelGroup.ConflictPolicy.LATEST:
        held.sort(key=lambda pair: pair.wanted_at, reverse=True)
    tags = [directory.tags[pair.label_id] for pair in held]
    return Row("clash", ref, max(pair.wanted_at for pair in held), held[0].chat, tags, policy=policy)
