"""Connecting numbers, changing how they are reached, and letting them go. Only for people who manage instances."""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import time
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.assigning import release_chats
from labelapp.actions.notices import note
from labelapp.actions.providers import client_for, refusal
from labelapp.actions.runs import leave_number
from labelapp.models import Change, Instance, User
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.jids import phone_of
from labelapp.whatsapp.provider import Provider
from labelapp.whatsapp.types import SessionInfo
from labelapp.whatsapp.wawp import Wawp

PERMISSION = "manage_instances"
PROBED_LABELS = 20
FASTEST = 100.0  # calls a second: no provider bears more


class BadNumber(Refused):
    """An entry that can't be right; `field` names the form's field, "" for the whole."""

    def __init__(self, message: object, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class Reach:
    """How a number is reached at its provider. An empty token means the stored one."""

    provider: str
    base_url: str
    instance_id: str
    token: str
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider said about a number. `labels` is None when it would not tell, `words` then says why."""

    session: SessionInfo
    labels: int | None
    words: str = ""

    @property
    def phone(self) -> str:
        """The number as people write it, "" when not known."""
        return phone_of(self.session.me_jid)


def try_connection(actor: Actor, reach: Reach, number: Instance | None = None) -> Answer:
    """Ask the provider for the session and its labels. Changes nothing. Refused with the provider's own words."""
    actor.must(PERMISSION)
    with closing(_client(_draft(reach, number))) as client:
        try:
            session = client.session()
        except ProviderError as error:
            raise refusal(error) from error
        try:
            return Answer(session, len(client.labels()))
        except ProviderError as error:
            return Answer(session, None, str(refusal(error).message))


def connect_number(
    actor: Actor, reach: Reach, *, name: str, slug: str, people: Iterable[User] = (), hmac_key: str = ""
) -> Instance:
    """Store a new number; the worker starts to import it. BadNumber when the short name or the number is taken."""
    actor.must(PERMISSION)
    number = _draft(reach, None)
    number.name, number.slug, number.hmac_key = name, slug, hmac_key
    _check_texts(number)
    _client(number).close()
    try:
        with transaction.atomic():
            number.save(force_insert=True)
            number.people.set(people)
            note(number, Change.Kind.INSTANCE)
    except IntegrityError as error:
        raise _taken(number) from error
    return number


def change_number(actor: Actor, number: Instance, reach: Reach, *, name: str, people: Iterable[User] = ()) -> Instance:
    """Change how a number is called, reached and seen. It stays the same WhatsApp account, or the change is refused."""
    actor.must(PERMISSION)
    draft = _draft(reach, number)
    draft.name, draft.slug = name, number.slug
    _check_texts(draft)
    _client(draft).close()
    if (draft.base_url, draft.instance_id) != (number.base_url, number.instance_id):
        _check_account(draft, number)
    fields = ["name", "base_url", "instance_id", "allow_private"]
    number.name = name
    for field in fields[1:]:
        setattr(number, field, getattr(draft, field))
    if reach.token:
        number.credentials, number.trouble, number.trouble_at = draft.credentials, "", None
        fields += ["credentials", "trouble", "trouble_at"]
    try:
        with transaction.atomic():
            number.save(update_fields=fields)
            number.people.set(people)
            note(number, Change.Kind.INSTANCE)
    except IntegrityError as error:
        raise _taken(number) from error
    release_chats(number)
    return number


def remove_number(actor: Actor, number: Instance) -> Instance:
    """Take a number off every screen. Nothing is deleted, at the provider or here. Safe to run twice."""
    actor.must(PERMISSION)
    with transaction.atomic():
        removed = Instance.objects.connected().filter(pk=number.pk).update(removed_at=timezone.now())
        if removed:
            leave_number(number)
            note(number, Change.Kind.INSTANCE)
    number.refresh_from_db(fields=["removed_at"])
    return number


def set_pace(
    actor: Actor, number: Instance, *, pace: float, quiet_from: time | None, quiet_until: time | None
) -> Instance:
    """How many calls a second change labels, and when runs rest, by the site's clocks (both times or none)."""
    actor.must(PERMISSION)
    if not 0 < pace <= FASTEST:
        raise BadNumber(_("This pace is not possible."), field="pace")
    if (quiet_from is None) != (quiet_until is None):
        raise BadNumber(_("Enter both times, or none."), field="quiet_until")
    number.pace, number.quiet_from, number.quiet_until = pace, quiet_from, quiet_until
    with transaction.atomic():
        number.save(update_fields=["pace", "quiet_from", "quiet_until"])
        note(number, Change.Kind.INSTANCE)
    return number


def probe_placement(actor: Actor, number: Instance) -> str:
    """Find out where the provider takes credentials for writes, on an assignment that already exists, and remember it.

    Returns "body", "query" or "header", or "" when there is no assignment to try it on. Changes no chat.
    """
    actor.must(PERMISSION)
    with closing(client_for(number)) as client:
        try:
            found = _probe(client)
        except ProviderError as error:
            raise refusal(error) from error
    if found:
        number.options = {**number.options, "write_placement": found}
        number.save(update_fields=["options"])
    return found


def _probe(client: Provider) -> str:
    if not isinstance(client, Wawp):
        return ""
    for label in client.labels()[:PROBED_LABELS]:
        for jid in client.label_chats(label.wa_id)[:1]:
            return client.probe_placement(jid, label.wa_id)
    return ""


def _draft(reach: Reach, number: Instance | None) -> Instance:
    """The number as it would be, not stored. A stored token goes only to the address that it was entered for."""
    url = _tidy(reach.base_url)
    token = reach.token
    if not token and number is not None:
        if url != number.base_url:
            raise BadNumber(_("Enter the token again: the stored one is for the stored address only."), field="token")
        token = number.credentials
    if not token:
        raise BadNumber(_("Enter the access token."), field="token")
    return Instance(
        provider=reach.provider,
        base_url=url,
        instance_id=reach.instance_id.strip(),
        credentials=token.strip(),
        allow_private=reach.allow_private,
        options=number.options if number else {},
    )


def _check_texts(draft: Instance) -> None:
    """The limits of the columns, for those who come without a form."""
    checked = {"name", "slug", "instance_id"}
    try:
        draft.clean_fields(exclude={field.name for field in Instance._meta.fields} - checked)
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise BadNumber(messages[0], field=field) from error


def _client(draft: Instance) -> Provider:
    """A client for what a person entered, or a refusal of the entry."""
    try:
        return client_for(draft)
    except Refused as error:
        raise BadNumber(error.message, field="base_url") from error


def _tidy(url: str) -> str:
    """One spelling per address, so that a number is connected once."""
    url = url.strip()
    try:
        parts = urlsplit(url)
    except ValueError:  # e.g. an open bracket; the client says what is wrong with it
        return url
    return parts._replace(
        scheme=parts.scheme.lower(), netloc=parts.netloc.lower(), path=parts.path.rstrip("/")
    ).geturl()


def _check_account(draft: Instance, number: Instance) -> None:
    """Two accounts must never be reconciled onto each other: a new address has to lead to the same WhatsApp number."""
    if not number.me_jid:
        return
    with closing(_client(draft)) as client:
        try:
            found = client.session().me_jid
        except ProviderError as error:
            raise refusal(error) from error
    if found != number.me_jid:
        raise BadNumber(_("Another WhatsApp number answers there. Connect it as a new number."), field="instance_id")


def _taken(number: Instance) -> BadNumber:
    if Instance.objects.filter(slug=number.slug).exclude(pk=number.pk).exists():
        return BadNumber(_("Another number has, or had, this short name."), field="slug")
    return BadNumber(_("This instance is connected already."), field="instance_id")
