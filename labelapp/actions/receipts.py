"""What the push lane records around a provider call: claimed before, ended after, read back later."""

from contextlib import suppress
from datetime import timedelta
from random import SystemRandom

from django.conf import settings
from django.utils import timezone

from labelapp.actions.confirming import read_back_after
from labelapp.actions.moves import holds_prune
from labelapp.actions.notices import note
from labelapp.actions.pairs import backoff, confirm, fail, lock_chat
from labelapp.actions.providers import reason
from labelapp.actions.transactions import patient
from labelapp.models import Change, Chat, ChatLabel, Instance, Receipt
from labelapp.models.reasons import Reason
from labelapp.whatsapp.errors import ProviderError

chance = SystemRandom().random
UNSURE_FOR = timedelta(hours=1)  # engines that lost their lists have them again sooner, or never


def locked_pair(pk: int, home: int | None = None) -> ChatLabel | None:
    """The pair with its chat locked, and its label at hand. None when a merge of two chats has ended it. `home`: the chat that it was
    last seen with."""
    for known in (home, None, None):
        # since then, or while the lock was waited for, a merge may have given the pair another chat
        with suppress(Chat.DoesNotExist, ChatLabel.DoesNotExist):
            chat = lock_chat(known or ChatLabel.objects.values_list("chat_id", flat=True).get(pk=pk))
            pair = ChatLabel.objects.select_related("label").get(pk=pk, chat=chat)
            pair.chat = chat
            return pair
    return None


def is_unheard(error: ProviderError) -> bool:
    """Whether nobody has heard the call, or nobody can say so: that is no attempt, however often it happens."""
    return error.unreachable or error.refused or error.busy or error.asleep


def is_outage(error: ProviderError) -> bool:
    """Whether it says nothing of the thing that was asked for: the next call fails as well."""
    return is_unheard(error) or error.retry_after is not None


@patient
def claim(pk: int, home: int | None = None) -> ChatLabel | None:
    """Mark the pair as being called from now on; `home`: its chat, where it is known. None when the wish is no longer to be sent.

    A claim that is never followed by its end (a crash) is taken again: repeating the call changes nothing.
    """
    pair = locked_pair(pk, home)
    if pair is None or pair.receipt != Receipt.PENDING or pair.label.questioned_at:
        return None
    if home not in (None, pair.chat_id):  # it is due under its new chat, which may have a call under way
        return None
    if pair.label.deleted_at:
        fail(pair, Reason.DELETED())
        note(pair.label.instance_id, Change.Kind.CHAT, [pair.chat])
        return None
    if holds_prune(pair):
        note(pair.label.instance_id, Change.Kind.CHAT, [pair.chat])
        return None
    pair.called_at, pair.attempts = timezone.now(), pair.attempts + 1
    pair.save(update_fields=["called_at", "attempts"])
    return pair


@patient
def record_sent(claimed: ChatLabel, *, shown: bool | None = None) -> None:
    """The provider answered "done". That proves nothing: the pair stays open until its echo or a read-back.

    `shown`: what the client itself read back after the write, None when it did not; a stale answer is no failure.
    """
    pair = _ended(claimed)
    if pair is None:
        return
    if shown == pair.wanted:
        pair.remote, pair.remote_at = shown, timezone.now()
        confirm(pair)
        return note(pair.label.instance_id, Change.Kind.CHAT, [pair.chat])
    echoed = pair.remote == pair.wanted and pair.called_at is not None and pair.remote_at >= pair.called_at
    wait = 0 if echoed else read_back_after(pair)
    pair.receipt, pair.error, pair.due_at = Receipt.SENT, "", timezone.now() + timedelta(seconds=wait)
    pair.save(update_fields=["sent_at", "receipt", "error", "due_at"])
    note(pair.label.instance_id, Change.Kind.CHAT, [pair.chat])


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
        pair.attempts = max(0, pair.attempts - error.by_gateway)
        pair.save()
    elif error.unsure and now - pair.wanted_at > UNSURE_FOR:
        fail(pair, words)
    elif is_unheard(error):
        pair.attempts = max(0, pair.attempts - 1)  # none are left of a wish that was made anew meanwhile
        pause = backoff(4 if error.refused or error.asleep or error.unsure else 1, chance())
        pair.error, pair.due_at = words, now + max(pause, timedelta(seconds=error.retry_after or 0))
        pair.save()
    else:
        try_again(pair, words, error.retry_after)
    note(pair.label.instance_id, Change.Kind.CHAT, [pair.chat])


def _ended(claimed: ChatLabel) -> ChatLabel | None:
    """Record that the claimed call is over. The pair, or None when the wish has changed meanwhile and is simply due again,
    or the pair has become part of another one."""
    pair = locked_pair(claimed.pk, claimed.chat_id)
    if pair is None or pair.called_at != claimed.called_at:
        return None
    pair.label.instance = claimed.label.instance
    pair.sent_at = timezone.now()
    if pair.wanted == claimed.wanted and pair.receipt == Receipt.PENDING:
        return pair
    if pair.receipt == Receipt.PENDING:
        pair.attempts, pair.due_at = 0, timezone.now()
    pair.save()
    return None


def try_again(pair: ChatLabel, words: str, wait: float | None = None) -> None:
    """Back to pending with a pause, or give up after PUSH_ATTEMPTS calls."""
    if pair.attempts >= settings.PUSH_ATTEMPTS:
        pair.attempts = 0
        return fail(pair, words)
    pause = backoff(pair.attempts, chance())
    if wait is not None:
        pause = max(pause, timedelta(seconds=wait))
    pair.receipt, pair.error, pair.due_at = Receipt.PENDING, words, timezone.now() + pause
    pair.save()
    return None
