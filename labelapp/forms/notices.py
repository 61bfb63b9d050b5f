"""What a person wants to be told of, and how."""

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from labelapp.forms.dress import dress
from labelapp.forms.numbers import CLOCK
from labelapp.forms.queries import kept_query
from labelapp.models import Instance, Label, NoticeSettings, User


class NoticeForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Sound, desktop and quiet hours."""

    class Meta:
        model = NoticeSettings
        fields = ("sound", "desktop", "quiet_from", "quiet_until")
        widgets = {"quiet_from": CLOCK, "quiet_until": CLOCK}  # noqa: RUF012  # as Django reads it

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["desktop"].help_text = _(
            "While labelapp is open in some tab. The browser asks you once whether it may."
        )
        self.fields["quiet_until"].help_text = _("In these hours only what is urgent is told. Your time zone.")
        dress(self)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if (values.get("quiet_from") is None) != (values.get("quiet_until") is None) and not self.errors:
            raise ValidationError({"quiet_until": _("Enter both times, or neither.")})
        return values


class LabelChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    """A label to choose, with its number where there are several."""

    several = False

    def label_from_instance(self, obj: Label) -> str:
        return f"{obj} ({obj.instance})" if self.several else str(obj)


class SubscriptionForm(forms.Form):
    """A label or stage, or a search."""

    label = LabelChoice(label=_("Label or stage"), required=False, queryset=Label.objects.none(), empty_label="–")
    query = forms.CharField(
        label=_("Or chats that match"),
        required=False,
        max_length=300,
        help_text=_("A search as in the inbox. You are told when a message or a label comes to a chat that it finds."),
        widget=forms.TextInput(attrs={"dir": "auto", "spellcheck": "false", "autocomplete": "off"}),
    )
    urgent = forms.BooleanField(
        label=_("Urgent"),
        required=False,
        help_text=_("Told in quiet hours as well, and stays on the screen until you dismiss it."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)
        numbers = Instance.objects.visible_to(user)
        field = cast(LabelChoice, self.fields["label"])
        field.several = numbers.count() > 1
        labels = Label.objects.living().filter(instance__in=numbers, known_at__isnull=False, archived_at=None)
        field.queryset = labels.select_related("instance").order_by("instance__name", "position", "pk")
        dress(self)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.errors:
            return values
        if bool(values["label"]) == bool(values["query"].strip()):
            raise ValidationError(_("Choose a label, or write a search: one of them."))
        if values["label"] is None:
            try:
                values["terms"], values["text"] = kept_query(self.user, values["query"])
            except ValidationError as error:
                self.add_error("query", error)
        return values

    @property
    def values(self) -> dict[str, Any]:
        """What the action takes."""
        return {name: value for name, value in self.cleaned_data.items() if name != "query"}
