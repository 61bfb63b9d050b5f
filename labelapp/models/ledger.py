"""Why things are as they are (the ledger), and what live screens follow (the changes)."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.models.chats import Chat
from labelapp.models.instances import Instance
from labelapp.models.labels import Label


class Source(models.TextChoices):
    """Who or what caused a change."""

    AGENT = "agent", _("Agent")
    PHONE = "phone", _("Phone")
    RULE = "rule", _("Rule")
    BULK = "bulk", _("Bulk run")
    API = "api", _("API")
    EVENT = "event", _("Business event")
    TIMER = "timer", _("Timer")
    RECONCILE = "reconcile", _("Reconcile")
    IMPORT = "import", _("Import")


class Verb(models.TextChoices):
    """What was done."""

    ADD = "add", _("added")
    REMOVE = "remove", _("removed")
    FAIL = "fail", _("could not be applied")
    KEEP = "keep", _("stays, because the new stage failed")
    LABEL_CREATE = "label.create", _("created the label")
    LABEL_UPDATE = "label.update", _("changed the label")
    LABEL_DELETE = "label.delete", _("deleted the label")
    GROUP = "group", _("changed the groups of labels")
    IMPORT = "import", _("imported the number")
    MERGE = "merge", _("joined two addresses of one person")
    IGNORE = "ignore", _("left a difference as it is")
    ACCOUNT = "account", _("decided about another account")
    ASSIGN = "assign", _("changed who looks after the chat")
    TIMER = "timer", _("set a timer")
    TIMER_END = "timer.end", _("ended a timer")
    TIMER_CALL = "timer.call", _("told somebody that a time has come")


class LedgerEntry(models.Model):
    """One change and its cause. Append-only."""

    instance = models.ForeignKey(Instance, models.PROTECT, related_name="ledger")
    chat = models.ForeignKey(Chat, models.PROTECT, null=True, blank=True, related_name="ledger")
    label = models.ForeignKey(Label, models.PROTECT, null=True, blank=True, related_name="ledger", db_index=False)
    verb = models.CharField(max_length=16, choices=Verb.choices)
    source = models.CharField(max_length=12, choices=Source.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    person = models.ForeignKey(  # whom a chat was given to
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    cause = models.CharField(max_length=300, blank=True)  # e.g. the rule's name, the event's id, the provider's words
    depth = models.PositiveSmallIntegerField(default=0)  # how many rules one after the other led to it
    rule = models.ForeignKey("Rule", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        indexes: ClassVar = [
            models.Index(fields=["chat", "-at"], name="ledger_of_chat"),
            models.Index(fields=["-at"], name="ledger_walk"),
            models.Index(fields=["label", "-at"], name="ledger_of_label"),
            models.Index(fields=["actor", "-id"], name="ledger_of_actor"),
            models.Index(fields=["source", "chat"], condition=models.Q(verb="add"), name="ledger_added_by"),
            models.Index(fields=["rule", "-id"], condition=models.Q(rule__isnull=False), name="ledger_of_rule"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.label_id} {self.chat_id}"


class Change(models.Model):
    """A notice for live screens: something about this chat, the labels or the number is new."""

    class Kind(models.TextChoices):
        CHAT = "chat"  # its chips, its name, who looks after it
        MESSAGE = "message"  # its last message, and so its place in the list
        LABELS = "labels"  # the directory
        INSTANCE = "instance"  # status, import progress
        LOOKERS = "lookers"  # somebody opened or left the chat
        NOTICE = "notice"  # the person is to be told of something

    instance = models.ForeignKey(Instance, models.CASCADE, related_name="+", db_index=False)
    chat = models.ForeignKey(Chat, models.CASCADE, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    user = models.ForeignKey(  # whose screens alone follow it
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        indexes: ClassVar = [models.Index(fields=["at"], name="change_age")]

    def __str__(self) -> str:
        return f"{self.kind} {self.chat_id}"
