"""Business events: what programs tell of a customer, and which labels that means."""

import re
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.models.chats import Chat
from labelapp.models.instances import Instance
from labelapp.models.labels import Label
from labelapp.models.reasons import sentence
from labelapp.models.tokens import ApiToken

TYPE = r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$"
TYPE_LENGTH = 80
ID = r"^[\x21-\x7e]+$"
ID_LENGTH = 200


def is_type(text: str) -> bool:
    """Whether an event may be of this type, e.g. "payment.succeeded"."""
    return len(text) <= TYPE_LENGTH and re.fullmatch(TYPE, text) is not None


class EventMapping(models.Model):
    """What events of one type do to the chat that they are about, at one number.

    adds, removes  keys of labels of the number. What is removed comes off once what is put on is confirmed
    position       of several for one type all act, in this order
    """

    instance = models.ForeignKey(Instance, models.PROTECT, related_name="event_mappings", db_index=False)
    type = models.CharField(_("type"), max_length=TYPE_LENGTH)
    adds = models.JSONField(default=list, blank=True)
    removes = models.JSONField(default=list, blank=True)
    stage = models.ForeignKey(Label, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    is_on = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["position", "pk"]
        verbose_name = _("event mapping")
        verbose_name_plural = _("event mappings")
        indexes: ClassVar = [models.Index(fields=["instance", "type"], name="mapping_of_type")]

    def __str__(self) -> str:
        return self.type

    @property
    def puts_on(self) -> list[int]:
        """The labels that it puts on, the stage last."""
        return [*self.adds, *([self.stage_id] if self.stage_id else [])]

    @property
    def labels(self) -> set[int]:
        """All labels that it names."""
        return {*self.puts_on, *self.removes}


class BusinessEvent(models.Model):
    """One event as a program told it. Its id means it for good, within the program's token: it is accepted once, and carried out once.

    instance    the number that it is about; null while its chat is awaited at several
    chat        null while no chat has the phone number (`EventAddress`)
    phone       as "+2010…", empty where the program named the chat itself
    applied_at  when it was settled: carried out, or given up; null while it waits
    asked       what it asked for, [{"label": key, "on": bool, "stage": bool}]
    answer      what the program was told once it was settled, as JSON; empty before. A repeat is told the same
    """

    class Outcome(models.TextChoices):
        WAITING = "", _("waiting")
        APPLIED = "applied", _("carried out")
        UNCHANGED = "unchanged", _("it was so already")
        UNMAPPED = "unmapped", _("nothing is mapped to it")
        PAUSED = "paused", _("its mapping rests")
        FAILED = "failed", _("could not be carried out")
        EXPIRED = "expired", _("no chat came")

    token = models.ForeignKey(ApiToken, models.PROTECT, related_name="+", db_index=False)
    external_id = models.CharField(max_length=ID_LENGTH)
    fingerprint = models.CharField(max_length=64)  # of all that it says
    type = models.CharField(max_length=TYPE_LENGTH)
    instance = models.ForeignKey(Instance, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    chat = models.ForeignKey(Chat, models.SET_NULL, null=True, blank=True, related_name="+")
    phone = models.CharField(max_length=40, blank=True, default="")
    data = models.JSONField(default=dict, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    applied_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True, default=Outcome.WAITING)
    reason = models.CharField(max_length=300, blank=True, default="")  # as stored by `Reason`
    asked = models.JSONField(default=list, blank=True)
    answer = models.TextField(blank=True, default="")
    status = models.PositiveSmallIntegerField(null=True, blank=True)  # of the answer

    class Meta:
        verbose_name = _("business event")
        verbose_name_plural = _("business events")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["token", "external_id"], name="event_once"),
            models.CheckConstraint(
                condition=models.Q(outcome="", applied_at=None) | ~models.Q(outcome="") & ~models.Q(applied_at=None),
                name="event_settled_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["instance", "-id"], name="event_walk"),
            models.Index(
                fields=["instance", "received_at"],
                condition=models.Q(applied_at=None, chat__isnull=False),
                name="event_cut_off",
            ),
            models.Index(
                fields=["received_at"], condition=models.Q(applied_at=None, chat=None), name="event_without_chat"
            ),
            models.Index(fields=["applied_at"], condition=models.Q(applied_at__isnull=False), name="event_age"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.external_id}"

    @property
    def is_unmatched(self) -> bool:
        """Whether it waits for its chat."""
        return self.applied_at is None and self.chat_id is None

    @property
    def why(self) -> str:
        """What stood in its way, as a sentence in the active language; "" where nothing did."""
        return sentence(self.reason) if self.reason else ""


class EventAddress(models.Model):
    """An address at which an event's chat would appear at a number. Only of events that found none when they came."""

    event = models.ForeignKey(BusinessEvent, models.CASCADE, related_name="addresses", db_index=False)
    instance = models.ForeignKey(Instance, models.CASCADE, related_name="+", db_index=False)
    jid = models.CharField(max_length=80)

    class Meta:
        verbose_name = _("address that an event waits for")
        verbose_name_plural = _("addresses that events wait for")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "instance", "jid"], name="event_address_once")
        ]
        indexes: ClassVar = [models.Index(fields=["instance", "jid"], name="event_address_of_number")]

    def __str__(self) -> str:
        return self.jid
