"""Clean input from people. Each refusal is a sentence beside its field."""

import unicodedata
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, UsernameField
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from labelapp.models import Instance, Label, User
from labelapp.queries.people import account_name, pickable_people

NAME_LENGTH = 100
TURNING_MARKS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # would turn the text around them
COLOR_NAMES = (
    _("Coral"), _("Sky"), _("Sun"), _("Lilac"), _("Slate"), _("Jade"), _("Pink"), _("Ochre"), _("Indigo"), _("Lime"),
    _("Cyan"), _("Blush"), _("Sage"), _("Red"), _("Azure"), _("Green"), _("Amber"), _("Ice"), _("Periwinkle"),
    _("Violet"),
)  # fmt: skip


def dress(form: forms.BaseForm) -> None:
    """Give text boxes and selects their class; boxes to tick have none."""
    for field in form.fields.values():
        if not isinstance(field.widget, forms.CheckboxInput | forms.CheckboxSelectMultiple | forms.RadioSelect):
            field.widget.attrs.setdefault("class", "input")


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
        widgets = {"theme": forms.RadioSelect, "density": forms.RadioSelect}  # noqa: RUF012
        labels = {"language": _("Language"), "theme": _("Theme"), "density": _("Density")}  # noqa: RUF012

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        site = _("As the team: %(zone)s") % {"zone": settings.TIME_ZONE}
        zones = sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC")
        self.fields["time_zone"].choices = [("", site), *((zone, zone.replace("_", " ")) for zone in zones)]  # type: ignore[attr-defined]
        self.fields["language"].choices = [("", _("As the browser")), *settings.LANGUAGES]  # type: ignore[attr-defined]
        self.fields["theme"].choices = User.Theme.choices  # type: ignore[attr-defined]
        dress(self)


