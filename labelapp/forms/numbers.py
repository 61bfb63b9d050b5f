"""Connected numbers: how they are reached, signed for, and let go."""

from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from labelapp.forms.dress import dress
from labelapp.models import Instance, User
from labelapp.models.instances import ALL
from labelapp.queries.people import pickable_people

CLOCK = forms.TimeInput(attrs={"type": "time", "dir": "ltr", "class": "input short"}, format="%H:%M")


@dataclass(frozen=True, slots=True)
class Speech:
    """What a provider calls the things that the form asks for. Texts are lazy, except addresses."""

    base_url: str  # what the field holds at first
    example: str
    instance_id: Any
    instance_help: Any
    token: Any
    token_missing: Any
    private_help: Any


SPEECH = {
    Instance.Provider.WAWP.value: Speech(
        base_url="https://api.wawp.net",
        example="https://api.wawp.net",
        instance_id=_("Instance id"),
        instance_help="",
        token=_("Access token"),
        token_missing=_("Enter the access token."),
        private_help=_("Needed for a provider on your own network or this machine. Leave it off for a hosted one."),
    ),
    Instance.Provider.WAHA.value: Speech(
        base_url="",
        example="https://waha.example.com",
        instance_id=_("Session name"),
        instance_help=_("As WAHA's own pages list it, often “default”."),
        token=_("API key"),
        token_missing=_("Enter the API key."),
        private_help=_("Needed for a WAHA on your own network or this machine, and for an address without https."),
    ),
}


def free_slug(name: str) -> str:
    """A short name made from `name` that no number has, or ever had."""
    stem = slugify(name)[:30].strip("-") or "number"
    taken = {ALL, *Instance.objects.filter(slug__startswith=stem).values_list("slug", flat=True)}
    tail = next(n for n in range(1, len(taken) + 2) if (stem if n == 1 else f"{stem}-{n}") not in taken)
    return stem if tail == 1 else f"{stem}-{tail}"


class PeopleField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    """People to tick, by the name that others know them by."""

    def label_from_instance(self, obj: User) -> str:
        return obj.display_name


class NumberForm(forms.Form):
    """A WhatsApp number at a provider, in that provider's words. With `number` the form changes it: an empty token keeps
    the stored one."""

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
    provider = forms.ChoiceField(label=_("Provider"), choices=Instance.Provider.choices, widget=forms.HiddenInput)
    base_url = forms.CharField(
        label=_("Address of the API"),
        max_length=200,
        widget=forms.TextInput(attrs={"dir": "ltr", "inputmode": "url", "spellcheck": "false"}),
    )
    allow_private = forms.BooleanField(label=_("May be on a private network"), required=False)
    instance_id = forms.CharField(
        max_length=80,
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off", "spellcheck": "false"}),
    )
    token = forms.CharField(
        max_length=500,
        help_text=_("Kept encrypted and never shown again."),
        widget=forms.PasswordInput(attrs={"dir": "ltr", "autocomplete": "new-password", "hx-preserve": "true"}),
    )
    people = PeopleField(
        label=_("People"),
        required=False,
        queryset=User.objects.none(),
        help_text=_("Nobody ticked: everyone may see this number. Admins always may."),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, number: Instance | None = None, provider: str = "", **kwargs: Any) -> None:
        self.number = number
        self.chosen = number.provider if number else provider if provider in SPEECH else Instance.Provider.WAWP.value
        if number is not None:
            kwargs["initial"] = {
                name: getattr(number, name) for name in ("name", "provider", "base_url", "allow_private", "instance_id")
            }
            kwargs["initial"]["people"] = number.people.all()
        super().__init__(*args, **kwargs)
        cast(PeopleField, self.fields["people"]).queryset = pickable_people()
        self._speak(SPEECH[self.chosen])
        if number is not None:
            del self.fields["slug"], self.fields["provider"]
            self._keep_token(number)
        dress(self)

    def _speak(self, speech: Speech) -> None:
        """Name the fields as the provider does."""
        fields = self.fields
        fields["provider"].initial, fields["base_url"].initial = self.chosen, speech.base_url
        fields["base_url"].widget.attrs["placeholder"] = speech.example
        fields["allow_private"].help_text = speech.private_help
        fields["instance_id"].label, fields["instance_id"].help_text = speech.instance_id, speech.instance_help
        fields["token"].label = speech.token
        fields["token"].error_messages["required"] = speech.token_missing

    def _keep_token(self, number: Instance) -> None:
        token = self.fields["token"]
        token.required = number.locked
        if not number.locked:
            token.widget.attrs["placeholder"] = _("stored; type to replace")

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug == ALL:
            raise ValidationError(_("This short name stands for all numbers. Choose another."))
        if slug and Instance.objects.filter(slug=slug).exists():
            raise ValidationError(_("Another number has, or had, this short name."))
        return slug or free_slug(self.data.get("name", ""))


class PaceForm(forms.Form):
    """How fast labels are changed, and when runs rest."""

    pace = forms.FloatField(
        label=_("Changes a minute"),
        min_value=1,
        max_value=6000,
        help_text=_("Clicks, rules and runs share it. Clicks go first."),
        widget=forms.NumberInput(attrs={"dir": "ltr", "class": "input short", "step": "any"}),
    )
    quiet_from = forms.TimeField(label=_("No runs from"), required=False, widget=CLOCK)
    quiet_until = forms.TimeField(label=_("until"), required=False, widget=CLOCK)

    def __init__(self, *args: Any, number: Instance, **kwargs: Any) -> None:
        at = {name: getattr(number, name) for name in ("quiet_from", "quiet_until")}
        kwargs["initial"] = {"pace": f"{round(number.pace * 60, 2):g}", **at}
        super().__init__(*args, **kwargs)
        dress(self)


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
