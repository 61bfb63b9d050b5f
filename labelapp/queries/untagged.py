"""How many chats carry no label."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from labelapp.models import Chat, ChatLabel, Instance

CAP = 10_000  # the newest chats are looked at: a number may have a million


@dataclass(frozen=True, slots=True)
class Untagged:
    """Of `total` chats, the newest ones where there are more than CAP (`is_part`), so many carry no label."""

    count: int
    total: int
    is_part: bool

    @property
    def percent(self) -> int:
        return round(100 * self.count / self.total) if self.total else 0

    @property
    def tagged(self) -> int:
        """Percent of those that carry one or more."""
        return 100 - self.percent if self.total else 0


def untagged(number: Instance) -> Untagged:
    """Two queries."""
    newest = Chat.objects.filter(instance=number).order_by("-last_message_at", "-pk")
    total = newest[: CAP + 1].count()
    held = ChatLabel.objects.filter(chat=OuterRef("pk"), wanted=True)
    bare = Chat.objects.filter(~Exists(held), pk__in=newest.values("pk")[:CAP]).count()
    return Untagged(bare, min(total, CAP), total > CAP)
