"""What was found when a number's chats were last looked through for clashes: too much work for each page."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from labelapp.models.fields import never
from labelapp.models.instances import Instance


class ClashLook(models.Model):
    """The last look at a number, for all processes. Whoever shows a clash looks at its assignments themselves."""

    instance = models.OneToOneField(Instance, models.PROTECT, primary_key=True, related_name="+")
    at = models.DateTimeField(default=never)
    keys = models.JSONField(default=list)  # [chat, group, whether somebody left it as it is]
    waiting = models.PositiveIntegerField(default=0)  # how many of them nobody left

    class Meta:
        verbose_name = _("look for clashes")
        verbose_name_plural = _("looks for clashes")

    def __str__(self) -> str:
        return f"{self.instance_id}:{self.waiting}"
