"""A desk of `tests.faults.workers` that gives labels times which come soon, and tells what has become of them."""

from collections import Counter
from datetime import timedelta

import django

django.setup()

from django.utils import timezone  # noqa: E402

from labelapp.actions.actor import Actor  # noqa: E402
from labelapp.actions.identity import addresses_of  # noqa: E402
from labelapp.actions.timers import Alarm, Then, set_timer  # noqa: E402
from labelapp.models import Chat, ChatLabel, Instance, Label, LabelTimer, LedgerEntry, Notice, User  # noqa: E402
from tests.faults.workers import answer_orders  # noqa: E402

chosen: list[Chat] = []


def begin(count: int, seconds: float) -> dict[int, list[str]]:
    """VIP on so many chats, until a moment within so many seconds: a third each comes off, turns into On hold, calls the agent. The
    chats' addresses."""
    labels = {label.name: label for label in Label.objects.living().filter(instance__slug="demo")}
    agent = User.objects.get(username="agent")
    ways = [
        {"then": Then.REMOVE},
        {"then": Then.TURN, "turn_into": labels["On hold"].pk},
        {"then": Then.CALL, "call": agent},
    ]
    Instance.objects.filter(slug="demo").update(pace=500)
    hold = ChatLabel.objects.filter(label=labels["On hold"], wanted=True).values("chat")
    chosen[:] = Chat.objects.filter(instance__slug="demo").exclude(pk__in=hold).order_by("pk")[:count]
    now = timezone.now()
    for n, chat in enumerate(chosen):
        alarm = Alarm(now + timedelta(seconds=5 + n * seconds / count), **ways[n % 3])  # type: ignore[arg-type]
        set_timer(Actor.of(agent), chat, labels["VIP"], alarm)
    return addresses_of(chosen)


def waiting() -> int:
    """Times that have not come, or of which nothing was made."""
    return LabelTimer.objects.filter(rang_at=None).count()


def report() -> dict[str, object]:
    """`held`: what each chosen chat wants, by WhatsApp's ids, in the order in which they were chosen. `done`: how often a timer did each
    thing in a chat, and how many chats there are of that."""
    held: dict[int, list[str]] = {chat.pk: [] for chat in chosen}
    for chat, wa_id in ChatLabel.objects.filter(chat__in=held, wanted=True).values_list("chat", "label__wa_id"):
        held[chat].append(wa_id)
    entries = LedgerEntry.objects.filter(source="timer", chat__in=held).values_list("chat", "label__name", "verb")
    each = Counter(entries)
    told = Counter(Notice.objects.filter(chat__in=held).values_list("chat", flat=True))
    return {
        "open": ChatLabel.objects.open().count(),
        "held": held,
        "most": max(each.values(), default=0),
        "verbs": dict(Counter(verb for _chat, _label, verb in each)),
        "told": sorted(told.values()),
    }


if __name__ == "__main__":
    answer_orders({"begin": begin, "waiting": waiting, "report": report})
