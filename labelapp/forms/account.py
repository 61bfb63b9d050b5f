"""Signing in, and what a person sets for themself."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, UsernameField
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from labelapp.forms.dress import dress, offer
from labelapp.models import User
from labelapp.queries.people import account_name


class LoginForm(AuthenticationForm):
    """Username or e-mail address, and how many tries are left."""

    username = UsernameField(
        label=_("Username or email"),
        max_length=254,
        widget=forms.TextInput(attrs={"autofocus": True, "spellcheck": "false", "dir": "ltr"}),
    )
    stay = forms.BooleanField(label=_("Stay signed in on this device"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)

    def clean_username(self) -> str:
        return account_name(self.cleaned_data["username"])

    def get_invalid_login_error(self) -> ValidationError:
        left = settings.AXES_FAILURE_LIMIT - getattr(self.request, "axes_failures_since_start", 0)
        message = ngettext(
            "That name and password do not match. %(left)d try left.",
            "That name and password do not match. %(left)d tries left.",
            left,
        )
        return ValidationError(message % {"left": max(left, 0)}, code="invalid_login")


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A person's own language, time zone and look."""

    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)

    class Meta:
        model = User
        fields = ("language", "time_zone", "theme", "density", "shortcuts")
        widgets = {"theme": forms.RadioSelect, "density": forms.RadioSelect}  # noqa: RUF012  # as Django reads it
        labels = {"language": _("Language"), "theme": _("Theme"), "density": _("Density")}  # noqa: RUF012  # as Django reads it

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        site = _("As the team: %(zone)s") % {"zone": settings.TIME_ZONE}
        zones = sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC")
        offer(self, "time_zone", [("", site), *((zone, zone.replace("_", " ")) for zone in zones)])
        offer(self, "language", [("", _("As the browser")), *settings.LANGUAGES])
        offer(self, "theme", User.Theme.choices)
        dress(self)


class PasswordForm(PasswordChangeForm):
    """A new password, for whoever knows the old one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
        dress(self)
