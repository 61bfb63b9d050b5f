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
    headers = models.JSONField(default=dict)
    body = models.TextField()
    applied_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True, default=Outcome.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        verbose_name = _("hook delivery")
        verbose_name_plural = _("hook deliveries")
        constraints: ClassVar = [models.UniqueConstraint(fields=["instance", "dedupe_key"], name="delivery_once")]
        indexes: ClassVar = [
            models.Index(fields=["instance", "id"], condition=models.Q(applied_at=None), name="delivery_waiting"),
            models.Index(fields=["received_at"], name="delivery_age"),
        ]

    def __str__(self) -> str:
        return self.dedupe_key
