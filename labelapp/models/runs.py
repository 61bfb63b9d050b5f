"""Changes of many chats at once: the run, its chats, and what it does to each."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.models.chats import Chat
from labelapp.models.fields import never
from labelapp.models.instances import Instance
from labelapp.models.labels import Label
from labelapp.models.people import User
from labelapp.models.reasons import sentence


class RunQuerySet(models.QuerySet["Run"]):
    def visible_to(self, user: User) -> "RunQuerySet":
        """Runs all of whose numbers this person may see, or might when they were removed."""
        hidden = Run.numbers.through.objects.filter(run=models.OuterRef("pk")).exclude(
            instance__in=Instance.objects.open_to(user)
        )
        return self.exclude(models.Exists(hidden))


class Run(models.Model):
    """A bulk job: labels to put on and take off chats that were fixed when it began.

    `adds` and `removes` hold the labels' names, which bind to a label of each number. An undoing run has none: what it does to a
    chat is what the run that it undoes did, reversed.
    """

    class State(models.TextChoices):
        PREPARING = "preparing", _("Being prepared")  # its chats are being written down; nothing is done yet
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        CANCELLED = "cancelled", _("Stopped")
        DONE = "done", _("Done")

    class Target(models.TextChoices):
        CHOSEN = "chosen", _("Chosen chats")
        NUMBERS = "numbers", _("A list of numbers")
        QUERY = "query", _("All chats that match")
        UNDO = "undo", _("The changes of another run")
        MERGE = "merge", _("The chats of a label that is merged")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="runs")
    numbers = models.ManyToManyField(Instance, related_name="runs")
    target = models.CharField(max_length=10, choices=Target.choices, default=Target.CHOSEN)
    target_text = models.CharField(max_length=500, blank=True, default="")  # e.g. the query
    adds = models.JSONField(default=list)
    removes = models.JSONField(default=list)
    purpose = models.CharField(_("reason"), max_length=200, blank=True, default="")
    fires_rules = models.BooleanField(_("fire rules and hooks"), default=False)
    undoes = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="undone_by")
    retires = models.ForeignKey(  # deleted at WhatsApp once no chat has it any more: the run merges it into another one
        Label, models.PROTECT, null=True, blank=True, related_name="retired_by"
    )
    replacement = models.ForeignKey(  # the label that it is merged into
        Label, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREPARING)
    state_at = models.DateTimeField(default=timezone.now)
    state_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    trouble = models.CharField(max_length=300, blank=True, default="")  # why it stopped itself, as stored by `Reason`
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)  # nothing of it is on its way any more
    tally = models.JSONField(default=dict)  # how many chats ended how; written when it ends, counted until then

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        indexes: ClassVar = [
            models.Index(fields=["state"], condition=models.Q(ended_at=None), name="run_under_way"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["undoes"], condition=models.Q(ended_at=None), name="run_undone_once"),
            models.UniqueConstraint(fields=["retires"], condition=models.Q(ended_at=None), name="label_merged_once"),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"

    @property
    def reason(self) -> str:
        """Why it stopped itself, as a sentence in the active language; "" when it did not."""
        return sentence(self.trouble) if self.trouble else ""

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING

    @property
    def is_paused(self) -> bool:
        return self.state == self.State.PAUSED

    @property
    def is_under_way(self) -> bool:
        return self.ended_at is None and self.state != self.State.PREPARING


class RunItemQuerySet(models.QuerySet["RunItem"]):
    def real(self) -> "RunItemQuerySet":
        """What was not so before a run came, was changed by it, and has arrived."""
        changed = self.filter(state=RunItem.State.CHANGED, before__isnull=False)
        return changed.exclude(before=models.F("on"))

    def wished(self) -> "RunItemQuerySet":
        """The same, with what is still on its way."""
        begun = self.filter(state__in=[RunItem.State.SENT, RunItem.State.CHANGED], before__isnull=False)
        return begun.exclude(before=models.F("on"))


class RunChat(models.Model):
    """A chat's place in a run, and what became of it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("On its way")  # wished; WhatsApp has not confirmed all of it
        CHANGED = "changed", _("On WhatsApp")
        ALREADY = "already", _("Was so already")
        FAILED = "failed", _("Failed")
        SKIPPED = "skipped", _("Left out")

    run = models.ForeignKey(Run, models.CASCADE, related_name="chats", db_index=False)
    instance = models.ForeignKey(Instance, models.PROTECT, related_name="+", db_index=False)
    chat = models.ForeignKey(Chat, models.PROTECT, related_name="runs")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    reason = models.CharField(max_length=300, blank=True, default="")  # as stored by `Reason`
    at = models.DateTimeField(default=never)  # when the state was last entered; never for what has not begun

    class Meta:
        verbose_name = _("chat of a run")
        verbose_name_plural = _("chats of runs")
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "chat"], name="run_chat_once")]
        indexes: ClassVar = [
            models.Index(fields=["run", "state", "-at", "-id"], name="run_chat_by_state"),
            models.Index(fields=["run", "-at", "-id"], name="run_chat_walk"),
            models.Index(
                fields=["instance", "run", "id"], condition=models.Q(state="waiting"), name="run_chat_waiting"
            ),
            models.Index(fields=["instance", "run"], condition=models.Q(state="sent"), name="run_chat_sent"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}:{self.chat_id} {self.state}"

    @property
    def words(self) -> str:
        """Why it failed or was left out, as a sentence in the active language."""
        return sentence(self.reason) if self.reason else ""


class RunItem(models.Model):
    """One label of one chat of a run."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("On its way")
        CHANGED = "changed", _("On WhatsApp")
        ALREADY = "already", _("Was so already")
        FAILED = "failed", _("Failed")
        SKIPPED = "skipped", _("Left out")

    place = models.ForeignKey(RunChat, models.CASCADE, related_name="items", db_index=False)
    label = models.ForeignKey(Label, models.PROTECT, related_name="+", db_index=False)
    on = models.BooleanField()
    follows = models.BooleanField(default=False)  # nobody asked for it: another label of an exclusive group replaces it
    before = models.BooleanField(null=True)  # what was wanted before the run came
    wished_at = models.DateTimeField(null=True, blank=True)  # the pair's `wanted_at` from then on
    expects_at = models.DateTimeField(null=True, blank=True)  # undo: only while the pair's `wanted_at` is still this
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    reason = models.CharField(max_length=300, blank=True, default="")  # as stored by `Reason`

    objects = RunItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("label of a run")
        verbose_name_plural = _("labels of runs")
        constraints: ClassVar = [models.UniqueConstraint(fields=["place", "label"], name="run_item_once")]

    def __str__(self) -> str:
        return f"{self.place_id}:{self.label_id}={self.on} {self.state}"
