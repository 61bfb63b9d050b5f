"""Who has a chat open on a screen."""

from datetime import timedelta

from django.utils import timezone

from labelapp.models import Chat, Looker

# A screen speaks every 30 s, and its word is written up to 8 s later: one that falls silent is gone within a minute
AT_IT = timedelta(seconds=50)


def lookers(chat: Chat) -> list[Looker]:
    """The signs of life at a chat, with their people, who came first first. One query."""
    fresh = Looker.objects.filter(chat=chat, seen_at__gt=timezone.now() - AT_IT, user__is_active=True)
    return list(fresh.select_related("user").order_by("pk"))
