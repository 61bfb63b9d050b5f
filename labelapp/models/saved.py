"""Lists that people keep: a query under a name, pinned by whoever wants it at hand."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SavedView(models.Model):
    """A query and an order under a name, for its owner or for everybody.

    `terms` is the query in its kept form (`queries.language.saved`): it holds labels by key, so that renaming one breaks nothing,
    and works over whichever numbers are in view, because a label binds by its name there.
    """

    class Order(models.TextChoices):
        NEWEST = "newest", _("Newest")
        WAITING = "waiting", _("Longest waiting")
        URGENCY = "urgency", _("Urgency")
        DEPTH = "depth", _("Furthest in the funnel")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    name = models.CharField(_("name"), max_length=60)
    shared = models.BooleanField(_("for everybody"), default=False)
    terms = models.JSONField(default=list, blank=True)
    order = models.CharField(max_length=8, choices=Order.choices, default=Order.NEWEST)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("view")
        verbose_name_plural = _("views")
        permissions: ClassVar = [("share_views", _("Share views"))]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "owner", Lower("name"), condition=models.Q(shared=False), name="own_view_name_once"
            ),
            models.UniqueConstraint(Lower("name"), condition=models.Q(shared=True), name="shared_view_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class ViewPin(models.Model):
    """A view that a person has as a tab, and its place among them."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="view_pins")
    view = models.ForeignKey(SavedView, models.CASCADE, related_name="pins")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("pinned view")
        verbose_name_plural = _("pinned views")
        ordering: ClassVar = ["position", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "view"], name="pin_once")]

    def __str__(self) -> str:
        return f"{self.user_id}:{self.view_id}"
