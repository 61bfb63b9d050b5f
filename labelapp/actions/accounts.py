"""Whether a number is connected, and which WhatsApp account answers under it: two accounts are never reconciled onto each other."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.directory import remove_label
from labelapp.actions.held import hold_old
from labelapp.actions.notices import note, wake
from labelapp.actions.pairs import fail
from labelapp.actions.transactions import patient
from labelapp.models import Change, ChatLabel, Finding, Instance, Label, LedgerEntry, Receipt, Source, Verb
from labelapp.models.fields import NEVER
from labelapp.models.holds import hold_directory_alone
from labelapp.models.reasons import Reason
from labelapp.whatsapp.jids import normalise
from labelapp.whatsapp.types import SessionInfo

PERMISSION = "manage_instances"
SESSION = ("status", "status_at", "status_since", "session_due_at", "me_jid", "me_name", "reconcile_due_at")
ACCOUNT = ("directory_due_at", "import_due_at", "frozen_at", "past_jids", "rival_jid", "rival_name", "kept_at")


@patient
def observe_session(instance: Instance, session: SessionInfo, at: datetime) -> bool:
    """Take over what the provider said of the session at `at`, in a reading or an event. Returns False while the number is frozen.

    Anything older than the newest word known changes nothing. A number that is connected again is compared anew, and wishes that
    grew old meanwhile are held. Another account than the known one freezes the number; the known one thaws it. A number that
    comes back without saying who it is stays unready (`is_ready`) until it was asked. `instance` is brought up to date.
    """
    number = Instance.objects.select_for_update().get(pk=instance.pk)
    at = min(at, timezone.now())
    if at > number.status_at:
        before = {field: getattr(number, field) for field in ("status", "me_name", "me_jid", "frozen_at", "rival_jid")}
        _follow(number, session, at)
        number.save(update_fields=[*SESSION, *ACCOUNT])
        if any(getattr(number, field) != value for field, value in before.items()):
            note(number, Change.Kind.INSTANCE)
    for field in (*SESSION, *ACCOUNT):
        setattr(instance, field, getattr(number, field))
    return not number.is_frozen


def is_other(instance: Instance, me_jid: str, me_lid: str = "") -> bool:
    """Whether these addresses of an account are another person's than the known one. False where either is not known.

    An account has a number and a hidden id; one of them being the known one is enough.
    """
    told = {_address(me_jid), _address(me_lid)} - {""}
    return bool(told and instance.me_jid) and _address(instance.me_jid) not in told


def ask_session(instance: Instance) -> None:
    """Have the number asked who answers before anything else is sent or taken over. Safe to repeat."""
    if Instance.objects.filter(pk=instance.pk, session_due_at=None).update(session_due_at=timezone.now()):
        wake()


def session_was_read(instance: Instance, asked_at: datetime) -> None:
    """The session was asked for at `asked_at`: doubts from before are answered, even if the provider does not tell the account."""
    Instance.objects.filter(pk=instance.pk, session_due_at__lte=asked_at).update(session_due_at=None)
    instance.refresh_from_db(fields=["session_due_at"])


def look_again(instance: Instance) -> None:
    """Bring what is known of the session and the account up to date: a worker's row may be older than an admin's decision."""
    instance.refresh_from_db(fields=[*SESSION, *ACCOUNT])


@patient
def freeze(instance: Instance, jid: str, name: str) -> None:
    """Another account (its address and name) answers: nothing is sent or taken over until an admin decides. Safe to repeat.

    Nothing happens where it is the known account by now, or one that was decided about. `instance` is brought up to date.
    """
    number = Instance.objects.select_for_update().get(pk=instance.pk)
    if is_other(number, jid) and jid not in number.past_jids:
        _freeze(number, jid, name)
        number.save(update_fields=[*SESSION, *ACCOUNT])
        note(number, Change.Kind.INSTANCE)
    for field in (*SESSION, *ACCOUNT):
        setattr(instance, field, getattr(number, field))


@patient
def keep_account(actor: Actor, instance: Instance, *, rival: str) -> Instance:
    """Stay with the known account. The number remains frozen, now without asking, until that account answers again; it is asked at once.

    `rival`: the address of the other account as the person saw it. Refused (409) when nothing is to be decided, or about a third
    account. Safe to run twice.
    """
    number = _to_decide(actor, instance, rival)
    if number.kept_at is None:
        number.kept_at = number.session_due_at = timezone.now()
        number.save(update_fields=["kept_at", "session_due_at"])
        _enter(actor, number, Reason.KEPT(_written(number.me_jid, number.me_name)))
        note(number, Change.Kind.INSTANCE)
    return number


@patient
def take_account(actor: Actor, instance: Instance, *, rival: str) -> Instance:
    """Go on with the account that answers now. Labels of the one before are buried, its waiting wishes cancelled with a reason, its
    findings vanish; chats and history stay. Then everything is imported anew. `rival` and Refused (409) as in `keep_account`."""
    hold_directory_alone(instance.pk)
    number = _to_decide(actor, instance, rival)
    now = timezone.now()
    for label in Label.objects.filter(instance=number).living().order_by("pk"):
        _bury(label, now)
    Finding.objects.filter(instance=number).unsettled().update(
        settled_at=now, settled_by=actor.user, outcome=Finding.Outcome.VANISHED
    )
    _enter(actor, number, Reason.TAKEN(_written(number.rival_jid, number.rival_name)))
    _begin_anew(number, now)
    note(number, Change.Kind.LABELS)
    note(number, Change.Kind.INSTANCE)
    return number


def _follow(number: Instance, session: SessionInfo, at: datetime) -> None:
    """The newest word about the session, onto the number in memory."""
    was, frozen = number.status, number.is_frozen
    status = session.status[:40] or was
    number.status, number.status_at = status, at
    if status != was or number.status_since == NEVER:
        number.status_since = at
    _compare(number, session)
    thawed = frozen and not number.is_frozen
    if status == "WORKING" and (thawed or was not in ("", "WORKING")):
        _come_back(number, is_known=bool(session.me_jid))


def _compare(number: Instance, session: SessionInfo) -> None:
    """Who answers: the known account, another one, or nobody that is told."""
    jid, name = _address(session.me_jid), session.me_name[:200]
    if not jid:
        return
    if is_other(number, jid, session.me_lid):
        return _freeze(number, jid, name)
    number.session_due_at = None
    number.me_jid, number.me_name = number.me_jid or jid[:80], name or number.me_name
    if number.is_frozen:
        ours = {number.me_jid, jid, _address(session.me_lid)}
        number.past_jids = [known for known in _past(number, number.rival_jid) if known not in ours]
        number.frozen_at, number.kept_at, number.rival_jid, number.rival_name = None, None, "", ""
        _enter(Actor(None, Source.RECONCILE), number, Reason.BACK(_written(number.me_jid, number.me_name)))
    return None


def _past(number: Instance, jid: str) -> list[str]:
    """The accounts whose late deliveries are not the number's, this one too; the last few will do."""
    return [*(known for known in number.past_jids if known != jid), jid][-10:]


