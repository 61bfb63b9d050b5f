"""The inbox of deliveries: stored once before they are answered, applied later, in any order and any number of times."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from labelapp.actions.accounts import freeze, is_other, look_again
from labelapp.actions.applying import apply_events
from labelapp.actions.clocks import clock_trouble
from labelapp.actions.notices import wake
from labelapp.actions.transactions import is_deadlock
from labelapp.models import Heard, HookDelivery, Instance, Outcome
from labelapp.models.effects import Effect
from labelapp.models.holds import hold_directory_alone
from labelapp.whatsapp.events import BadDelivery, Event, Ignored, LabelDeleted, parse

log = logging.getLogger(__name__)
BATCH = 200
ANOTHER_SESSION = "another session"  # why an event is ignored
TRIES = 3
OUTCOMES = {
    Effect.IGNORED: Outcome.IGNORED,
    Effect.OLDER: Outcome.UNCHANGED,
    Effect.SAME: Outcome.UNCHANGED,
    Effect.DEAD: Outcome.UNCHANGED,
    Effect.NOTED: Outcome.APPLIED,
    Effect.DOUBTED: Outcome.APPLIED,
    Effect.UNKNOWN: Outcome.APPLIED,
    Effect.CONFIRMED: Outcome.APPLIED,
    Effect.CHANGED: Outcome.APPLIED,
}
WEIGHTS = {effect: weight for weight, effect in enumerate(OUTCOMES)}  # of several effects the last one here is told


@dataclass(slots=True)
class Letter:
    """A delivery and what is in it."""

    row: HookDelivery
    events: list[Event] = field(default_factory=list)


def store_deliveries(rows: Sequence[HookDelivery]) -> None:
    """Put deliveries into the inbox, each once, and have them on disk when this returns. Raises DatabaseError when it can't."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:  # of this connection: only the inbox writer pays for it
            cursor.execute("PRAGMA synchronous=FULL")
    with transaction.atomic():
        HookDelivery.objects.bulk_create(rows, ignore_conflicts=True)
        wake()


def apply_waiting(instance: Instance) -> int:
    """Apply the next deliveries that wait for this number, in one transaction with their marks. Returns how many were dealt with.

    When one of them fails they are applied one by one; that one is tried again and parked with its error after TRIES, the others
    go on. While another account answers under the number nothing is applied and nothing lost.
    """
    waiting = HookDelivery.objects.filter(instance=instance, applied_at=None).order_by("id")[:BATCH]
    if not waiting.exists():  # asked without the lock that a transaction takes on SQLite
        return 0
    with transaction.atomic():
        look_again(instance)
        if instance.is_frozen:
            return 0
        letters = _opened(waiting)
        if any(isinstance(event, LabelDeleted) for letter in letters for event in letter.events):
            hold_directory_alone(instance.pk)
        letters = _of_this_account(instance, letters)
        if not _applied_together(instance, letters):
            for letter in letters:
                _apply_alone(instance, letter)
        if letters:
            _hear(instance, letters)
    return len(letters)


def _opened(rows: Iterable[HookDelivery]) -> list[Letter]:
    letters = []
    for row in rows:
        try:
            letters.append(Letter(row, parse(row.body.encode())))
        except BadDelivery as error:
            row.error = str(error)[:300]
            letters.append(Letter(row))
    return letters


def _of_this_account(instance: Instance, letters: list[Letter]) -> list[Letter]:
    """Those up to the first one that comes from another WhatsApp account than the number's: an admin has to decide first.

    What comes late from an account that was decided about is none of the number's, nor is what a WAHA server tells of its other
    sessions: its global webhook sends all of them to one address.
    """
    for place, letter in enumerate(letters):
        for spot, event in enumerate(letter.events):
            me = event.envelope.me_jid
            if _is_of_another_session(instance, event.envelope.session):
                letter.events[spot] = Ignored(event.envelope, ANOTHER_SESSION)
            elif me in instance.past_jids:
                letter.events[spot] = Ignored(event.envelope, "another account")
            elif is_other(instance, me):
                freeze(instance, me, "")
                return letters[:place]
    return letters


def _is_of_another_session(instance: Instance, session: str) -> bool:
    """Of WAHA alone: it names its session in every delivery. What Wawp names there is documented nowhere."""
    return instance.provider == Instance.Provider.WAHA and session not in ("", instance.instance_id.strip())


