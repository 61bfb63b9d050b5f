"""What `manage.py doctor` finds out by asking: every provider, and whether its deliveries come here. Changes nothing anywhere."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from django.conf import settings
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labelapp.actions.accounts import is_other
from labelapp.actions.actor import Refused
from labelapp.actions.asking import AT_ONCE, ask_together
from labelapp.actions.heartbeats import ALIVE
from labelapp.actions.hooks import HOOK_EVENTS, hook_address
from labelapp.actions.providers import client_for, refusal
from labelapp.models import Instance, Label
from labelapp.models.fields import Locked
from labelapp.queries.checkup import Check, Level, check_disk, failure, ok, warning
from labelapp.queries.checkup_database import check_database
from labelapp.queries.checkup_settings import are_keys, check_settings, is_local
from labelapp.queries.checkup_work import check_work, check_workers
from labelapp.queries.health import Hearing, HookHealth, hook_health, span
from labelapp.queries.metrics import NumberFigures, figures
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.provider import Provider
from labelapp.whatsapp.types import HookInfo, SessionInfo

CALL_SECONDS = 8.0  # that a provider may take for one answer to the doctor


class NoSuchNumber(LookupError):
    """No connected number has this short name."""


def examine(slug: str = "") -> Iterator[Check]:
    """Every check, one after the other; of one number alone where `slug` names it. Raises NoSuchNumber.

    Without a database, or keys to read its secrets with, the rest is left out. Providers may hang: see `ask_together`.
    """
    yield from check_settings()
    database = list(check_database())
    yield from database
    yield check_disk()
    if any(check.level == Level.FAILURE for check in database) or not are_keys():
        return
    numbers = Instance.objects.connected()
    if slug:
        numbers = numbers.filter(slug=slug)
        if not numbers.exists():
            raise NoSuchNumber(slug)
    found = figures(numbers, ALIVE)
    yield check_workers(found.workers)
    yield from _examine_numbers(list(numbers.order_by("slug")), {row.slug: row for row in found.numbers})


def _examine_numbers(numbers: Sequence[Instance], rows: dict[str, NumberFigures]) -> Iterator[Check]:
    if not numbers:
        yield warning(
            "provider.no_number", _("No number is connected."), _("Connect one: manage.py connect, or /settings/.")
        )
    for start in range(0, len(numbers), AT_ONCE):
        yield from _examine_some(numbers[start : start + AT_ONCE], rows)


def _examine_some(numbers: Sequence[Instance], rows: dict[str, NumberFigures]) -> Iterator[Check]:
    """What the database knows is read here first: the threads that ask the providers touch none."""
    living = Label.objects.living().filter(instance__in=numbers).exclude(known_at=None).order_by()
    known = dict(living.values_list("instance").annotate(n=Count("pk")))
    health = {row.number.pk: row for row in hook_health(numbers)}
    answers = ask_together(numbers, lambda number: list(_ask(number, known.get(number.pk, 0), health[number.pk])))
    for number in numbers:
        yield from check_work(number, rows[number.slug])
        yield from answers[number.pk]


def _page(number: Instance) -> str:
    return f"{settings.PUBLIC_URL}{reverse('settings.number', args=[number.slug])}"


def _ask(number: Instance, known: int, health: HookHealth) -> Iterator[Check]:
    """What the number's provider says now. `known`: how many labels are living here."""
    if number.is_frozen:
        words = _("Another WhatsApp account answered: nothing is sent or taken over.")
        todo = _("An admin decides on %(page)s.") % {"page": f"{settings.PUBLIC_URL}/chats/?instance={number.slug}"}
        yield failure("provider.frozen", words, todo, number.slug)
    try:
        client = client_for(number, seconds=min(CALL_SECONDS, settings.PROVIDER_SECONDS))
    except Refused as error:
        yield failure(
            "provider.unusable", str(error.message), _("Open %(page)s.") % {"page": _page(number)}, number.slug
        )
        return
    with closing(client):
        try:
            session = client.session()
        except ProviderError as error:
            yield _no_answer(number, error)
            return
        yield from _session(number, session)
        yield from _directory(number, client, known)
        yield from _hooks(number, client, replace(health, is_known_deaf=not session.tells_labels))


def _no_answer(number: Instance, error: ProviderError) -> Check:
    words = str(refusal(error).message)
    if error.refused:
        todo = _("Enter the token again on %(page)s.") % {"page": _page(number)}
        return failure("provider.refused", words, todo, number.slug)
    code = "provider.unreachable" if error.unreachable else "provider.error"
    return failure(code, words, _("Look at the provider's own page."), number.slug)


