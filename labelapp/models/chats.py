"""Chats, the addresses they are known by, what was said in them, and who has read it."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from labelapp.models.effects import Effect
from labelapp.models.fields import NEVER, never
from labelapp.models.folded import FoldedField
from labelapp.models.holds import HeldDirectory
from labelapp.models.instances import Instance

UNANSWERED = models.Q(last_in_at__gt=models.F("last_out_at"))


class ChatQuerySet(models.QuerySet["Chat"]):
    def locked(self) -> "ChatQuerySet":
        """The rows locked, in one order: whoever changes what a chat carries holds it. Labels stay alive as long (`HeldDirectory`)."""
        rows = self.select_for_update(no_key=True).order_by("pk")
        return rows.annotate(held=HeldDirectory()) if connection.vendor == "postgresql" else rows


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
    archived_event_at = models.DateTimeField(default=never)  # when the news that `archived` follows was emitted
    archived_event_id = models.CharField(max_length=80, blank=True, default="")
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    labels_read_at = models.DateTimeField(default=never)  # when the chat's labels were last read from the provider
    reading_due_at = models.DateTimeField(null=True, blank=True)  # somebody opened it: its labels should be read again

    objects = ChatQuerySet.as_manager()

    class Meta:
        verbose_name = _("chat")
        verbose_name_plural = _("chats")
        constraints: ClassVar = [models.UniqueConstraint(fields=["instance", "jid"], name="chat_once")]
        indexes: ClassVar = [
            models.Index(fields=["instance", "-last_message_at", "-id"], name="chat_walk"),
            models.Index(
                fields=["instance", "reading_due_at"],
                condition=models.Q(reading_due_at__isnull=False),
                name="chat_to_read",
            ),
            # What may be rare among many: walked in the order of the list without looking at all the others
            models.Index(fields=["instance", "last_in_at", "id"], condition=UNANSWERED, name="chat_waiting"),
            models.Index(fields=["instance", "-last_message_at", "-id"], condition=UNANSWERED, name="chat_unanswered"),
            models.Index(
                fields=["instance", "-last_message_at", "-id"], condition=models.Q(archived=True), name="chat_archived"
            ),
            models.Index(
                fields=["instance", "-last_message_at", "-id"], condition=models.Q(kind="group"), name="chat_groups"
            ),
            models.Index(
                fields=["assignee", "instance", "-last_message_at", "-id"],
                condition=models.Q(assignee__isnull=False),
                name="chat_assigned",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def hear_archive(self, archived: bool, *, at: datetime, event_id: str = "") -> Effect:
        """What news of the archive changes, in memory. The last by (time, id) decides, in whatever order they come, however often."""
        if (at, event_id) <= (self.archived_event_at, self.archived_event_id):
            return Effect.SAME if archived == self.archived else Effect.OLDER
        self.archived_event_at, self.archived_event_id = at, event_id
        if archived == self.archived:
            return Effect.SAME
        self.archived = archived
        return Effect.CHANGED

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

    def is_unread(self, read_at: datetime) -> bool:
        """Whether a message of the customer that waits is news to a person who has read up to `read_at`."""
        since = self.waiting_since
        return since is not None and read_at < since


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


class ChatText(models.Model):
    """By what a chat is found beside its messages. Not a column of the chat: each message moves that, and PostgreSQL would then
    write all its trigrams anew. Written by `actions/texts.py` alone.

    `text` is folded: each word of the name and the digits of each address behind `^^`, so that what begins a word is a trigram too,
    then the preview where no stored message says it.
    """

    chat = models.OneToOneField(Chat, models.CASCADE, primary_key=True, related_name="search")
    text = models.TextField()
    has_preview = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("text of a chat")
        verbose_name_plural = _("texts of chats")

    def __str__(self) -> str:
        return self.text


class MergedChat(models.Model):
    """Where a chat went that turned out to be another address of somebody known: old pages and links lead on."""

    old = models.PositiveBigIntegerField(primary_key=True)  # the primary key that the chat had
    chat = models.ForeignKey(Chat, models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("merged chat")
        verbose_name_plural = _("merged chats")

    def __str__(self) -> str:
        return f"{self.old}:{self.chat_id}"


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
    search_text = FoldedField(of=["sender", "text"])  # in a group people look for who wrote it, too

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


class Looker(models.Model):
    """Somebody who has the chat open on a screen. A sign of life, as old as `seen_at`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    chat = models.ForeignKey(Chat, models.CASCADE, related_name="+", db_index=False)
    seen_at = models.DateTimeField(default=never)

    class Meta:
        verbose_name = _("person at a chat")
        verbose_name_plural = _("people at chats")
        constraints: ClassVar = [models.UniqueConstraint(fields=["chat", "user"], name="looker_once")]

    def __str__(self) -> str:
        return f"{self.user_id}:{self.chat_id}"


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
