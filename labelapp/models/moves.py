"""A chat's way from one stage to the next, and what else comes off when a stage is entered."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.models.chats import Chat
from labelapp.models.instances import Instance
from labelapp.models.labels import Label, LabelGroup
from labelapp.models.ledger import Source
from labelapp.models.reasons import sentence


class MoveQuerySet(models.QuerySet["Move"]):
    def going(self) -> "MoveQuerySet":
        """Those that have not come to an end."""
        return self.filter(state__in=_WRITTEN)


class Move(models.Model):
    """A label of a group that allows one was put on a chat: link, then prune.

    The new label goes on first (`linked` once that is confirmed), then the former ones of the group come off (`pruned`), and what the
    stage makes redundant (`done`). A move is an account of its pairs: `actions.moves` reads its state from them, so that it can be
    cut off anywhere and goes on by itself. Of one chat and group at most one is going; the next one ends it.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("The new stage is on its way")
        LINKED = "linked", _("The new stage is on, the old one comes off")
        PRUNED = "pruned", _("The old stage is off, what it made redundant comes off")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    instance = models.ForeignKey(Instance, models.PROTECT, related_name="moves", db_index=False)
    chat = models.ForeignKey(Chat, models.PROTECT, related_name="moves", db_index=False)
    group = models.ForeignKey(LabelGroup, models.SET_NULL, null=True, related_name="+", db_index=False)
    label = models.ForeignKey(Label, models.PROTECT, related_name="+", db_index=False)
    before = models.ForeignKey(Label, models.PROTECT, null=True, related_name="+", db_index=False)  # where the chat was
    former = models.JSONField(default=list)  # keys of the group's labels that come off
    redundant = models.JSONField(default=list)  # ... and of others, because the stage makes them so
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    source = models.CharField(max_length=12, choices=Source.choices)
    cause = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PLANNED)
    reason = models.CharField(max_length=300, blank=True, default="")  # as stored by `Reason`
    at = models.DateTimeField(default=timezone.now)
    linked_at = models.DateTimeField(null=True)
    pruned_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = MoveQuerySet.as_manager()

    class Meta:
        verbose_name = _("move to a stage")
        verbose_name_plural = _("moves to a stage")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["chat", "group"],
                condition=models.Q(state__in=["planned", "linked", "pruned"]),
                name="move_one_at_a_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["instance", "id"],
                condition=models.Q(state__in=["planned", "linked", "pruned"]),
                name="move_going",
            ),
            models.Index(fields=["chat", "-id"], name="move_of_chat"),
        ]

    def __str__(self) -> str:
        return f"{self.chat_id}: {self.before_id} -> {self.label_id} ({self.state})"

    @property
    def is_going(self) -> bool:
        return self.state in GOING

    @property
    def words(self) -> str:
        """Why it failed, as a sentence in the active language; "" when there is nothing to say."""
        return sentence(self.reason) if self.reason else ""


GOING = (Move.State.PLANNED, Move.State.LINKED, Move.State.PRUNED)
# Written into the statement: SQLite uses a partial index only for values that it sees while planning
_WRITTEN = [RawSQL(f"'{state.value}'", ()) for state in GOING]  # noqa: S611


class StagePrune(models.Model):
    """A label that comes off when a chat enters a stage, e.g. "Pending" when "Approved" comes."""

    stage = models.ForeignKey(Label, models.CASCADE, related_name="prunes", db_index=False)
    label = models.ForeignKey(Label, models.CASCADE, related_name="+", db_index=False)

    class Meta:
        verbose_name = _("label that a stage makes redundant")
        verbose_name_plural = _("labels that a stage makes redundant")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stage", "label"], name="stage_prune_once"),
            models.CheckConstraint(condition=~models.Q(stage=models.F("label")), name="stage_prunes_others"),
        ]

    def __str__(self) -> str:
        return f"{self.stage_id}: -{self.label_id}"
