"""Who looks after a chat. Known to labelapp only: WhatsApp hears nothing of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.listing import in_turns
from labelapp.actions.notices import enter_all, entry, note
from labelapp.actions.pairs import lock_chat
from labelapp.actions.transactions import patient
from labelapp.models import Change, Chat, Instance, LedgerEntry, Source, User, Verb
from labelapp.models.reasons import Reason
from labelapp.queries.people import may_see

MOST_AT_ONCE = 2000  # chats that change hands in one request


@patient
def assign(actor: Actor, chat: Chat, person: User | None) -> Chat:
    """Give a chat to a person, or with None to nobody. Safe to run twice.

    Raises NotAllowed, and Refused (422) for somebody who may not see the number.
    """
    return hand(actor, lock_chat(chat.pk), person)


def hand(actor: Actor, chat: Chat, person: User | None) -> Chat:
    """The same of a chat that the caller has locked."""
    actor.must("apply_labels")
    _must_see(person, chat.instance)
    if chat.assignee_id != (person.pk if person else None):
        _hand_over(actor, [chat], person)
    return chat


def _must_see(person: User | None, number: Instance) -> None:
    if person is not None and not may_see(person, number):
        raise Refused(_("%(name)s may not see this number.") % {"name": person.display_name})


@dataclass(frozen=True, slots=True)
class Given:
    """Chats that went from one person to another (None: nobody), and the newest ledger row when that was over."""

    chats: tuple[int, ...]
    before: int | None
    now: int | None
    entry: int


def assign_many(actor: Actor, pks: Sequence[int], person: User | None) -> list[Given]:
    """Give these chats to a person, or with None to nobody: in short transactions, TURN chats each. Safe to run twice.

    Returns what changed. Raises as `assign`, before anything is changed, and Refused for more than MOST_AT_ONCE chats.
    """
    actor.must("apply_labels")
    if len(pks) > MOST_AT_ONCE:
        raise Refused(_("At most %(n)s chats can be assigned at once.") % {"n": MOST_AT_ONCE})
    for number in Instance.objects.filter(pk__in=Chat.objects.filter(pk__in=pks).values("instance")):
        _must_see(person, number)
    return [each for some in in_turns(pks) for each in _assign_some(actor, some, person)]


@patient
def _assign_some(actor: Actor, pks: Iterable[int], person: User | None) -> list[Given]:
    now = person.pk if person else None
    found: dict[tuple[int, int | None], list[Chat]] = {}
    for chat in Chat.objects.locked().filter(pk__in=pks):
        if chat.assignee_id != now:
            found.setdefault((chat.instance_id, chat.assignee_id), []).append(chat)
    for chats in found.values():
        _hand_over(actor, chats, person)
    last = LedgerEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return [Given(tuple(chat.pk for chat in chats), before, now, last) for (_n, before), chats in found.items()]


def give_back(actor: Actor, given: Given) -> int:
    """Give chats back to whoever had them before, but for those that somebody has given on since. Returns how many. Safe to run twice."""
    actor.must("apply_labels")
    before = User.objects.filter(pk=given.before, is_active=True).first() if given.before else None
    actor = Actor(actor.user, actor.source, Reason.UNDONE())
    return sum(_give_some_back(actor, some, given, before) for some in in_turns(given.chats))


@patient
def _give_some_back(actor: Actor, pks: Iterable[int], given: Given, person: User | None) -> int:
    newer = LedgerEntry.objects.filter(chat__in=pks, verb=Verb.ASSIGN, pk__gt=given.entry).values("chat")
    chats = Chat.objects.locked().filter(pk__in=pks, assignee=given.now).exclude(pk__in=newer)
    found: dict[int, list[Chat]] = {}
    for chat in chats:
        found.setdefault(chat.instance_id, []).append(chat)
    theirs = [some for some in found.values() if person is None or may_see(person, some[0].instance)]
    for some in theirs:
        _hand_over(actor, some, person)
    return sum(map(len, theirs))


def release_chats(instance: Instance | None = None) -> int:
    """Give back the chats (of all numbers, or of one) whose people were locked out or may not see the number any more.

    In short transactions. Safe to run twice. Returns how many.
    """
    held = Chat.objects.filter(assignee__isnull=False)
    if instance is not None:
        held = held.filter(instance=instance)
    homes = list(held.order_by().values_list("instance_id", "assignee_id").distinct())
    return sum(_release(number, person) for number, person in homes if person is not None)


def _release(number: int, person: int) -> int:
    user, instance = User.objects.get(pk=person), Instance.objects.get(pk=number)
    if may_see(user, instance):
        return 0
    cause = Reason.AWAY(user.display_name)
    chats = list(Chat.objects.filter(instance=instance, assignee=user).values_list("pk", flat=True))
    return sum(_release_some(Actor(None, Source.RECONCILE, cause), user, some) for some in in_turns(chats))


@patient
def _release_some(actor: Actor, user: User, pks: Iterable[int]) -> int:
    chats = list(Chat.objects.locked().filter(pk__in=pks, assignee=user))
    _hand_over(actor, chats, None)
    return len(chats)


def _hand_over(actor: Actor, chats: list[Chat], person: User | None) -> None:
    """The chats are of one number, and locked."""
    entries: list[LedgerEntry] = []
    for chat in chats:
        chat.assignee = person
        row = entry(actor, Verb.ASSIGN, chat=chat)
        row.person = person
        entries.append(row)
    Chat.objects.filter(pk__in=[chat.pk for chat in chats]).update(assignee=person)
    enter_all(entries)
    if chats:
        note(chats[0].instance_id, Change.Kind.CHAT, chats)