def _is_strange(letter: Letter) -> bool:
    """Whether it tells of another session alone."""
    reasons = {event.reason if isinstance(event, Ignored) else "" for event in letter.events}
    return reasons == {ANOTHER_SESSION}


def _applied_together(instance: Instance, letters: list[Letter]) -> bool:
    """Whether all of them could be applied at once."""
    try:
        with transaction.atomic():
            events = [(event, letter.row.received_at) for letter in letters for event in letter.events]
            effects = iter(apply_events(instance, events))
            _mark([(letter, [next(effects) for _event in letter.events]) for letter in letters])
    except Exception as error:
        if is_deadlock(error):  # not the deliveries' fault: the whole batch is applied again
            raise
        log.warning("a delivery of %s can't be applied (%s): one by one", instance.slug, type(error).__name__)
        return False
    return True


def _apply_alone(instance: Instance, letter: Letter) -> None:
    """One delivery and its mark, both or neither."""
    row = letter.row
    try:
        with transaction.atomic():
            events = [(event, row.received_at) for event in letter.events]
            _mark([(letter, [effect for event in events for effect in apply_events(instance, [event])])])
    except Exception as error:
        if is_deadlock(error):
            raise
        # whatever else it is, it must not stop the deliveries behind it
        log.exception("delivery %s of %s could not be applied", row.pk, instance.slug)
        row.attempts, row.error = row.attempts + 1, f"{type(error).__name__}: {error}"[:300]
        if row.attempts >= TRIES:
            row.outcome, row.applied_at = Outcome.PARKED, timezone.now()
        row.save(update_fields=["attempts", "error", "outcome", "applied_at"])


def _mark(done: Sequence[tuple[Letter, list[Effect]]]) -> None:
    """Note in the inbox what became of the deliveries: a statement for each way it can end."""
    alike: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for letter, effects in done:
        if letter.row.error and not letter.events:
            alike[Outcome.PARKED, "", letter.row.error].append(letter.row.pk)
            continue
        effect = max(effects, default=Effect.IGNORED, key=WEIGHTS.__getitem__)
        words = _why_ignored(letter) if effect is Effect.IGNORED else _clock_words(letter)
        alike[OUTCOMES[effect], effect(words), ""].append(letter.row.pk)
    now = timezone.now()
    for (outcome, told, error), pks in alike.items():
        rows = HookDelivery.objects.filter(pk__in=pks)
        rows.update(applied_at=now, outcome=outcome, effect=told, error=error)


def _why_ignored(letter: Letter) -> str:
    return str(getattr(letter.events[0], "reason", "")) if letter.events else ""


def _clock_words(letter: Letter) -> str:
    """The first of its times that could not be believed: what it did was ordered without it."""
    troubles = (clock_trouble(event, letter.row.received_at) for event in letter.events)
    return next(filter(None, troubles), "")


def _hear(instance: Instance, letters: Sequence[Letter]) -> None:
    """Keep when the number was last heard of, by kinds. A replay is no news, and neither is what another session was told."""
    first_time = [
        one for one in letters if one.row.replayed_at is None and not one.row.attempts and not _is_strange(one)
    ]
    if not first_time:
        return
    newest: dict[str, datetime] = {}
    for row in (letter.row for letter in first_time):
        newest[row.kind] = max(row.received_at, newest.get(row.kind, row.received_at))
    mistimed = Counter(letter.row.kind for letter in first_time if _clock_words(letter))
    fields = {"last_event_at": Greatest(F("last_event_at"), max(newest.values()))}
    if labels := [at for kind, at in newest.items() if kind.startswith("label.")]:
        fields["label_event_at"] = Greatest(F("label_event_at"), max(labels))
    Instance.objects.filter(pk=instance.pk).update(**fields)
    for kind, total in sorted(Counter(letter.row.kind for letter in first_time).items()):
        heard = Heard.objects.filter(instance=instance, kind=kind)
        more = {"total": F("total") + total, "mistimed": F("mistimed") + mistimed[kind]}
        if not heard.update(at=Greatest(F("at"), newest[kind]), **more):
            Heard.objects.create(instance=instance, kind=kind, at=newest[kind], total=total, mistimed=mistimed[kind])
