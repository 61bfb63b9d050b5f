"""Times of labels as tests set them, and what comes when they are over."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from labelapp.actions.actor import Actor
from labelapp.actions.timers import Alarm, set_timer
from labelapp.lanes import timers
from labelapp.lanes.reach import Reach
from labelapp.models import Chat, ChatLabel, Instance, Label, LabelTimer, LedgerEntry, User
from tests.posted import fresh

HOUR = timedelta(hours=1)


def set_time(user: User, chat: Chat, label: Label, ahead: timedelta = HOUR, **more: Any) -> ChatLabel:
    """By a person at the screen. `more`: of the alarm."""
    return set_timer(Actor.of(user), chat, label, Alarm(timezone.now() + ahead, **more))


def pass_time(by: timedelta = HOUR) -> None:
    """The times that are set come so much earlier."""
    for timer in LabelTimer.objects.all():
        timer.due_at -= by
        timer.save(update_fields=["due_at"])


def run_timers(number: Instance) -> int:
    return timers.run_due(fresh(number), Reach())


def told(chat: Chat) -> list[tuple[str, str, str]]:
    """The chat's ledger, oldest first: verb, source, cause."""
    return list(LedgerEntry.objects.filter(chat=chat).order_by("pk").values_list("verb", "source", "cause"))