class PasswordForm(PasswordChangeForm):
    """A new password, for whoever knows the old one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
        dress(self)


def check_label_name(name: str) -> None:
    """Refuse control characters, marks that turn the text around them, and names that nobody could see."""
    kinds = {unicodedata.category(character) for character in name}
    if kinds & {"Cc", "Cs", "Zl", "Zp"} or TURNING_MARKS & set(name):
        raise ValidationError(_("A name can't hold control characters or line breaks."))
    if not any(kind[0] in "LNPSM" for kind in kinds):
        raise ValidationError(_("Give the label a name that people can see."))


class LabelForm(forms.Form):
    """Name, colour and description of a label of one number."""

    name = forms.CharField(
        label=_("Name"),
        max_length=NAME_LENGTH,
        validators=[check_label_name],
        help_text=_("Shown on every phone of this account. Any script, any emoji."),
        error_messages={"required": _("Give the label a name.")},
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off", "autofocus": True}),
    )
    color = forms.TypedChoiceField(
        label=_("Colour"),
        coerce=int,
        empty_value=None,
        choices=list(enumerate(COLOR_NAMES)),
        error_messages={
            "required": _("Choose one of the 20 colours."),
            "invalid_choice": _("Choose one of the 20 colours."),
        },
        help_text=_("The 20 WhatsApp colours. A dot marks a colour another label uses."),
        widget=forms.RadioSelect,
    )
    description = forms.CharField(
        label=_("When to use it"),
        required=False,
        max_length=200,
        help_text=_("Agents see this in the picker. It stays in labelapp."),
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )

    def __init__(self, *args: Any, instance: Instance, label: Label | None = None, **kwargs: Any) -> None:
        self.instance, self.label = instance, label
        if label is not None:
            kwargs["initial"] = {"name": label.name, "color": label.color_index, "description": label.description}
        super().__init__(*args, **kwargs)
        self.fields["color"].required = label is None or label.color_index is not None
        dress(self)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if self.label is not None and name == self.label.name:
            return name
        others = Label.objects.living().filter(instance=self.instance).exclude(pk=self.label.pk if self.label else 0)
        for other in others.values_list("name", flat=True):
            if other.casefold() == name.casefold():
                raise ValidationError(
                    _("There is already a label “%(name)s”."), params={"name": other}, code="duplicate"
                )
        return name


def free_slug(name: str) -> str:
    """A short name made from `name` that no number has, or ever had."""
    stem = slugify(name)[:30].strip("-") or "number"
    taken = set(Instance.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    tail = next(n for n in range(1, len(taken) + 2) if (stem if n == 1 else f"{stem}-{n}") not in taken)
    return stem if tail == 1 else f"{stem}-{tail}"


class PeopleField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    """People to tick, by the name that others know them by."""

    def label_from_instance(self, obj: User) -> str:
        return obj.display_name


class NumberForm(forms.Form):
    """A WhatsApp number at a provider. With `number` the form changes it: an empty token keeps the stored one."""

    name = forms.CharField(
        label=_("Name"), max_length=80, widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"})
    )
    slug = forms.SlugField(
        label=_("Short name"),
        max_length=40,
        required=False,
        help_text=_("Part of addresses, never changes. Left empty, it is made from the name."),
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off"}),
    )
    provider = forms.ChoiceField(label=_("Provider"), choices=Instance.Provider.choices)
    base_url = forms.CharField(
        label=_("Address of the API"),
        max_length=200,
        initial="https://api.wawp.net",
        widget=forms.TextInput(attrs={"dir": "ltr", "inputmode": "url", "spellcheck": "false"}),
    )
    allow_private = forms.BooleanField(
        label=_("May be on a private network"),
        required=False,
        help_text=_("Needed for a provider on your own network or this machine. Leave it off for a hosted one."),
    )
    instance_id = forms.CharField(
        label=_("Instance id"),
        max_length=80,
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off", "spellcheck": "false"}),
    )
    token = forms.CharField(
        label=_("Access token"),
        max_length=500,
        help_text=_("Kept encrypted and never shown again."),
        error_messages={"required": _("Enter the access token.")},
        widget=forms.PasswordInput(attrs={"dir": "ltr", "autocomplete": "new-password", "hx-preserve": "true"}),
    )
    people = PeopleField(
        label=_("People"),
        required=False,
        queryset=User.objects.none(),
        help_text=_("Nobody ticked: everyone may see this number. Admins always may."),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, number: Instance | None = None, **kwargs: Any) -> None:
        self.number = number
        if number is not None:
            kwargs["initial"] = {
                name: getattr(number, name) for name in ("name", "provider", "base_url", "allow_private", "instance_id")
            }
            kwargs["initial"]["people"] = number.people.all()
        super().__init__(*args, **kwargs)
        self.fields["people"].queryset = pickable_people()  # type: ignore[attr-defined]
        if number is not None:
            del self.fields["slug"], self.fields["provider"]
            self._keep_token(number)
        dress(self)

    def _keep_token(self, number: Instance) -> None:
        token = self.fields["token"]
        token.required = number.locked
        if not number.locked:
            token.widget.attrs["placeholder"] = _("stored; type to replace")

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug and Instance.objects.filter(slug=slug).exists():
            raise ValidationError(_("Another number has, or had, this short name."))
        return slug or free_slug(self.data.get("name", ""))


class HmacForm(forms.Form):
    """The key that deliveries are signed with."""

    hmac_key = forms.CharField(
        label=_("Signing key"),
        max_length=200,
        min_length=8,
        widget=forms.PasswordInput(attrs={"dir": "ltr", "autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        dress(self)


class TypedNumberForm(forms.Form):
    """A number that a person has to type before something is destroyed. Digits of any script, separators or none."""

    typed = forms.CharField(
        label=_("Type the number of chats to confirm"),
        validators=[MaxLengthValidator(20)],
        error_messages={"required": _("Type the number to confirm.")},
        widget=forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "off",
                "dir": "ltr",
                "class": "input short",
                "autofocus": True,
            }
        ),
    )

    def __init__(self, *args: Any, expected: int, **kwargs: Any) -> None:
        self.expected = expected
        super().__init__(*args, **kwargs)
        self.fields["typed"].required = expected > 0  # nothing to type where nothing is lost

    def clean_typed(self) -> int:
        if not self.expected:
            return 0
        digits = "".join(character for character in self.cleaned_data["typed"] if character.isdecimal())
        if not digits or int(digits) != self.expected:
            raise ValidationError(_("It is on %(count)d chats now. Type that number."), params={"count": self.expected})
        return self.expected


class TypedNameForm(forms.Form):
    """A short name that a person has to type before something is taken away."""

    typed = forms.CharField(
        label=_("Type the short name to confirm"),
        max_length=80,
        error_messages={"required": _("Type the short name to confirm.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "ltr", "class": "input", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        self.expected = expected
        super().__init__(*args, **kwargs)

    def clean_typed(self) -> str:
        if self.cleaned_data["typed"] != self.expected:
            raise ValidationError(_("That is not the short name of this number."))
        return self.expected
