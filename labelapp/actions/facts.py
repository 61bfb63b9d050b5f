"""Facts: what rules, outgoing hooks and people may act upon, each told once, whichever way it became known.

Labels on chats are told from the pairs themselves: one that is settled otherwise than was told (`ChatLabel.told`) is due. So a
link counts once whether an echo, a reading, a list or a poll showed it, and a crash anywhere loses none.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import OperationalError, transaction
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.notices import wake
from labelapp.models import Chat, ChatLabel, Fact, Instance, Label, LedgerEntry, Message, Source, Verb
from labelapp.models.reasons import Reason

log = logging.getLogger(__name__)
BATCH = 200
FRESH = timedelta(minutes=15)  # an older message is no news: it came late, or by a poll after an outage
EVER = datetime.max.replace(tzinfo=UTC)
WORDS = {True: Verb.ADD, False: Verb.REMOVE}
Stop = Callable[[], bool]
Consequence = Callable[[Instance, list[Fact]], None]


def tell(kind: Fact.Kind, actor: Actor, instance: Instance, **about: Any) -> None:
    """Write one fact, in the transaction that makes it certain. `about`: chat, label, message, data."""
    Fact.objects.create(kind=kind, instance=instance, **_by(actor), **about)
    wake()


def tell_messages(instance: Instance, rows: Iterable[Message], new_chats: Mapping[int, Chat]) -> None:
    """Messages that were just stored for the first time, and the chats that began with them. In their transaction.

    What came before the number was imported, or so late that it is no news, is told to nobody.
    """
    if instance.import_stage != Instance.ImportStage.DONE:
        return
    since = timezone.now() - FRESH
    fresh = sorted((row for row in rows if row.at >= since), key=lambda row: (row.at, row.wa_id))
    facts = [
        Fact(instance=instance, kind=Fact.Kind.CHAT_CREATED, chat_id=pk, source=Source.PHONE)
        for pk in dict.fromkeys(row.chat_id for row in fresh if row.chat_id in new_chats)
    ]
    facts += [
        Fact(instance=instance, kind=_direction(row), chat_id=row.chat_id, message=row, source=Source.PHONE, at=row.at)
        for row in fresh
    ]
    Fact.objects.bulk_create(facts)
    if facts:
        wake()


def _direction(row: Message) -> Fact.Kind:
    return Fact.Kind.MESSAGE_OUT if row.from_me else Fact.Kind.MESSAGE_IN


def _by(actor: Actor) -> dict[str, Any]:
    return {
        "source": actor.source,
        "actor": actor.user,
        "cause": actor.cause[:300],
        "depth": actor.depth,
        "rule_id": actor.rule,
    }


def tell_pairs(instance: Instance, stop: Stop = lambda: False) -> int:
    """Tell of the number's pairs that are settled and of which nobody was told yet. Returns how many. Safe to run twice at once."""
    total = 0
    while not stop() and (done := _tell_some(instance)):
        total += done
    return total


@transaction.atomic
def _tell_some(instance: Instance) -> int:
    """Rows that somebody else holds at this moment are looked at the next time: nothing is waited for."""
    rows = ChatLabel.objects.untold().filter(label__instance=instance).order_by("pk")
    pairs = list(rows.select_for_update(skip_locked=True, no_key=True, of=("self",))[:BATCH])
    if not pairs:
        return 0
    causes = _causes(pairs)
    away = _catching_up(instance)
    told: list[Fact] = []
    missed: Counter[str] = Counter()
    for pair in pairs:
        why = causes.get((pair.chat_id, pair.label_id))
        if _is_old_news(why, away):
            missed["added" if pair.wanted else "removed"] += 1
        else:
            told.append(_fact(instance, pair, why))
    if missed:
        told.append(Fact(instance=instance, kind=Fact.Kind.CAUGHT_UP, source=Source.RECONCILE, data=dict(missed)))
    Fact.objects.bulk_create(told)
    for on in (True, False):
        ChatLabel.objects.filter(pk__in=[pair.pk for pair in pairs if pair.wanted == on]).update(told=on)
    return len(pairs)


def _fact(instance: Instance, pair: ChatLabel, why: LedgerEntry | None) -> Fact:
    kind = Fact.Kind.LABEL_ADDED if pair.wanted else Fact.Kind.LABEL_REMOVED
    fact = Fact(instance=instance, kind=kind, chat_id=pair.chat_id, label_id=pair.label_id, source=Source.PHONE)
    if why is not None:
        fact.source, fact.actor_id, fact.cause, fact.depth = why.source, why.actor_id, why.cause, why.depth
        fact.rule_id = why.rule_id
    return fact


def _causes(pairs: Sequence[ChatLabel]) -> dict[tuple[int, int], LedgerEntry]:
    """The last entry about each pair that put it where it is."""
    wanted = {(pair.chat_id, pair.label_id): WORDS[pair.wanted] for pair in pairs}
    rows = LedgerEntry.objects.filter(
        chat__in={chat for chat, _label in wanted},
        label__in={label for _chat, label in wanted},
        verb__in=WORDS.values(),
    )
    found: dict[tuple[int, int], LedgerEntry] = {}
    for row in rows.order_by("at", "pk"):
        key = row.chat_id or 0, row.label_id or 0
        if row.verb == wanted.get(key):
            found[key] = row
    return found


def _catching_up(instance: Instance) -> tuple[datetime, datetime]:
    """From when to when the number caught up with what happened while it was away (until ever, where it has not ended)."""
    since, until = Instance.objects.values_list("status_since", "caught_up_at").get(pk=instance.pk)
    return since, until if until > since else EVER


def _is_old_news(why: LedgerEntry | None, away: tuple[datetime, datetime]) -> bool:
    """Whether a change was found by comparing after the number was away: nobody knows when it was made."""
    return why is not None and why.cause == Reason.COMPARED() and away[0] <= why.at <= away[1]


def handle_facts(instance: Instance, consequences: Sequence[Consequence], stop: Stop) -> int:
    """Hand the facts that wait to whoever acts upon them, in their order, and mark them in the same transaction. Returns how many.

    When something breaks over a batch its facts are handed on one by one; one that breaks again is left out and logged, and holds
    up no other. A database that is away raises: all of it is made again.
    """
    total = 0
    while not stop() and (facts := _waiting(instance)):
        if not _handle(instance, consequences, facts):
            for fact in facts:
                if not _handle(instance, consequences, [fact]):
                    _mark([fact])
        total += len(facts)
    return total


def _waiting(instance: Instance) -> list[Fact]:
    rows = Fact.objects.filter(instance=instance, handled_at=None).order_by("pk")
    return list(rows.select_related("chat", "label", "message")[:BATCH])


def _handle(instance: Instance, consequences: Sequence[Consequence], facts: list[Fact]) -> bool:
    """Whether all of it could be done."""
    try:
        with transaction.atomic():
            for consequence in consequences:
                consequence(instance, facts)
            _mark(facts)
    except OperationalError:
        raise
    except Exception:
        log.exception("%s facts of %s could not be acted upon, from %s on", len(facts), instance.slug, facts[0].pk)
        return False
    return True


def _mark(facts: Iterable[Fact]) -> None:
    Fact.objects.filter(pk__in=[fact.pk for fact in facts]).update(handled_at=timezone.now())


def tell_label(kind: Fact.Kind, actor: Actor, label: Label, **data: str) -> None:
    """A label of the directory was made, renamed or deleted. In the transaction that holds its row: so it is told once.

    What an import finds is told to nobody.
    """
    if label.instance.import_stage == Instance.ImportStage.DONE:
        tell(kind, actor, label.instance, label=label, data=data)
