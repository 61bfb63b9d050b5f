"""What has become certain, for whoever acts upon it: rules, outgoing hooks, people who want to know."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.models.chats import Chat, Message
from labelapp.models.instances import Instance
from labelapp.models.labels import Label
from labelapp.models.ledger import Source


class Fact(models.Model):
    """One thing that is so, told once, whichever way it became known. Written in the transaction that makes it certain.

    data   what the kind needs beside the columns: `label.renamed` the former name, `run.finished` its tally, `caught.up` how many
           labels came and went while nobody listened
    depth  how many rules one after the other led to it: 0 for what people, phones and programs did
    """

    class Kind(models.TextChoices):
        LABEL_ADDED = "label.added", _("label added")  # it is on the chat at WhatsApp
        LABEL_REMOVED = "label.removed", _("label removed")
        MESSAGE_IN = "message.in", _("message from the customer")
        MESSAGE_OUT = "message.out", _("message to the customer")
        CHAT_CREATED = "chat.created", _("new chat")
        LABEL_CREATED = "label.created", _("label created")
        LABEL_RENAMED = "label.renamed", _("label renamed")
        LABEL_DELETED = "label.deleted", _("label deleted")
        RUN_FINISHED = "run.finished", _("bulk run finished")
        BUSINESS = "event", _("business event")
        CAUGHT_UP = "caught.up", _("changes while nobody listened")

    instance = models.ForeignKey(Instance, models.PROTECT, related_name="facts", db_index=False)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    chat = models.ForeignKey(Chat, models.CASCADE, null=True, related_name="+")
    label = models.ForeignKey(Label, models.PROTECT, null=True, related_name="+", db_index=False)
    message = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="+")
    source = models.CharField(max_length=12, choices=Source.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    cause = models.CharField(max_length=300, blank=True, default="")
    depth = models.PositiveSmallIntegerField(default=0)
    rule = models.ForeignKey("Rule", models.SET_NULL, null=True, related_name="+")  # the one that caused it
    data = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("fact")
        verbose_name_plural = _("facts")
        indexes: ClassVar = [
            # the middle column holds one value: without it SQLite walks all of the number's facts instead
            models.Index(
                fields=["instance", "handled_at", "id"], condition=models.Q(handled_at=None), name="fact_waiting"
            ),
            models.Index(fields=["at"], name="fact_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.chat_id} {self.label_id}"
