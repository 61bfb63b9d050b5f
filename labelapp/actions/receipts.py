"""What the push lane records around a provider call: claimed before, ended after, read back later."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import SystemRandom

from django.conf import settings
from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.directory import is_buried, learn_label
from labelapp.actions.notices import note
from labelapp.actions.pairs import adopt, backoff, confirm, fail, lock_chat, lock_pair, was_just_confirmed
from labelapp.actions.providers import reason
from labelapp.actions.transactions import patient
from labelapp.models import Change, ChatLabel, Instance, Receipt, Source
from labelapp.models.reasons import Reason
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.types import LabelInfo

_chance = SystemRandom().random


def _locked(pk: int) -> ChatLabel:
    """The pair with its chat locked, and its label and instance at hand."""
    chat = lock_chat(ChatLabel.objects.values_list("chat_id", flat=True).get(pk=pk))
    pair = ChatLabel.objects.select_related("label__instance").get(pk=pk)
    pair.chat = chat
    return pair


@patient
def claim(pk: int) -> ChatLabel | None:
    """Mark the pair as being called from now on. None when the wish is no longer to be sent. A claim that is never
    followed by its end (a crash) is taken again: repeating the call changes nothing."""
    pair = _locked(pk)
    if pair.receipt != Receipt.PENDING:
        return None
    if pair.label.deleted_at:
        fail(pair, Reason.DELETED())
        note(pair.label.instance, Change.Kind.CHAT, [pair.chat])
        return None
    pair.called_at, pair.attempts = timezone.now(), pair.attempts + 1
    pair.save(update_fields=["called_at", "attempts"])
    return pair


@patient
def record_sent(claimed: ChatLabel) -> None:
    """The provider answered "done". That proves nothing: the pair stays open until its echo or a read-back."""
    pair = _ended(claimed)
    if pair is None:
        return
    echoed = pair.remote == pair.wanted and pair.called_at is not None and pair.remote_at >= pair.called_at
    wait = 0 if echoed else settings.READ_BACK_SECONDS
    pair.receipt, pair.error, pair.due_at = Receipt.SENT, "", timezone.now() + timedelta(seconds=wait)
    pair.save()
    note(pair.label.instance, Change.Kind.CHAT, [pair.chat])


@patient
def record_failure(claimed: ChatLabel, error: ProviderError) -> None:
    """The call failed: try again later, or tell people in the provider's words when trying is no use."""
    pair = _ended(claimed)
    if pair is None:
        return
    now = timezone.now()
    words = reason(error)
    if error.permanent:
        fail(pair, words)
        if error.gone:
            Instance.objects.filter(pk=pair.label.instance_id).update(directory_due_at=now)
    elif error.timed_out:  # it may have acted: look before calling again
        pair.receipt, pair.error, pair.due_at = Receipt.SENT, words, now + timedelta(seconds=1)
        pair.save()
    elif error.unreachable or error.refused or error.busy:  # nobody heard the wish: that is no attempt
        pair.attempts -= 1
        pause = backoff(4 if error.refused else 1, _chance())
        pair.error, pair.due_at = words, now + max(pause, timedelta(seconds=error.retry_after or 0))
        pair.save()
    else:
        _again(pair, words, error.retry_after)
    note(pair.label.instance, Change.Kind.CHAT, [pair.chat])


def _ended(claimed: ChatLabel) -> ChatLabel | None:
    """Record that the claimed call is over. The pair, or None when the wish has changed meanwhile and is simply due again."""
    pair = _locked(claimed.pk)
    if pair.called_at != claimed.called_at:
        return None
    pair.sent_at = timezone.now()
    if pair.wanted == claimed.wanted and pair.receipt == Receipt.PENDING:
        return pair
    if pair.receipt == Receipt.PENDING:
        pair.attempts, pair.due_at = 0, timezone.now()
    pair.save()
    return None


def _again(pair: ChatLabel, words: str, wait: float | None = None) -> None:
    """Back to pending with a pause, or give up after PUSH_ATTEMPTS calls."""
    if pair.attempts >= settings.PUSH_ATTEMPTS:
        return fail(pair, words)
    pause = backoff(pair.attempts, _chance())
    if wait is not None:
        pause = max(pause, timedelta(seconds=wait))
    pair.receipt, pair.error, pair.due_at = Receipt.PENDING, words, timezone.now() + pause
    pair.save()
    return None


@patient
def record_reading(instance: Instance, chat_pk: int, seen: Iterable[LabelInfo], asked_at: datetime) -> None:
    """Compare a chat's labels, as read from the provider, with its pairs.

    Settles open pairs whose call had ended before the reading began. A label that is there and that nobody took off is
    adopted; one that is absent is taken off only where an event had said so before: an answer that is too short proves nothing.
    """
    chat = lock_chat(chat_pk)
    infos = {info.wa_id: info for info in seen}
    known = {
        pair.label.wa_id: pair
        for pair in ChatLabel.objects.filter(chat=chat, label__deleted_at=None).select_related("label")
    }
    phone = Actor(None, Source.PHONE)
    for wa_id, info in infos.items():
        if wa_id in known:
            continue
        if is_buried(instance, wa_id):  # only the directory can say that the id is in use again
            Instance.objects.filter(pk=instance.pk).update(directory_due_at=timezone.now())
        else:
            adopt(phone, lock_pair(chat, learn_label(instance, info)), True)
    for wa_id, pair in known.items():
        pair.chat = chat
        _compare(phone, pair, wa_id in infos, asked_at)
    chat.labels_read_at = asked_at
    chat.save(update_fields=["labels_read_at"])
    note(instance, Change.Kind.CHAT, [chat])


def _compare(actor: Actor, pair: ChatLabel, there: bool, asked_at: datetime) -> None:
    """One pair against what was read."""
    if pair.in_flight or (pair.sent_at and pair.sent_at > asked_at) or pair.wanted_at > asked_at:
        return
    doubted = pair.receipt == Receipt.CONFIRMED and pair.due_at is not None and pair.due_at <= asked_at
    fresh = was_just_confirmed(pair) and not doubted  # some engines answer with the old labels for a while
    if pair.is_open:
        pair.remote, pair.remote_at = there, asked_at
        if there == pair.wanted:
            confirm(pair)
        elif pair.receipt == Receipt.SENT:
            _again(pair, Reason.NOT_THERE())
        else:
            pair.save(update_fields=["remote", "remote_at"])
    elif pair.receipt == Receipt.FAILED:
        pair.remote, pair.remote_at = there, asked_at
        if there == pair.wanted:
            confirm(pair)
        else:
            pair.save(update_fields=["remote", "remote_at"])
    elif there != pair.wanted and fresh:
        pair.due_at = timezone.now() + timedelta(seconds=settings.READ_BACK_SECONDS)
        pair.save(update_fields=["due_at"])
    elif there != pair.wanted and (there or doubted):
        adopt(actor, pair, there)
    elif there == pair.wanted or doubted:
        pair.remote, pair.remote_at, pair.due_at = there, asked_at, None
        pair.save(update_fields=["remote", "remote_at", "due_at"])


@patient
def postpone_reading(pk: int, error: ProviderError) -> None:
    """The provider could not be asked: look again a little later. A wish is never given up for a reading that failed."""
    pair = _locked(pk)
    if pair.due_at is None:
        return
    pair.due_at = timezone.now() + max(backoff(2, _chance()), timedelta(seconds=error.retry_after or 0))
    pair.save(update_fields=["due_at"])
