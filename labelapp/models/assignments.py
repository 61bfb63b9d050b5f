"""One label on one chat: what our users want, what was seen at the provider, and how far the wish has come."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from labelapp.models.chats import Chat
from labelapp.models.fields import never
from labelapp.models.labels import Label
from labelapp.models.reasons import sentence


class Receipt(models.TextChoices):
    """How far a wish has come. Stored, never derived from wanted and remote."""

    PENDING = "pending", _("Waiting to be sent")
    SENT = "sent", _("Sent, not yet confirmed")
    CONFIRMED = "confirmed", _("On WhatsApp, confirmed")
    FAILED = "failed", _("Not applied")


OPEN = (Receipt.PENDING, Receipt.SENT)


class ChatLabelQuerySet(models.QuerySet["ChatLabel"]):
    def shown(self) -> "ChatLabelQuerySet":
        """Pairs that have a chip: wanted, or still seen at the provider, or on their way. A dead label shows only what it failed."""
        on_screen = models.Q(wanted=True) | models.Q(remote=True) | models.Q(receipt__in=[*OPEN, Receipt.FAILED])
        return self.filter(on_screen).filter(models.Q(label__deleted_at=None) | models.Q(receipt=Receipt.FAILED))

    def open(self) -> "ChatLabelQuerySet":
        """Pairs whose wish is neither confirmed nor given up."""
        return self.filter(receipt__in=OPEN)


class ChatLabel(models.Model):
    """A pair (chat, label).

    `wanted` is our users' wish, `remote` what was last seen at the provider (None: nothing yet). A pair is open from the wish until
    something seen after the last call for it ended (`sent_at`) equals the wish. `due_at` says when the push lane has to look at
    the pair again: to call (pending), to read back (sent), or to re-read in doubt (confirmed); None means nothing to do.
    """

    chat = models.ForeignKey(Chat, models.PROTECT, related_name="assignments", db_index=False)
    label = models.ForeignKey(Label, models.PROTECT, related_name="assignments", db_index=False)
    last_message_at = models.DateTimeField(default=never)  # copied from the chat: the walk index is in answer order
    wanted = models.BooleanField(default=False)
    remote = models.BooleanField(null=True, default=None)
    receipt = models.CharField(max_length=10, choices=Receipt.choices, default=Receipt.CONFIRMED)
    wanted_at = models.DateTimeField(default=never)
    called_at = models.DateTimeField(null=True, blank=True)  # the last call was claimed then
    sent_at = models.DateTimeField(null=True, blank=True)  # the last call ended then
    remote_at = models.DateTimeField(default=never)  # `remote` was last seen then, by our clock
    confirmed_at = models.DateTimeField(null=True, blank=True)
    event_at = models.DateTimeField(default=never)  # emission time of the pair's last event
    event_id = models.CharField(max_length=80, blank=True, default="")
    due_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True, default="")
    priority = models.PositiveSmallIntegerField(default=0)  # 0 = an agent's click, goes first
    waits_for = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="holds_back")

    objects = ChatLabelQuerySet.as_manager()

    class Meta:
        verbose_name = _("label on a chat")
        verbose_name_plural = _("labels on chats")
        constraints: ClassVar = [models.UniqueConstraint(fields=["chat", "label"], name="pair_once")]
        indexes: ClassVar = [
            models.Index(
                fields=["label", "-last_message_at", "-chat"], condition=models.Q(wanted=True), name="pair_walk"
            ),
            models.Index(fields=["label", "chat"], name="pair_by_label"),
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="pair_due"),
            models.Index(
                fields=["label"], condition=models.Q(receipt__in=["pending", "sent", "failed"]), name="pair_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.chat_id}:{self.label_id}={self.wanted} ({self.receipt})"

    @property
    def is_open(self) -> bool:
        return self.receipt in OPEN

    @property
    def in_flight(self) -> bool:
        """A call was claimed and its end is not recorded."""
        return self.called_at is not None and (self.sent_at is None or self.called_at > self.sent_at)

    @property
    def reason(self) -> str:
        """Why the wish failed or waits, as a sentence in the active language; "" when there is nothing to say."""
        return sentence(self.error) if self.error else ""
