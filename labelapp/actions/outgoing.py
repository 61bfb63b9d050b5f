"""Outgoing hooks as admins keep them. What they are told is written by `outgoing_writing` and posted by the hooks lane."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.actions.notices import wake
from labelapp.actions.outgoing_sending import claim, record
from labelapp.actions.outgoing_writing import new_send
from labelapp.models import Chat, HookSend, Instance, Label, OutgoingHook
from labelapp.models.outgoing import URL_LENGTH
from labelapp.queries.language.saved import Saved
from labelapp.queries.outgoing_bodies import chat_data, labels_now, number_data
from labelapp.whatsapp.outgoing import Wrong, new_signing_secret, wrong_with

PERMISSION = "manage_instances"
Outcome = HookSend.Outcome
WORDS = {
    Wrong.NO_ADDRESS: _("Enter a web address that begins with https://."),
    Wrong.PASSWORD: _("The address must not contain a name or a password."),
    Wrong.HASH: _("The address must not contain a hash sign."),
    Wrong.PLAIN: _("The address must begin with https://."),
    Wrong.PRIVATE: _("This is a private address. Allow it below if the receiver is on your own network."),
}


class BadAddress(Refused):
    """The address can't be posted to."""


def keep_hook(
    actor: Actor,
    hook: OutgoingHook | None,
    *,
    name: str,
    url: str,
    events: Sequence[str],
    labels: Iterable[Label] = (),
    numbers: Iterable[Instance] = (),
    terms: Saved | None = None,
    allow_private: bool = False,
    is_on: bool = True,
) -> OutgoingHook:
    """Make a hook, or change it. BadAddress for an address that can't be posted to; Refused for a name that is taken."""
    actor.must(PERMISSION)
    if actor.user is None:
        raise NotAllowed(_("Hooks belong to people."))
    url = url.strip()
    if wrong := Wrong.NO_ADDRESS if len(url) > URL_LENGTH else wrong_with(url, allow_private):
        raise BadAddress(WORDS[wrong])
    row = hook or OutgoingHook(secret=new_signing_secret(), made_by=actor.user)
    if terms and terms != row.terms:
        row.made_by = actor.user  # a query is read as whoever wrote it
    values: dict[str, Any] = {"name": name, "url": url, "events": list(events), "terms": terms or []}
    values |= {"allow_private": allow_private, "is_on": is_on, "off_reason": "" if is_on else row.off_reason}
    for field, value in values.items():
        setattr(row, field, value)
    try:
        with transaction.atomic():
            row.save()
            row.labels.set(labels)
            row.numbers.set(numbers)
    except IntegrityError as error:
        raise Refused(_("There is a hook of this name already.")) from error
    wake()
    return row


def rotate_signing_secret(actor: Actor, hook: OutgoingHook) -> None:
    """A new secret. The one before signs as well for OLD_SECRET_HOURS more, so that receivers can follow."""
    actor.must(PERMISSION)
    hook.old_secret, hook.secret, hook.rotated_at = hook.secret, new_signing_secret(), timezone.now()
    hook.save(update_fields=["old_secret", "secret", "rotated_at"])


def delete_hook(actor: Actor, hook: OutgoingHook) -> None:
    """Forget the hook, and what it was told."""
    actor.must(PERMISSION)
    hook.delete()


def try_hook(actor: Actor, hook: OutgoingHook) -> HookSend:
    """Post a message of the type `test` now, on or off, and return what came of it. Waits for the receiver: not in a transaction."""
    actor.must(PERMISSION)
    data = {"message": "A test of labelapp's outgoing hooks.", "hook": hook.name}
    send = new_send(hook, "test", data)
    send.save()
    if job := claim(send):
        record(job, job.run(), last=True)
    send.refresh_from_db()
    return send


def replay(actor: Actor, send: HookSend) -> None:
    """Post a message that is over once more, with the same id: a receiver that has it already may leave it. Safe to run twice."""
    actor.must(PERMISSION)
    if not send.hook.is_on:
        raise Refused(_("The hook is off. Switch it on first."), status=409)
    if send.instance_id is None:
        raise Refused(_("A test is not posted again. Send a new one."), status=409)
    over = HookSend.objects.filter(pk=send.pk).exclude(outcome=Outcome.WAITING)
    again = {"outcome": Outcome.WAITING, "ended_at": None, "attempts": 0, "due_at": timezone.now()}
    if over.update(**again, made_at=timezone.now(), status=None, failure="", answer=""):
        wake()


def call_hook(
    hook: OutgoingHook,
    chat: Chat,
    *,
    kind: str,
    about: dict[str, Any],
    of: int | None = None,
    rule: int | None = None,
) -> HookSend | None:
    """Tell a hook of a chat, whatever it listens to: for rules and clocks, in their transaction. None when it is off.

    `of`: the fact that led to it, of which a `rule` tells a hook once, however often this is called.
    """
    if not hook.is_on:
        return None
    data = {"number": number_data(chat.instance), "chat": chat_data(chat, labels_now([chat.pk])), **about}
    send = new_send(hook, kind, data, instance=chat.instance, chat=chat)
    send.fact, send.rule = of, rule
    HookSend.objects.bulk_create([send], ignore_conflicts=of is not None)
    wake()
    return send
