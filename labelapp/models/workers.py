"""A sign of life of the worker processes."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from labelapp.models.fields import never


class Heartbeat(models.Model):
    """When a worker was last seen. `/readyz` asks for one younger than 30 s."""

    worker = models.CharField(max_length=80, unique=True)
    at = models.DateTimeField(default=never)

    class Meta:
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")

    def __str__(self) -> str:
        return self.worker
