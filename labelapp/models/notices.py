"""What people want to be told of, and what they were told."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.models.chats import Chat
from labelapp.models.instances import Instance
from labelapp.models.labels import Label
from labelapp.models.people import User


class NoticeSettings(models.Model):
    """How a person is told. Without a row: quietly, at any hour."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="notice_settings"
    )
    sound = models.BooleanField(_("a sound"), default=False)
    desktop = models.BooleanField(_("on the desktop as well"), default=False)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)  # in the person's zone; both or none
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)

    class Meta:
        verbose_name = _("notification settings")
        verbose_name_plural = _("notification settings")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(quiet_from=None, quiet_until=None)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="notice_quiet_both",
            )
        ]

    def __str__(self) -> str:
        return str(self.user_id)

    def is_quiet(self, moment: datetime) -> bool:
        """Whether the person wants to hear only of what is urgent. A quiet time may go over midnight."""
        if self.quiet_from is None or self.quiet_until is None:
            return False
        now = timezone.localtime(moment, self.user.zone).time()
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= now < self.quiet_until
        return now >= self.quiet_from or now < self.quiet_until


class Subscription(models.Model):
    """Something that a person wants to know of: a label (a stage is one) put on a chat, or a chat that a query begins to find.

    terms  a query in its kept form; told when a message, a label or a new chat is about a chat that it finds
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="subscriptions", db_index=False)
    label = models.ForeignKey(Label, models.CASCADE, null=True, blank=True, related_name="+")
    terms = models.JSONField(default=list, blank=True)
    text = models.CharField(max_length=500, blank=True, default="")  # the query as it was written
    urgent = models.BooleanField(_("urgent"), default=False)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "label"], name="subscription_label_once"),
            models.UniqueConstraint(
                fields=["user", "text"], condition=models.Q(label=None), name="subscription_query_once"
            ),
            models.CheckConstraint(
                condition=models.Q(label=None) & ~models.Q(text="") | models.Q(label__isnull=False, text=""),
                name="subscription_of_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return self.text or str(self.label)


class Notice(models.Model):
    """A person is to be told of a chat, once. `shown_at`: one of their open pages took it, to show it to them.

    words  what it is about: the name of a label, a query, what a rule says
    hushed it came in their quiet hours: it is in the list, and nothing else
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="notices", db_index=False)
    instance = models.ForeignKey(Instance, models.CASCADE, related_name="+", db_index=False)
    chat = models.ForeignKey(Chat, models.CASCADE, related_name="+")
    label = models.ForeignKey(Label, models.SET_NULL, null=True, related_name="+", db_index=False)
    fact = models.BigIntegerField(null=True)
    words = models.CharField(max_length=200)
    urgent = models.BooleanField(default=False)
    hushed = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now)
    shown_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "fact"], name="notice_once")]
        indexes: ClassVar = [
            models.Index(fields=["user", "-id"], name="notice_walk"),
            models.Index(fields=["user", "id"], condition=models.Q(shown_at=None), name="notice_waiting"),
            models.Index(fields=["at"], name="notice_age"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}:{self.chat_id} {self.words}"
