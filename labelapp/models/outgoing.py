"""Hooks that go out: whom to tell of what, and what was told."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.models.chats import Chat
from labelapp.models.fields import EncryptedTextField, Locked, never
from labelapp.models.instances import Instance
from labelapp.models.labels import Label

URL_LENGTH = 1000


class OutgoingHook(models.Model):
    """An address outside that is told of what happens.

    labels    only what is about one of these; none: any. Events without a label pass
    terms     a query in its kept form (`queries.language.saved`), as `made_by` reads it: only chats that it finds
    numbers   only of these; none: of all
    """

    class Event(models.TextChoices):
        LABEL_ADDED = "label.added", _("label added to a chat")
        LABEL_REMOVED = "label.removed", _("label removed from a chat")
        STAGE_ENTERED = "stage.entered", _("stage entered")
        LABEL_CREATED = "label.created", _("label created")
        LABEL_RENAMED = "label.renamed", _("label renamed")
        LABEL_DELETED = "label.deleted", _("label deleted")
        RUN_FINISHED = "run.finished", _("bulk run finished")

    class Off(models.TextChoices):
        """Why it was switched off."""

        BY_HAND = "", _("switched off")
        GONE = "gone", _("switched off: the receiver answered 410, it wants no more")

    name = models.CharField(_("name"), max_length=80)
    url = EncryptedTextField(_("address"))  # many receivers have a secret in it
    secret = EncryptedTextField()
    old_secret = EncryptedTextField(blank=True, default="")
    rotated_at = models.DateTimeField(default=never)
    events = models.JSONField(_("events"), default=list)
    labels = models.ManyToManyField(Label, blank=True, related_name="+", verbose_name=_("labels"))
    terms = models.JSONField(default=list, blank=True)
    numbers = models.ManyToManyField(Instance, blank=True, related_name="+", verbose_name=_("numbers"))
    allow_private = models.BooleanField(_("may be on a private network"), default=False)
    is_on = models.BooleanField(_("on"), default=True)
    off_reason = models.CharField(max_length=10, choices=Off.choices, blank=True, default=Off.BY_HAND)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("outgoing hook")
        verbose_name_plural = _("outgoing hooks")
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(Lower("name"), name="outgoing_hook_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def keys(self) -> list[str]:
        """The secrets that sign now: the present one, and for a day the one before. None when they can't be read."""
        fresh = timezone.now() - self.rotated_at < timedelta(hours=settings.OLD_SECRET_HOURS)
        return [one for one in (self.secret, self.old_secret if fresh else "") if one]

    @property
    def locked(self) -> bool:
        """Whether the address or the secret can't be decrypted any more."""
        return isinstance(self.secret, Locked) or isinstance(self.url, Locked)


class HookSend(models.Model):
    """One message to one hook: waiting while `due_at` is set, over once `ended_at` is. Its id is the same at every attempt.

    fact    what it tells of; a hook is told of each fact once, and once more by each `rule` that calls it for that fact
    status  of the last answer, null when there was none: then `failure` says why
    """

    class Outcome(models.TextChoices):
        WAITING = "", _("waiting")
        TAKEN = "taken", _("delivered")
        FAILED = "failed", _("given up")
        DROPPED = "dropped", _("dropped")  # its hook was switched off for good

    hook = models.ForeignKey(OutgoingHook, models.CASCADE, related_name="sends", db_index=False)
    instance = models.ForeignKey(Instance, models.PROTECT, null=True, related_name="+", db_index=False)
    chat = models.ForeignKey(Chat, models.SET_NULL, null=True, related_name="+")
    fact = models.BigIntegerField(null=True)
    rule = models.BigIntegerField(null=True)
    message_id = models.CharField(max_length=40)
    kind = models.CharField(max_length=20)
    body = models.TextField()  # exactly what is posted, and signed
    made_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    tried_at = models.DateTimeField(default=never)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    failure = models.CharField(max_length=20, blank=True, default="")
    answer = models.CharField(max_length=400, blank=True, default="")
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True, default=Outcome.WAITING)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("message to a hook")
        verbose_name_plural = _("messages to hooks")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["hook", "fact", "kind"], condition=models.Q(rule=None), name="hook_told_once"
            ),
            models.UniqueConstraint(
                fields=["hook", "fact", "rule"], condition=models.Q(rule__isnull=False), name="hook_told_once_by_rule"
            ),
            models.UniqueConstraint(fields=["message_id"], name="hook_message_once"),
            models.CheckConstraint(
                condition=models.Q(outcome="", ended_at=None) | ~models.Q(outcome="") & models.Q(due_at=None),
                name="hook_send_ends_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["instance", "due_at"], condition=models.Q(outcome=""), name="hook_send_due"),
            models.Index(fields=["hook", "-id"], name="hook_send_walk"),
            models.Index(fields=["made_at"], name="hook_send_age"),
        ]

    def __str__(self) -> str:
        return self.message_id
