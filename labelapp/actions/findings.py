"""Findings: raised where a rule forbids to settle a difference alone, settled by a person or by themselves. All in a transaction.

An ignored finding stays ignored while what it is about lasts; once that has vanished, the next time is a new finding. What it
leaves open is said by kind: REMOVAL (chat and label), a label's list lacks a chat that says it carries the label; REMOVAL (label
alone), the same for `count` chats, too many for a row each; EMPTY (label), the list is empty while we know `count` chats; GUARD
(of the number), a cycle would have taken off `count` assignments at once: settled as PULLED, the next cycle takes them off.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from labelapp.actions.notices import note
from labelapp.models import Change, Chat, Finding, Instance, Label, User

Outcome = Finding.Outcome


@transaction.atomic
def raise_finding(
    instance: Instance,
    kind: str,
    *,
    chat: Chat | None = None,
    label: Label | None = None,
    words: str = "",
    count: int = 0,
    about: str = "",
) -> Finding:
    """Put something before a person. Found again it is the same row, only seen again and brought up to date.

    One that was ignored is left so, unless it has grown since. `about`: see `Finding.key_of`.
    """
    key = _key(kind, chat, label, about)
    known = _lasting(instance).filter(key=key).order_by("-pk").first()
    if known and (known.settled_at is None or count <= known.count):
        fresh = {"seen_at": timezone.now(), "words": words, "count": count}
        Finding.objects.filter(pk=known.pk).update(
            **(fresh if known.settled_at is None else {"seen_at": timezone.now()})
        )
        known.refresh_from_db()
        return known
    row = Finding(instance=instance, kind=kind, key=key, chat=chat, label=label, words=words, count=count)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:  # someone else found it at the same moment
        return Finding.objects.unsettled().get(instance=instance, key=key)
    note(instance, Change.Kind.INSTANCE)
    return row


@transaction.atomic
def settle(finding: Finding, outcome: str, user: User | None = None) -> bool:
    """Close a finding with what was done about it. False when it was settled meanwhile: then nothing is changed."""
    open_row = Finding.objects.unsettled().filter(pk=finding.pk)
    if not open_row.update(settled_at=timezone.now(), settled_by=user, outcome=outcome):
        return False
    finding.refresh_from_db()
    note(finding.instance, Change.Kind.INSTANCE)
    return True


@transaction.atomic
def vanish(instance: Instance, kind: str, *, chat: Chat | None = None, label: Label | None = None) -> bool:
    """The difference is no longer there. False when nobody waited for that. Safe to run twice."""
    return vanish_keys(instance, [_key(kind, chat, label)]) > 0


@transaction.atomic
def vanish_keys(instance: Instance, keys: list[str]) -> int:
    """As `vanish`, for any number of keys (`Finding.key_of`) at once. Returns how many were waiting."""
    lasting = _lasting(instance).filter(key__in=keys)
    closed = lasting.filter(settled_at=None).update(settled_at=timezone.now(), outcome=Outcome.VANISHED)
    lasting.filter(outcome=Outcome.IGNORED).update(outcome=Outcome.VANISHED)  # the next time is a new one
    if closed:
        note(instance, Change.Kind.INSTANCE)
    return closed


def vanish_unseen(instance: Instance, kind: str, since: datetime) -> int:
    """As `vanish`, for all of a kind that a complete look, begun `since`, has not met again. Returns how many were waiting."""
    unseen = _lasting(instance).filter(kind=kind, seen_at__lt=since)
    return vanish_keys(instance, list(unseen.values_list("key", flat=True)))


def _key(kind: str, chat: Chat | None, label: Label | None, about: str = "") -> str:
    return Finding.key_of(kind, chat.pk if chat else None, label.pk if label else None, about)


def _lasting(instance: Instance) -> QuerySet[Finding]:
    """What waits for somebody, or was ignored and still lasts."""
    return Finding.objects.filter(Q(settled_at=None) | Q(outcome=Outcome.IGNORED), instance=instance)
