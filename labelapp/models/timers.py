"""Labels with a clock: until when a label is to be on a chat, and what happens then."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.models.assignments import ChatLabel
from labelapp.models.labels import Label
from labelapp.models.ledger import Source


class LabelTimer(models.Model):
    """The time of a label on a chat, at most one. It counts while the label is wanted there; one that is put on anew has none.

    call     who is told; None: they are not there any more, and whoever set the timer is told instead
    rang_at  somebody was told then: the label stays, overdue, until it is taken off or gets another time
    depth, rule  of the rule that set it: what the timer does is what that rule has caused
    """

    class Then(models.TextChoices):
        REMOVE = "remove", _("it comes off")
        TURN = "turn", _("it turns into another label")
        CALL = "call", _("somebody is told")

    pair = models.OneToOneField(ChatLabel, models.CASCADE, related_name="timer")
    due_at = models.DateTimeField()
    then = models.CharField(max_length=8, choices=Then.choices, default=Then.REMOVE)
    turn_into = models.ForeignKey(Label, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    call = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    source = models.CharField(max_length=12, choices=Source.choices)
    set_at = models.DateTimeField(default=timezone.now)
    depth = models.PositiveSmallIntegerField(default=0)
    rule = models.ForeignKey("Rule", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    rang_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("timer of a label")
        verbose_name_plural = _("timers of labels")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(then="turn", turn_into__isnull=False)
                | ~models.Q(then="turn") & models.Q(turn_into=None),
                name="timer_turns_into_a_label",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], condition=models.Q(rang_at=None), name="timer_due"),
            models.Index(fields=["due_at", "pair"], name="timer_walk"),
        ]

    def __str__(self) -> str:
        return f"{self.pair_id} {self.then} {self.due_at:%Y-%m-%d %H:%M}"


def timer_of(pair: ChatLabel) -> LabelTimer | None:
    """The timer that counts for a pair. One query, none where it was read with the pair (`select_related("timer")`)."""
    return getattr(pair, "timer", None) if pair.wanted else None
