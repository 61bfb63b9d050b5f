"""People who log in."""

from typing import ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


def check_time_zone(name: str) -> None:
    """Refuse a name that the time zone database does not know."""
    if name not in available_timezones():
        raise ValidationError(_("%(name)s is no time zone."), params={"name": name})


class User(AbstractUser):
    """A person with their own language, time zone and look. May log in by username or e-mail address."""

    class Theme(models.TextChoices):
        SYSTEM = "", _("As the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Density(models.TextChoices):
        COMPACT = "compact", _("Compact")
        RELAXED = "relaxed", _("Relaxed")

    language = models.CharField(_("language"), max_length=8, blank=True, choices=settings.LANGUAGES)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, validators=[check_time_zone])
    theme = models.CharField(_("theme"), max_length=8, blank=True, choices=Theme.choices)
    density = models.CharField(_("density"), max_length=8, choices=Density.choices, default=Density.COMPACT)
    shortcuts = models.BooleanField(_("single-key shortcuts"), default=True)
    default_view = models.ForeignKey("SavedView", models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta(AbstractUser.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("email"), condition=~models.Q(email=""), name="user_email_once"),
        ]

    @property
    def zone(self) -> ZoneInfo:
        """The person's time zone, the site's where none is set."""
        return ZoneInfo(self.time_zone or settings.TIME_ZONE)

    @property
    def display_name(self) -> str:
        """The full name, the username where there is none."""
        return self.get_full_name() or self.username
