"""What the provider shows of one chat, compared with what we hold of it."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.directory import is_buried, learn_label
from labelapp.actions.listing import FIELDS
from labelapp.actions.notices import count_chats, enter_all, entry, note
from labelapp.actions.pairs import backoff, confirm, fail, write_pairs
from labelapp.actions.providers import reason
from labelapp.actions.readiness import schedule
from labelapp.actions.receipts import chance, is_unheard, locked_pair, try_again
from labelapp.actions.timer_ends import end_timers
from labelapp.actions.transactions import patient
from labelapp.models import Change, Chat, ChatLabel, Instance, Label, Receipt, Source, Verb
from labelapp.models.reasons import Reason
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.types import LabelInfo

PHONE = Actor(None, Source.PHONE)
CALM: dict[str, Any] = {"due_at": None, "attempts": 0, "contradicted_at": None}  # the doubt is over


class Answer(NamedTuple):
    """The labels that the provider showed on a chat (its key), and when it was asked."""

    chat: int
    seen: Collection[LabelInfo]
    asked_at: datetime


def record_reading(instance: Instance, chat_pk: int, seen: Collection[LabelInfo], asked_at: datetime) -> None:
    """As `record_readings`, of one chat."""
    record_readings(instance, [Answer(chat_pk, seen, asked_at)])


@patient
def record_readings(instance: Instance, answers: Sequence[Answer]) -> None:
    """Compare the labels of different chats, as read from the provider, with their pairs.

    Settles open pairs whose call had ended before the reading began. A label that is there and that nobody took off is
    taken over; one that is absent comes off only where an event had said so before: an answer that is too short proves nothing.
    What was in doubt for another reason, and is absent, has the number compared. A chat that was joined to another meanwhile was
    not asked as a whole: nothing is made of its answer.
    """
    chats = {chat.pk: chat for chat in Chat.objects.locked().filter(pk__in=[answer.chat for answer in answers])}
    answers = [answer for answer in answers if answer.chat in chats]
    known: dict[int, dict[str, ChatLabel]] = {pk: {} for pk in chats}
    for pair in ChatLabel.objects.filter(chat__in=chats, label__deleted_at=None).select_related("label"):
        known[pair.chat_id][pair.label.wa_id] = pair
    infos = {info.wa_id: info for answer in answers for info in answer.seen if info.wa_id not in known[answer.chat]}
    labels = {label.wa_id: label for label in _labels(instance, infos)}
    readings = [Reading(chats[answer.chat], answer.asked_at) for answer in answers]
    for reading, answer in zip(readings, answers, strict=True):
        reading.compare({info.wa_id for info in answer.seen}, known[answer.chat], labels)
    _write(instance, readings)


def _labels(instance: Instance, infos: dict[str, LabelInfo]) -> list[Label]:
    """The living labels of these ids; those met for the first time are learnt."""
    if not infos:
        return []
    found = {label.wa_id: label for label in Label.objects.filter(instance=instance, wa_id__in=infos).living()}
    for wa_id in sorted(infos):
        if wa_id in found and not found[wa_id].is_ghost:
            continue
        if wa_id not in found and is_buried(instance, wa_id):  # only the directory can say that the id is in use again
            Instance.objects.filter(pk=instance.pk).update(directory_due_at=timezone.now())
        else:
            found[wa_id] = learn_label(instance, infos[wa_id])
    return list(found.values())


class Reading:
    """What one look at a locked chat changes; open and failed wishes at once, the rest when all readings are written."""

    def __init__(self, chat: Chat, asked_at: datetime) -> None:
        self.chat, self.asked_at, self.now = chat, asked_at, timezone.now()
        self.lag = timedelta(seconds=settings.READ_BACK_SECONDS)
        self.is_changed = False
        self.taken_over: list[ChatLabel] = []
        self.as_known: dict[bool, list[int]] = {True: [], False: []}
        self.unproven: list[int] = []

    def compare(self, seen: set[str], known: Mapping[str, ChatLabel], labels: Mapping[str, Label]) -> None:
        """The ids that were seen with the chat's pairs by id. `labels`: those that no pair is known of may be among them."""
        for wa_id in sorted(seen & labels.keys() - known.keys()):
            pair = ChatLabel(chat=self.chat, label=labels[wa_id], last_message_at=self.chat.last_message_at)
            self.take_over(pair, True)
        for wa_id, pair in known.items():
            self.look(pair, wa_id in seen)

    def look(self, pair: ChatLabel, there: bool) -> None:
        """A pair that we know, and whether its label is there."""
        if pair.in_flight or (pair.sent_at and pair.sent_at > self.asked_at) or pair.wanted_at > self.asked_at:
            return
        pair.chat = self.chat
        before = pair.wanted, pair.remote, pair.receipt
        if pair.receipt == Receipt.CONFIRMED:
            self._look_at_rest(pair, there)
        else:
            self._settle(pair, there)
        self.is_changed |= (pair.wanted, pair.remote, pair.receipt) != before

    def _settle(self, pair: ChatLabel, there: bool) -> None:
        """A wish that is open or was given up."""
        pair.remote, pair.remote_at = there, self.asked_at
        if there == pair.wanted and pair.is_settled_by(self.asked_at):
            confirm(pair)
        elif pair.receipt == Receipt.SENT:
            try_again(pair, Reason.NOT_THERE())
        else:
            pair.save(update_fields=["remote", "remote_at"])

    def _look_at_rest(self, pair: ChatLabel, there: bool) -> None:
        """A pair without a wish, or in doubt since an event contradicted it."""
        doubted = pair.due_at is not None and pair.due_at <= self.asked_at
        if there == pair.wanted and self._is_too_soon(pair):
            self._ask_again(pair, (pair.contradicted_at or self.now) + self.lag)
        elif there == pair.wanted:
            pair.remote = there
            self.as_known[there].append(pair.pk)
        elif there and not doubted and pair.came_off_lately(self.now):
            self._ask_again(pair, pair.due_at or self.now + self.lag)
        elif there or (doubted and self._is_believed(pair)):
            self.take_over(pair, there)
        elif doubted:
            self.unproven.append(pair.pk)

    def _is_too_soon(self, pair: ChatLabel) -> bool:
        """Whether the chat was asked before an event that says otherwise, or so soon after it that the answer may be older."""
        if pair.contradicted_at is None:
            return False
        moments = pair.contradicted_at, min(pair.contradicted_at, pair.event_at) + self.lag
        return self.asked_at < max(moments)

    @staticmethod
    def _ask_again(pair: ChatLabel, at: datetime) -> None:
        """Some engines answer with the old labels for a while."""
        pair.due_at = at
        pair.save(update_fields=["due_at"])

    @staticmethod
    def _is_believed(pair: ChatLabel) -> bool:
        """Whether one reading is enough to say that the label is off: an event said so too, or it was never seen on."""
        return pair.contradicted_at is not None or not pair.remote

    def take_over(self, pair: ChatLabel, there: bool) -> None:
        """What the provider shows is what is wanted: a change on the phone is normal."""
        pair.take_over(there, self.now, self.now)
        self.taken_over.append(pair)
        self.is_changed = True


