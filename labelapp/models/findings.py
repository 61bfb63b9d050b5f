"""What nobody can settle alone: a person has to look at it. Wishes given up are no rows here, they are failed pairs."""

import hashlib
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.models.chats import Chat
from labelapp.models.instances import Instance
from labelapp.models.labels import Label
from labelapp.models.reasons import sentence


class FindingQuerySet(models.QuerySet["Finding"]):
    def unsettled(self) -> "FindingQuerySet":
        """Those that still wait for somebody."""
        return self.filter(settled_at=None)


class Finding(models.Model):
    """A difference between mirror and provider that a rule forbids to settle by itself.

    At most one unsettled row per (instance, kind, chat, label), of IDENTITY per mapping: found again, it is only seen again.
    """

    class Kind(models.TextChoices):
        REMOVAL = "removal", _("Doubtful removal")  # chat and label: the lists disagree, or too much would go at once
        GUARD = "guard", _("Too many removals at once")  # of the number: a cycle that removed nothing
        EMPTY = "empty", _("Empty list")  # label: the provider's list of its chats is empty, we know some
        IDENTITY = "identity", _("Two chats claim one address")  # chat: a mapping that would join two people

    class Outcome(models.TextChoices):
        WAITING = "", _("Waiting")
        PUSHED = "pushed", _("Put on WhatsApp")
        PULLED = "pulled", _("Taken over from WhatsApp")
        IGNORED = "ignored", _("Left as it is")
        VANISHED = "vanished", _("Settled by itself")

    instance = models.ForeignKey(Instance, models.PROTECT, related_name="findings")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    key = models.CharField(max_length=60)  # `key_of`, because NULLs are all different to a constraint
    chat = models.ForeignKey(Chat, models.CASCADE, null=True, blank=True, related_name="findings")
    label = models.ForeignKey(Label, models.PROTECT, null=True, blank=True, related_name="findings")
    words = models.CharField(max_length=300, blank=True, default="")  # as stored by `Reason`
    count = models.PositiveIntegerField(default=0)  # how many assignments it is about
    found_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)  # the last cycle that met it
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True, default=Outcome.WAITING)

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["instance", "key"], condition=models.Q(settled_at=None), name="finding_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["instance", "-found_at"], condition=models.Q(settled_at=None), name="finding_unsettled"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.chat_id}:{self.label_id}"

    @staticmethod
    def key_of(kind: str, chat_id: int | None = None, label_id: int | None = None, about: str = "") -> str:
        """What is the same for everything that is found twice. `about`: what tells several of a kind about one chat apart."""
        told = f":{hashlib.sha256(about.encode()).hexdigest()[:16]}" if about else ""
        return f"{kind}:{chat_id or 0}:{label_id or 0}{told}"

    @property
    def reason(self) -> str:
        """Why a person has to look, as a sentence in the active language."""
        return sentence(self.words) if self.words else ""
