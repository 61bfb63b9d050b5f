"""What a person follows, and was told of."""

from labelapp.models import Instance, Notice, NoticeSettings, Subscription, User

SHOWN = 50


def subscriptions_of(user: User) -> list[Subscription]:
    """What the person follows. One query."""
    rows = Subscription.objects.filter(user=user).select_related("label__instance", "label__group")
    return list(rows.order_by("pk"))


def last_notices(user: User) -> list[Notice]:
    """What the person was told of last, of numbers that they may see. The newest first."""
    seen = Instance.objects.visible_to(user)
    rows = Notice.objects.filter(user=user, instance__in=seen).select_related("chat", "label", "instance")
    return list(rows.order_by("-pk")[:SHOWN])


def settings_of(user: User) -> NoticeSettings:
    """How the person is told; unsaved where they never said."""
    return NoticeSettings.objects.filter(user=user).first() or NoticeSettings(user=user)