def _write(instance: Instance, readings: Sequence[Reading]) -> None:
    """Put down, count and tell what was taken over; note that the rest was seen. Readings that are written together count as
    made when the first of them was: an event that is younger than that is believed."""
    if not readings:
        return
    taken_over = [pair for reading in readings for pair in reading.taken_over]
    if taken_over:
        write_pairs(taken_over, FIELDS)
        count_chats(_counted(taken_over))
        verbs = {True: Verb.ADD, False: Verb.REMOVE}
        enter_all([entry(PHONE, verbs[pair.wanted], chat=pair.chat, label=pair.label) for pair in taken_over])
        end_timers([pair for pair in taken_over if pair.wanted], Reason.TIMER_ANEW())
    first = min(reading.asked_at for reading in readings)
    for there in (True, False):
        rows = ChatLabel.objects.filter(pk__in=[pk for reading in readings for pk in reading.as_known[there]])
        seen = {"remote": there, "remote_at": Greatest(F("remote_at"), first), **CALM}
        rows.update(**seen | ({"missed_at": None} if there else {}))
    if unproven := [pk for reading in readings for pk in reading.unproven]:
        ChatLabel.objects.filter(pk__in=unproven).update(**CALM)
        schedule(instance)
    Chat.objects.filter(pk__in=[reading.chat.pk for reading in readings]).update(labels_read_at=first)
    if changed := [reading.chat for reading in readings if reading.is_changed]:
        note(instance, Change.Kind.CHAT, changed)


def _counted(taken_over: Iterable[ChatLabel]) -> dict[int, int]:
    """By how much the counts of labels differ."""
    counts: Counter[int] = Counter()
    for pair in taken_over:
        counts[pair.label_id] += 1 if pair.wanted else -1
    return counts


@patient
def postpone_reading(pk: int, error: ProviderError) -> None:
    """The provider did not show the chat: look again, each time a little later, until PUSH_ATTEMPTS readings were in vain or one
    says that more are no use. A provider that is away ends nothing."""
    pair = locked_pair(pk)
    if pair is None or pair.due_at is None or pair.receipt == Receipt.PENDING:  # settled, or wished anew meanwhile
        return
    counts = not is_unheard(error)
    pair.attempts += counts
    if error.permanent or (counts and pair.attempts >= settings.PUSH_ATTEMPTS + pair.is_open):  # its call was one
        return _end_readings(pair, reason(error))
    pause = backoff(pair.attempts if counts else 2, chance())
    pair.due_at = timezone.now() + max(pause, timedelta(seconds=error.retry_after or 0))
    if pair.is_open:
        pair.error = reason(error)
        note(pair.label.instance, Change.Kind.CHAT, [pair.chat])
    pair.save(update_fields=["due_at", "attempts", "error"])


def _end_readings(pair: ChatLabel, words: str) -> None:
    """People are told that the wish can't be confirmed; a pair at rest is left to the next comparison."""
    pair.due_at, pair.attempts = None, 0
    if not pair.is_open:
        return pair.save(update_fields=["due_at", "attempts"])
    fail(pair, words)
    note(pair.label.instance, Change.Kind.CHAT, [pair.chat])
