"""What providers post to us, exactly as it came: the inbox of the apply lane."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.models.instances import Instance


class Outcome(models.TextChoices):
    """What became of a delivery."""

    WAITING = "", _("Waiting")
    APPLIED = "applied", _("Applied")
    UNCHANGED = "unchanged", _("Changed nothing")
    IGNORED = "ignored", _("Ignored")
    PARKED = "parked", _("Parked after an error")


class HookDelivery(models.Model):
    """One delivery, stored once before it is answered and applied later."""

    instance = models.ForeignKey(Instance, models.PROTECT, related_name="deliveries", db_index=False)
    dedupe_key = models.CharField(max_length=120)
    received_at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=60, blank=True, default="")  # the event's name, as the provider wrote it
    signed = models.BooleanField(null=True, default=None)  # the signature was right; None: no key was set
    headers = models.JSONField(default=dict)
    body = models.TextField()
    applied_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True, default=Outcome.WAITING)
    effect = models.CharField(max_length=300, blank=True, default="")  # what it did or why not, as stored by `Effect`
    replayed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("hook delivery")
        verbose_name_plural = _("hook deliveries")
        constraints: ClassVar = [models.UniqueConstraint(fields=["instance", "dedupe_key"], name="delivery_once")]
        indexes: ClassVar = [
            # the middle columns hold one value: without them SQLite takes `delivery_walk` instead, and walks the whole inbox
            models.Index(
                fields=["instance", "applied_at", "id"], condition=models.Q(applied_at=None), name="delivery_waiting"
            ),
            models.Index(fields=["received_at"], name="delivery_age"),
            models.Index(fields=["instance", "-id"], name="delivery_walk"),
            models.Index(
                fields=["instance", "outcome", "-id"], condition=models.Q(outcome="parked"), name="delivery_parked"
            ),
        ]

    def __str__(self) -> str:
        return self.dedupe_key


class Heard(models.Model):
    """When an instance last posted an event of a kind, and how many so far: the health of its hook.

    mistimed  how many of them told no time that can be believed
    """

    instance = models.ForeignKey(Instance, models.PROTECT, related_name="heard", db_index=False)
    kind = models.CharField(max_length=60)
    at = models.DateTimeField(default=timezone.now)
    total = models.PositiveBigIntegerField(default=0)
    mistimed = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("kind of event")
        verbose_name_plural = _("kinds of events")
        constraints: ClassVar = [models.UniqueConstraint(fields=["instance", "kind"], name="heard_once")]

    def __str__(self) -> str:
        return self.kind