def _session(number: Instance, session: SessionInfo) -> Iterator[Check]:
    if is_other(number, session.me_jid, session.me_lid) and not number.is_frozen:
        todo = _("Link the right phone again, or connect this account as a new number.")
        yield failure(
            "provider.other_account", _("Another WhatsApp account answers than the known one."), todo, number.slug
        )
    if session.status != "WORKING":
        todo = _("Link the phone again at the provider (its QR code), or start the session there.")
        words = _("The session is %(status)s, not WORKING.") % {"status": session.status or "?"}
        yield failure("provider.not_working", words, todo, number.slug)
    else:
        words = _("The token is accepted and the session is WORKING.")
        if session.engine:
            words = _("The token is accepted and the session is WORKING (%(engine)s).") % {"engine": session.engine}
        yield ok("provider.working", words, number.slug)


def _directory(number: Instance, client: Provider, known: int) -> Iterator[Check]:
    try:
        listed = len(client.labels())
    except ProviderError as error:
        yield failure(
            "provider.labels_unreadable",
            str(refusal(error).message),
            _("The label directory can't be read: look at the provider's own page."),
            number.slug,
        )
        return
    if known and not listed:
        words = ngettext(
            "Its label directory is empty, although %(n)d label is known.",
            "Its label directory is empty, although %(n)d labels are known.",
            known,
        ) % {"n": known}
        yield warning("provider.labels_empty", words, _("Nothing is removed for it. Look at the phone."), number.slug)
    else:
        words = ngettext("The directory can be read: %(n)d label.", "The directory can be read: %(n)d labels.", listed)
        yield ok("provider.labels", words % {"n": listed}, number.slug)


def _hooks(number: Instance, client: Provider, health: HookHealth) -> Iterator[Check]:
    """Whether the provider knows our address. Nobody here can tell whether it reaches it: only what came can."""
    if isinstance(number.hook_secret, Locked) or isinstance(number.hmac_key, Locked):
        words = _("The secrets of its hook can't be read any more: nothing it posts is accepted.")
        yield failure("hooks.unreadable", words, _("Change them on %(page)s.") % {"page": _page(number)}, number.slug)
        return
    try:
        yield _registered(number, client.hooks())
    except ProviderError as error:
        todo = _("Some plans have no hooks; labelapp asks often instead.")
        yield warning("hooks.untold", str(refusal(error).message), todo, number.slug)
    if not number.hmac_key and not is_local():
        todo = _("Set a signing key on %(page)s.") % {"page": _page(number)}
        yield warning("hooks.unsigned", _("Deliveries are not signed."), todo, number.slug)
    yield _heard(number, health)


def _registered(number: Instance, hooks: Sequence[HookInfo]) -> Check:
    ours, todo = hook_address(number).rstrip("/"), _("Register it on %(page)s.") % {"page": _page(number)}
    before_secret = ours.rpartition("/")[0] + "/"
    urls = {hook.url.rstrip("/"): hook for hook in hooks if hook.active}
    if ours in urls:
        missing = sorted(set(HOOK_EVENTS) - set(urls[ours].events)) if "*" not in urls[ours].events else []
        if missing:
            words = _("The provider does not post %(events)s here.") % {"events": ", ".join(missing)}
            return warning("hooks.events_missing", words, todo, number.slug)
        return ok("hooks.registered", _("The provider posts to the address of this number."), number.slug)
    if any(url.startswith(before_secret) for url in urls):
        return warning(
            "hooks.old_secret", _("The provider posts to an address with another secret."), todo, number.slug
        )
    return warning("hooks.unregistered", _("The provider does not know the address of this number."), todo, number.slug)


def _heard(number: Instance, health: HookHealth) -> Check:
    if health.last_event_at is None:
        last = _("Nothing has come yet.")
    else:
        age = span((timezone.now() - health.last_event_at).total_seconds())
        last = _("The last delivery came %(span)s ago.") % {"span": age}
    if health.tone == "ok":
        return ok("hooks.heard", last, number.slug)
    todo = _("Check that the provider reaches PUBLIC_URL from outside; until then labelapp asks often.")
    if health.state in (Hearing.DEAF, Hearing.NO_LABELS_LATELY):
        todo = _("Nothing is lost: labels are asked for. Some other engines (GOWS, NOWEB) tell of them at once.")
    return warning(f"hooks.{health.state}", f"{last} {health.words}", todo, number.slug)
