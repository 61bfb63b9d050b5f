"""What classifiers outside are asked about messages."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.models.chats import Chat
from labelapp.models.fields import never
from labelapp.models.instances import Instance
from labelapp.models.outgoing import OutgoingHook
from labelapp.models.rules import Rule


class Ask(models.Model):
    """A message that a rule has a classifier look at: waiting while `due_at` is set, over once `ended_at` is.

    fact    what made the rule fire; it asks about each fact once
    body    exactly what is posted, and signed; emptied when it is over, because it holds what the customer wrote
    depth   how many rules one after the other led to it, without its own
    reason  why there was no use in the last answer, as stored by `Reason`
    """

    class Outcome(models.TextChoices):
        WAITING = "", _("waiting")
        ANSWERED = "answered", _("answered")
        FAILED = "failed", _("given up")

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="+", db_index=False)
    hook = models.ForeignKey(OutgoingHook, models.CASCADE, related_name="+")
    instance = models.ForeignKey(Instance, models.PROTECT, related_name="+", db_index=False)
    chat = models.ForeignKey(Chat, models.CASCADE, related_name="+")
    fact = models.BigIntegerField(null=True)
    message_id = models.CharField(max_length=40)
    body = models.TextField()
    depth = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    tried_at = models.DateTimeField(default=never)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True, default=Outcome.WAITING)
    reason = models.CharField(max_length=300, blank=True, default="")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("question to a classifier")
        verbose_name_plural = _("questions to classifiers")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rule", "fact"], name="ask_once"),
            models.CheckConstraint(
                condition=models.Q(outcome="", ended_at=None) | ~models.Q(outcome="") & models.Q(due_at=None, body=""),
                name="ask_ends_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["instance", "due_at"], condition=models.Q(outcome=""), name="ask_due"),
            models.Index(fields=["made_at"], name="ask_age"),
        ]

    def __str__(self) -> str:
        return self.message_id
