"""One label on one chat: what our users want, what was seen at the provider, and how far the wish has come."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from labelapp.models.chats import Chat
from labelapp.models.effects import Effect
from labelapp.models.fields import NEVER, never
from labelapp.models.labels import Label
from labelapp.models.reasons import sentence

DOUBT = timedelta(seconds=60)  # what contradicts a confirmation so soon after it is asked again, not believed
CLOCKS = timedelta(seconds=5)  # how far the provider's clock and ours may be apart


class Receipt(models.TextChoices):
    """How far a wish has come. Stored, never derived from wanted and remote."""

    PENDING = "pending", _("Waiting to be sent")
    SENT = "sent", _("Sent, not yet confirmed")
    CONFIRMED = "confirmed", _("On WhatsApp, confirmed")
    FAILED = "failed", _("Not applied")


OPEN = (Receipt.PENDING, Receipt.SENT)
UNTOLD = models.Q(receipt="confirmed") & ~models.Q(wanted=models.F("told"))  # it is certain, and nobody was told


class ChatLabelQuerySet(models.QuerySet["ChatLabel"]):
    def shown(self) -> "ChatLabelQuerySet":
        """Pairs that have a chip: wanted, or still seen at the provider, or on their way. A dead label shows only what it failed."""
        on_screen = models.Q(wanted=True) | models.Q(remote=True) | models.Q(receipt__in=[*OPEN, Receipt.FAILED])
        return self.filter(on_screen).filter(models.Q(label__deleted_at=None) | models.Q(receipt=Receipt.FAILED))

    def untold(self) -> "ChatLabelQuerySet":
        """Pairs that are settled otherwise than rules, hooks and people were told."""
        return self.filter(UNTOLD)

    def open(self) -> "ChatLabelQuerySet":
        """Pairs whose wish is neither confirmed nor given up."""
        return self.filter(receipt__in=OPEN)


class ChatLabel(models.Model):
    """A pair (chat, label).

    `wanted` is our users' wish, `remote` what was last seen at the provider (None: nothing yet). A pair is open from the wish until
    something seen after the last call for it ended (`sent_at`) equals the wish. `due_at` says when the push lane has to look at
    the pair again: to call (pending), to read back (sent), or to re-read in doubt (confirmed); None means nothing to do.

    The methods change the row in memory only; `actions.pairs` and `actions.folding` write it, with the ledger and the counts.
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
    forced = models.BooleanField(default=False)  # the open wish is written even where the provider says that it is so
    priority = models.PositiveSmallIntegerField(default=0)  # 0 = an agent's click, goes first
    held_at = models.DateTimeField(null=True, blank=True)  # an old wish: from then on it waits for a person's word
    missed_at = models.DateTimeField(null=True, blank=True)  # both lists agreed first in this cycle that it is gone
    doubted_at = models.DateTimeField(null=True, blank=True)  # the label's list lacked it first, the chat's did not
    ignored_at = models.DateTimeField(null=True, blank=True)  # left as it is; over once `wanted_at` is later
    contradicted_at = models.DateTimeField(null=True, blank=True)  # an event said the opposite of `wanted`: see `doubt`
    told = models.BooleanField(default=False)  # what rules, hooks and people were last told: on or off (`Fact`)
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
            models.Index(fields=["label", "wanted_at"], condition=models.Q(wanted=True), name="pair_age"),
            models.Index(fields=["chat"], condition=models.Q(wanted=True), name="pair_held"),  # who carries none
            models.Index(fields=["label", "chat"], name="pair_by_label"),
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="pair_due"),
            models.Index(fields=["label"], condition=UNTOLD, name="pair_untold"),
            models.Index(
                fields=["label"], condition=models.Q(receipt__in=["pending", "sent", "failed"]), name="pair_open"
            ),
            models.Index(
                fields=["-last_message_at", "-chat", "label"],
                condition=models.Q(receipt__in=["pending", "sent", "failed"]),
                name="pair_open_walk",
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

    @property
    def is_seen_since_last_call(self) -> bool:
        """Whether `remote` was seen after the last call for the pair ended, so that it can be believed."""
        if self.remote is None or self.in_flight:
            return False
        return self.sent_at is None or self.remote_at > self.sent_at

    def is_settled_by(self, asked_at: datetime) -> bool:
        """Whether an answer of the provider, asked for then, that equals the open wish settles it.

        One that waits for its call is settled without only if nothing happened to the pair for DOUBT before: some engines answer
        with the old labels for a while.
        """
        if self.receipt != Receipt.PENDING:
            return True
        return not self.forced and asked_at - max(self.wanted_at, self.sent_at or NEVER, self.event_at) >= DOUBT

    def end_call(self, now: datetime) -> None:
        """Nobody will record the end of the call that was claimed: what is seen from now on tells what came of it."""
        if self.in_flight:
            self.sent_at = now

    @property
    def is_settled_unsent(self) -> bool:
        """Whether the last wish was taken for true without a call, because it had been seen so."""
        return self.receipt == Receipt.CONFIRMED and self.sent_at is not None and self.sent_at == self.wanted_at

    def was_just_confirmed(self, now: datetime) -> bool:
        """Whether a call of ours was confirmed less than DOUBT ago."""
        return self.confirmed_at is not None and self.sent_at is not None and now - self.confirmed_at < DOUBT

    def came_off_lately(self, now: datetime) -> bool:
        """Whether it came off, by a call of ours or on the phone, or was heard or seen off, less than DOUBT ago."""
        seen_off = self.remote_at if self.remote is False else NEVER
        return not self.wanted and now - max(self.confirmed_at or NEVER, seen_off) < DOUBT

    def confirm(self, now: datetime) -> None:
        """What was wanted has been seen. The caller lets go of the pairs that waited for this one."""
        self.receipt, self.confirmed_at, self.due_at = Receipt.CONFIRMED, now, None
        self.attempts, self.error, self.waits_for = 0, "", None
        self.held_at = self.missed_at = self.doubted_at = self.contradicted_at = None

    def doubt(self, now: datetime) -> Effect:
        """An event said the opposite of what is wanted, and is not believed: the provider is asked."""
        self.due_at = self.contradicted_at = now
        return Effect.DOUBTED

    def take_over(self, on: bool, seen_at: datetime, now: datetime) -> None:
        """What was seen at the provider is what is wanted: a change on the phone is normal. The caller counts and enters it."""
        self.wanted, self.remote, self.remote_at, self.wanted_at = on, on, seen_at, now
        self.confirm(now)

    def hear(
        self,
        on: bool,
        *,
        at: datetime | None,
        event_id: str,
        received_at: datetime,
        read_at: datetime,
        now: datetime,
        shared: bool = False,
    ) -> Effect:
        """What an event says of the pair; the effect tells the caller what that changed.

        at           the event's emission time, None where it can't be believed
        received_at  when the delivery reached us
        read_at      the provider was last asked for these labels then: what was emitted before may be older than the answer
        shared       the person has other addresses too, which may carry the label or not: "off" at one of them proves nothing,
                     and neither does an event that comes late

        The last event decides, by (time, id), in whatever order they arrive and however often. It settles an open wish only if it
        was both emitted and received after the last call for it; what is in doubt is asked (`due_at`), not believed. So is what
        seems to be late only because the last event told a time that had not come yet: its clock was ahead.
        """
        if at is not None:
            if (at, event_id) <= (self.event_at, self.event_id):
                is_unsure = shared or self.event_at > received_at
                return self._hear_late(on, now, ask=is_unsure and event_id != self.event_id)
            self.event_at, self.event_id = at, event_id
        if shared and not on:
            at = None
        if self.receipt != Receipt.CONFIRMED:
            return self._hear_while_open(on, at, received_at, now)
        if on == self.wanted and at is None and self.contradicted_at:
            return Effect.SAME  # it may be older than what said otherwise
        if on == self.wanted:
            self.remote, self.remote_at = on, max(received_at, self.remote_at)
            self.missed_at = self.doubted_at = self.contradicted_at = None
            return Effect.SAME
        if (
            at is not None and self.is_settled_unsent and at <= self.wanted_at
        ):  # what had been seen was not true any more
            self.remote, self.remote_at = on, received_at
            self.receipt, self.due_at, self.confirmed_at, self.attempts = Receipt.PENDING, now, None, 0
            return Effect.NOTED
        if at is None or self.was_just_confirmed(now) or at <= max(read_at, self.sent_at or read_at) + CLOCKS:
            return self.doubt(now)
        self.take_over(on, received_at, now)
        return Effect.CHANGED

    def _hear_late(self, on: bool, now: datetime, *, ask: bool) -> Effect:
        """A younger event was first."""
        if on == self.wanted:
            return Effect.SAME
        if ask and self.receipt == Receipt.CONFIRMED:
            return self.doubt(now)
        return Effect.OLDER

    def _hear_while_open(self, on: bool, at: datetime | None, received_at: datetime, now: datetime) -> Effect:
        if received_at < self.remote_at:  # a later look said something already
            return Effect.OLDER
        is_called = self.sent_at is not None and self.sent_at >= self.wanted_at
        is_after_call = not self.in_flight and (self.sent_at is None or received_at > self.sent_at)
        is_echo = on == self.wanted and is_after_call and (is_called or self.receipt != Receipt.PENDING)
        if at is None or (self.called_at is not None and at < self.called_at - CLOCKS):  # an echo comes after its call
            # no word on what came of the call: neither a later wish nor its undoing may be taken for true by it
            self.remote, self.remote_at = on, min(received_at, self.sent_at or received_at)
            if is_echo and self.receipt == Receipt.SENT:
                self.due_at = now
            return Effect.DOUBTED if is_echo else Effect.NOTED
        self.remote, self.remote_at = on, received_at
        if not is_echo:
            return Effect.NOTED
        self.confirm(now)
        return Effect.CONFIRMED