def _freeze(number: Instance, jid: str, name: str) -> None:
    """A rival that is new is asked about, whatever was decided about one before."""
    if number.is_frozen and number.rival_jid == jid[:80]:
        number.rival_name = name[:200] or number.rival_name
        return
    number.frozen_at, number.kept_at = number.frozen_at or timezone.now(), None
    number.rival_jid, number.rival_name, number.session_due_at = jid[:80], name[:200], None
    _enter(Actor(None, Source.RECONCILE), number, Reason.RIVAL(_written(jid, name)))


def _come_back(number: Instance, *, is_known: bool) -> None:
    """A re-link changes directory and assignments without one event."""
    now = timezone.now()
    number.reconcile_due_at = number.directory_due_at = now
    if number.import_due_at is not None:  # it waits for this
        number.import_due_at = now
    if not is_known:
        number.session_due_at = now
    hold_old(number, calls_may_run=True)


def _to_decide(actor: Actor, instance: Instance, rival: str) -> Instance:
    actor.must(PERMISSION)
    number = Instance.objects.select_for_update().get(pk=instance.pk)
    if not number.is_frozen:
        raise Refused(_("There is nothing to decide any more: one known account answers."), status=409)
    if number.rival_jid != rival:
        raise Refused(_("Another account answers by now. Nothing was done: look again."), status=409)
    return number


def _bury(label: Label, at: datetime) -> None:
    """As if the label was deleted, but told by its true reason."""
    waiting = ChatLabel.objects.filter(label=label, wanted=True).open().select_related("chat", "label__instance")
    for pair in waiting:
        fail(pair, Reason.ACCOUNT())
    remove_label(label, at, by=None)
    ChatLabel.objects.filter(label=label, receipt=Receipt.FAILED).update(error=Reason.ACCOUNT())


def _begin_anew(number: Instance, now: datetime) -> None:
    """The account that answers is the known one from now on, and nothing of it is known."""
    fresh = {
        "past_jids": [jid for jid in _past(number, number.me_jid) if jid != number.rival_jid],
        "me_jid": number.rival_jid,
        "me_name": number.rival_name,
        "frozen_at": None,
        "kept_at": None,
        "rival_jid": "",
        "rival_name": "",
        "session_due_at": None,
        "import_stage": Instance.ImportStage.WAITING,
        "import_cursor": 0,
        "import_done": 0,
        "import_total": 0,
        "import_error": "",
        "imported_at": None,
        "import_due_at": now,
        "reconciled_at": NEVER,
        "reconcile_started_at": None,
        "reconcile_due_at": None,
        "reconcile_error": "",
    }
    for field, value in fresh.items():
        setattr(number, field, value)
    number.save(update_fields=list(fresh))


def _enter(actor: Actor, number: Instance, cause: str) -> None:
    LedgerEntry.objects.create(
        instance=number, verb=Verb.ACCOUNT, source=actor.source, actor=actor.user, cause=cause[:300]
    )


def _address(raw: str) -> str:
    """One spelling per address, "" for what is none."""
    try:
        return normalise(raw) if raw else ""
    except ValueError:
        return ""


def _written(jid: str, name: str) -> str:
    user, _at, host = jid.partition("@")
    number = f"+{user}" if host == "c.us" and user.isdigit() else jid
    return f"{number} ({name})" if name else number
