"""People are told of chats they want to know of: a consequence of the facts lane. Nothing of it ever reaches the customer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from labelapp.actions.notices import wake
from labelapp.models import Change, Chat, Fact, Instance, Label, Notice, NoticeSettings, Subscription, User
from labelapp.queries.finding import Finders
from labelapp.queries.loud import loud
from labelapp.queries.people import may_see

Kind = Fact.Kind
ABOUT_CHATS = {Kind.LABEL_ADDED, Kind.LABEL_REMOVED, Kind.MESSAGE_IN, Kind.CHAT_CREATED}
MINUTE = timedelta(minutes=1)
MANY = 5  # in a minute: more come as one
LATE = timedelta(minutes=10)  # what waited so long for an open page is in the list, and nothing else
MOST = 200


def write_notices(instance: Instance, facts: Sequence[Fact]) -> None:
    """Write what people who subscribed are to be told of these facts: each person of a fact once, never of what they did themselves."""
    mine = Q(label__instance=instance) | Q(label=None)
    subscriptions = list(Subscription.objects.filter(mine, user__is_active=True).select_related("user").order_by("pk"))
    told = [fact for fact in loud(facts) if fact.kind in ABOUT_CHATS and fact.chat] if subscriptions else []
    if not told:
        return
    finders, sees = Finders(instance), _Sees(instance)
    found: dict[tuple[int, int], Notice] = {}
    for fact in told:
        for one in subscriptions:
            if fact.actor_id != one.user_id and _asks_for(one, fact, finders) and sees(one.user):
                notice = found.setdefault((one.user_id, fact.pk), _notice(one, fact))
                notice.urgent |= one.urgent
    _write(instance, found.values())


def notify(
    people: Iterable[User],
    chat: Chat,
    words: str,
    *,
    label: Label | None = None,
    urgent: bool = False,
    of: int | None = None,
) -> int:
    """Tell these people of a chat, for rules and clocks, in their transaction. Those who may not see it are not told. Returns how many.

    `of`: the fact that led to it; a person is told of a fact once.
    """
    told = [
        Notice(user=user, instance=chat.instance, chat=chat, label=label, fact=of, words=words[:200], urgent=urgent)
        for user in people
        if may_see(user, chat.instance)
    ]
    return _write(chat.instance, told)


class _Sees:
    """Whether people may see the number. Each is asked for once."""

    def __init__(self, instance: Instance) -> None:
        self.instance, self._known = instance, dict[int, bool]()

    def __call__(self, user: User) -> bool:
        if user.pk not in self._known:
            self._known[user.pk] = may_see(user, self.instance)
        return self._known[user.pk]


def _asks_for(one: Subscription, fact: Fact, finders: Finders) -> bool:
    if one.label_id is not None:
        return fact.kind == Kind.LABEL_ADDED and fact.label_id == one.label_id
    assert fact.chat is not None  # noqa: S101  # of ABOUT_CHATS, as the caller saw
    return finders.of(("subscription", one.pk), one.user, one.terms).finds(fact.chat)


def _notice(one: Subscription, fact: Fact) -> Notice:
    label = fact.label if one.label_id is not None else None
    words = str(label) if label is not None else one.text
    about = {"instance_id": fact.instance_id, "chat_id": fact.chat_id, "label": label, "fact": fact.pk}
    return Notice(user=one.user, words=words[:200], **about)


def _write(instance: Instance, notices: Iterable[Notice]) -> int:
    """In their quiet hours people are told of what is urgent alone; the rest is in their list."""
    rows, now = list(notices), timezone.now()
    settings = NoticeSettings.objects.select_related("user").in_bulk([row.user_id for row in rows])
    for row in rows:
        own = settings.get(row.user_id)
        row.hushed = not row.urgent and own is not None and own.is_quiet(now)
        row.shown_at = now if row.hushed else None
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    _raise_to_urgent(row for row in rows if row.urgent)
    loud_ones = {row.user_id for row in rows if not row.hushed}
    Change.objects.bulk_create(
        Change(instance=instance, kind=Change.Kind.NOTICE, user_id=user) for user in sorted(loud_ones)
    )
    if loud_ones:
        wake()
    return len(rows)


def _raise_to_urgent(rows: Iterable[Notice]) -> None:
    """A person is told of a fact once: where another reason had them told quietly, and no page has shown it yet, it is urgent now."""
    people: dict[int, list[int]] = {}
    for row in rows:
        if row.fact is not None:
            people.setdefault(row.fact, []).append(row.user_id)
    for fact, users in people.items():
        before = Notice.objects.filter(Q(hushed=True) | Q(shown_at=None), fact=fact, user__in=users, urgent=False)
        before.update(urgent=True, hushed=False, shown_at=None)


@dataclass(frozen=True, slots=True)
class Taken:
    """What a page is to show: some one by one, and the others as one sentence."""

    each: list[Notice]
    together: list[Notice]


@transaction.atomic
def take_notices(user: User) -> Taken:
    """What a person is to be told of now, for the one page that asks first: it is told nowhere else. Safe to run twice at once.

    More than MANY in a minute come together, but urgent ones. What is late, or about a number that they may not see any more, is left
    in their list.
    """
    now = timezone.now()
    waiting = Notice.objects.select_for_update(skip_locked=True, no_key=True, of=("self",)).filter(
        user=user, shown_at=None
    )
    rows = list(waiting.select_related("chat", "label").order_by("pk")[:MOST])
    recent = Notice.objects.filter(user=user, shown_at__gt=now - MINUTE, hushed=False).count() if rows else 0
    Notice.objects.filter(pk__in=[row.pk for row in rows]).update(shown_at=now)
    numbers = {row.instance_id for row in rows}
    seen = set(Instance.objects.visible_to(user).filter(pk__in=numbers).values_list("pk", flat=True)) if rows else set()
    fresh = [row for row in rows if row.at > now - LATE and row.instance_id in seen]
    if recent + len(fresh) <= MANY:
        return Taken(fresh, [])
    urgent = [row for row in fresh if row.urgent][:MANY]
    return Taken(urgent, [row for row in fresh if row not in urgent])
