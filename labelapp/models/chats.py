"""Chats, the addresses they are known by, what was said in them, and who has read it."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from labelapp.models.fields import NEVER, never
from labelapp.models.instances import Instance


class Chat(models.Model):
    """A person or a group. One row even if it is known by two addresses (`ChatAlias`)."""

    class Kind(models.TextChoices):
        PERSON = "person", _("Person")
        GROUP = "group", _("Group")

    instance = models.ForeignKey(Instance, models.PROTECT, related_name="chats")
    jid = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.PERSON)
    name = models.CharField(max_length=200, blank=True)
    last_message_at = models.DateTimeField(default=never)
    last_message_text = models.CharField(max_length=200, blank=True)
    last_message_media = models.CharField(max_length=16, blank=True)
    last_message_sender = models.CharField(max_length=200, blank=True)  # in a group: who wrote it
    last_message_from_me = models.BooleanField(default=False)
    last_in_at = models.DateTimeField(default=never)
    last_out_at = models.DateTimeField(default=never)
    archived = models.BooleanField(default=False)
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    labels_read_at = models.DateTimeField(default=never)  # when the chat's labels were last read from the provider

    class Meta:
        verbose_name = _("chat")
        verbose_name_plural = _("chats")
        constraints: ClassVar = [models.UniqueConstraint(fields=["instance", "jid"], name="chat_once")]
        indexes: ClassVar = [models.Index(fields=["instance", "-last_message_at", "-id"], name="chat_walk")]

    def __str__(self) -> str:
        return self.title

    @property
    def phone(self) -> str:
        """The customer's number as people write it, "" for groups and hidden numbers."""
        digits, _at, host = self.jid.partition("@")
        return f"+{digits}" if host == "c.us" and digits.isdigit() else ""

    @property
    def title(self) -> str:
        """What the list shows: the name, else the number, else the address."""
        return self.name or self.phone or self.jid

    @property
    def is_group(self) -> bool:
        return self.kind == self.Kind.GROUP

    @property
    def is_unanswered(self) -> bool:
        """Whether the customer spoke last. Depends on no order of arrival and on nobody having looked."""
        return self.last_in_at > self.last_out_at

    @property
    def waiting_since(self) -> datetime | None:
        """When the customer's last unanswered message came, None when nothing waits."""
        return self.last_in_at if self.is_unanswered and self.last_in_at != NEVER else None


class ChatAlias(models.Model):
    """An address of a chat. A chat's own `jid` is one of its aliases, so look-ups read this table only."""

    instance = models.ForeignKey(Instance, models.PROTECT, related_name="+")
    jid = models.CharField(max_length=80)
    chat = models.ForeignKey(Chat, models.CASCADE, related_name="aliases")

    class Meta:
        verbose_name = _("address of a chat")
        verbose_name_plural = _("addresses of chats")
        constraints: ClassVar = [models.UniqueConstraint(fields=["instance", "jid"], name="alias_once")]

    def __str__(self) -> str:
        return self.jid


class Message(models.Model):
    """A message, kept MESSAGE_DAYS for the chat panel and search. Read only: labelapp sends nothing."""

    instance = models.ForeignKey(Instance, models.PROTECT, related_name="+")
    wa_id = models.CharField(max_length=160)
    chat = models.ForeignKey(Chat, models.CASCADE, related_name="messages")
    at = models.DateTimeField(default=never)
    from_me = models.BooleanField(default=False)
    sender = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    media = models.CharField(max_length=16, blank=True)
    source = models.CharField(max_length=8, blank=True)  # app or api: tells people from bots, for our own messages

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints: ClassVar = [models.UniqueConstraint(fields=["instance", "wa_id"], name="message_once")]
        indexes: ClassVar = [
            models.Index(fields=["chat", "-at"], name="message_walk"),
            models.Index(fields=["at"], name="message_age"),
        ]

    def __str__(self) -> str:
        return self.wa_id


class ChatRead(models.Model):
    """Up to when a person has looked at a chat. Takes the bold off that person's screen only."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    chat = models.ForeignKey(Chat, models.CASCADE, related_name="reads")
    at = models.DateTimeField(default=never)

    class Meta:
        verbose_name = _("read mark")
        verbose_name_plural = _("read marks")
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "chat"], name="read_once")]

    def __str__(self) -> str:
        return f"{self.user_id}:{self.chat_id}"
