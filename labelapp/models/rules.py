"""Rules of a number: labels that apply themselves, and what became of each."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.models.chats import Chat
from labelapp.models.fields import never
from labelapp.models.instances import Instance
from labelapp.models.reasons import sentence


class RuleSet(models.Model):
    """How the rules of a number go together."""

    instance = models.OneToOneField(Instance, models.CASCADE, primary_key=True, related_name="rule_set")
    first_only = models.BooleanField(_("only the first rule that matches"), default=False)

    class Meta:
        verbose_name = _("set of rules")
        verbose_name_plural = _("sets of rules")

    def __str__(self) -> str:
        return str(self.instance_id)


class Rule(models.Model):
    """When something happens in a chat, and it is as asked, something is done. `queries.rules.specs` says what the JSON holds.

    on_since       switched on then: what was so for long before is nobody's news
    paused_reason  why it does not run although it is switched on, as stored by `Reason`; "" when it does
    guarded_at     when something it would have done was held back because rules answered each other, and what (`guard`)
    """

    class Trigger(models.TextChoices):
        MESSAGE_IN = "message.in", _("a message comes in")
        MESSAGE_OUT = "message.out", _("a message goes out")
        LABEL_ADDED = "label.added", _("a label was added")
        LABEL_REMOVED = "label.removed", _("a label was removed")
        STAGE_ENTERED = "stage.entered", _("a chat enters a stage")
        CHAT_CREATED = "chat.created", _("a new chat begins")
        UNANSWERED = "unanswered", _("a chat is unanswered for some time")
        LABEL_FOR = "label.for", _("a label has been on for some time")
        STAGE_FOR = "stage.for", _("a chat has been in a stage for some time")
        EVENT = "event", _("a business event comes")

    TIMED = (Trigger.UNANSWERED, Trigger.LABEL_FOR, Trigger.STAGE_FOR)
    ABOUT_LABELS = (
        Trigger.LABEL_ADDED,
        Trigger.LABEL_REMOVED,
        Trigger.STAGE_ENTERED,
        Trigger.LABEL_FOR,
        Trigger.STAGE_FOR,
    )

    instance = models.ForeignKey(Instance, models.PROTECT, related_name="rules", db_index=False)
    name = models.CharField(_("name"), max_length=80)
    position = models.PositiveIntegerField(default=0)
    is_on = models.BooleanField(default=False)
    on_since = models.DateTimeField(default=timezone.now)
    trigger = models.CharField(max_length=16, choices=Trigger.choices)
    trigger_data = models.JSONField(default=dict, blank=True)
    conditions = models.JSONField(default=dict, blank=True)
    actions = models.JSONField(default=dict, blank=True)
    per_chat = models.PositiveIntegerField(null=True, blank=True)  # at most so often in one chat
    cooldown = models.PositiveIntegerField(default=0)  # seconds until it may fire in the same chat again
    fired = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)  # how often that changed something
    error = models.CharField(max_length=300, blank=True, default="")
    error_at = models.DateTimeField(default=never)
    paused_reason = models.CharField(max_length=300, blank=True, default="")
    guard = models.CharField(max_length=300, blank=True, default="")
    guarded_at = models.DateTimeField(default=never)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["position", "pk"]
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        constraints: ClassVar = [
            models.UniqueConstraint("instance", Lower("name"), name="rule_name_once"),
            models.CheckConstraint(
                condition=models.Q(per_chat=None) | models.Q(per_chat__gt=0), name="rule_per_chat_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_timed(self) -> bool:
        """Whether it waits for time to pass, not for something to happen."""
        return self.trigger in self.TIMED

    @property
    def why_paused(self) -> str:
        """Why it does not run, as a sentence in the active language; "" when it does."""
        return sentence(self.paused_reason) if self.paused_reason else ""

    @property
    def last_error(self) -> str:
        """What went wrong when it last ran, as a sentence in the active language; "" when nothing did."""
        return sentence(self.error) if self.error else ""

    @property
    def last_guard(self) -> str:
        """What was held back, as a sentence in the active language; "" when nothing was."""
        return sentence(self.guard) if self.guard else ""


class RuleFiring(models.Model):
    """One time that a rule fired in a chat. since: of a timed rule since when it had been so, which it fires for once."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="firings", db_index=False)
    chat = models.ForeignKey(Chat, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    changed = models.BooleanField(default=False)
    since = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("firing of a rule")
        verbose_name_plural = _("firings of rules")
        indexes: ClassVar = [models.Index(fields=["rule", "chat", "-at"], name="firing_of_rule")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["rule", "chat", "since"], condition=models.Q(since__isnull=False), name="firing_once_per_spell"
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule_id}:{self.chat_id}"
