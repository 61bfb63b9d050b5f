"""The mirror of an instance's label directory, and our groups over it."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from labelapp.models.fields import never
from labelapp.models.instances import Instance

LOOK = ("name", "color_index", "color_hex")
SLOTS = 20  # WhatsApp allows this many labels per account (provider documentation)


def color_class(index: int | None) -> str:
    """The class that colours a chip: c0 to c19, cx for a colour outside the palette."""
    return "cx" if index is None else f"c{index}"


class LabelGroup(models.Model):
    """A set of labels of one instance and the rule that binds them."""

    class Kind(models.TextChoices):
        FREE = "free", _("Free: any number")
        EXCLUSIVE = "exclusive", _("Exclusive: at most one")
        FUNNEL = "funnel", _("Funnel: at most one, in order")

    class ConflictPolicy(models.TextChoices):
        FURTHEST = "furthest", _("The furthest stage wins")
        LATEST = "latest", _("The latest wins")
        ASK = "ask", _("Ask a person")

    instance = models.ForeignKey(Instance, models.PROTECT, related_name="groups")
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices, default=Kind.FREE)
    conflict_policy = models.CharField(max_length=16, choices=ConflictPolicy.choices, default=ConflictPolicy.ASK)
    position = models.PositiveIntegerField(default=0)
    ruled_at = models.DateTimeField(
        default=never
    )  # the rule is what it is since then: older conflicts are not its affair

    class Meta:
        ordering: ClassVar = ["position", "pk"]
        verbose_name = _("label group")
        verbose_name_plural = _("label groups")
        constraints: ClassVar = [models.UniqueConstraint(fields=["instance", "name"], name="group_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_exclusive(self) -> bool:
        """Whether a chat may hold at most one label of the group."""
        return self.kind != self.Kind.FREE


class LabelQuerySet(models.QuerySet["Label"]):
    def living(self) -> "LabelQuerySet":
        """Labels that were not deleted in WhatsApp."""
        return self.filter(deleted_at=None)

    def in_order(self) -> "LabelQuerySet":
        """Group by group, stages first, then our own order; labels without a group come last."""
        rank = models.Case(
            models.When(group__kind=LabelGroup.Kind.FUNNEL, then=0),
            models.When(group__isnull=False, then=1),
            default=2,
        )
        return self.order_by(rank, "group__position", "group_id", "position", "pk")


class Label(models.Model):
    """An entry of the directory. A deleted label keeps its row as a tombstone; when its id is used again a new row begins."""

    instance = models.ForeignKey(Instance, models.PROTECT, related_name="labels")
    wa_id = models.CharField(max_length=64)
    name = models.CharField(max_length=200, blank=True)
    color_index = models.PositiveSmallIntegerField(null=True, blank=True)
    color_hex = models.CharField(max_length=16, blank=True)  # as the provider wrote it
    description = models.CharField(max_length=200, blank=True)
    group = models.ForeignKey(LabelGroup, models.SET_NULL, null=True, blank=True, related_name="labels")
    grouped_at = models.DateTimeField(default=never)  # it came into its group then
    position = models.PositiveIntegerField(default=0)
    urgency = models.PositiveSmallIntegerField(
        null=True, blank=True
    )  # an order by urgency: 1 comes first, null says nothing
    known_at = models.DateTimeField(
        null=True, blank=True
    )  # null: met only in an event, the directory has not shown it yet
    archived_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(default=never)  # the directory or an event last named it then
    event_at = models.DateTimeField(default=never)  # emission time of the last directory event that changed the row
    renamed_at = models.DateTimeField(
        null=True, blank=True
    )  # when the row got its present name, by our clock; null: it has its first one
    former = models.JSONField(default=dict, blank=True)  # its name and colour before that
    questioned_at = models.DateTimeField(
        null=True, blank=True
    )  # the name changed then, told WhatsApp, and it may be another label that got the id: nothing is sent until that is known
    denied_at = models.DateTimeField(null=True, blank=True)  # a reading found then that none of its chats has kept it
    changing_at = models.DateTimeField(
        null=True, blank=True
    )  # somebody began to change it here then, and is not through
    verified_at = models.DateTimeField(default=never)  # its chats were last compared with the provider's list then
    remote_count = models.PositiveIntegerField(null=True, blank=True)  # how many chats that list held
    ignored_at = models.DateTimeField(null=True, blank=True)  # unknown, and somebody left it so then
    chat_count = models.PositiveIntegerField(default=0)  # chats whose `wanted` holds it
    stuck_after = models.DurationField(null=True, blank=True)  # a stage: whoever is in it for longer is stuck

    objects = LabelQuerySet.as_manager()

    class Meta:
        verbose_name = _("label")
        verbose_name_plural = _("labels")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["instance", "wa_id"], condition=models.Q(deleted_at=None), name="label_once_among_the_living"
            ),
            models.CheckConstraint(
                condition=models.Q(color_index=None) | models.Q(color_index__lt=20), name="label_color_in_palette"
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"#{self.wa_id}"

    @property
    def is_ghost(self) -> bool:
        """The directory does not know this id (yet)."""
        return self.known_at is None

    @property
    def look(self) -> dict[str, Any]:
        """What people know it by."""
        return {field: getattr(self, field) for field in LOOK}

    @property
    def color_class(self) -> str:
        return color_class(self.color_index)

    @property
    def stuck_seconds(self) -> int | None:
        """`stuck_after` as JSON can hold it."""
        return None if self.stuck_after is None else int(self.stuck_after.total_seconds())
