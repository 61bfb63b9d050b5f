"""Outgoing hooks: where they go, and what they are told."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from labelapp.forms.dress import dress
from labelapp.forms.queries import kept_query, kept_text
from labelapp.models import Instance, Label, OutgoingHook, User
from labelapp.models.outgoing import URL_LENGTH

PLAIN = ("name", "url", "events", "allow_private", "is_on")


class LabelField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    """Labels to tick, with their number where there are several."""

    several = False

    def label_from_instance(self, obj: Label) -> str:
        return f"{obj} ({obj.instance})" if self.several else str(obj)


class HookForm(forms.Form):
    """With `hook` the form changes it. The action says what is wrong with the address."""

    name = forms.CharField(
        label=_("Name"), max_length=80, widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"})
    )
    url = forms.CharField(
        label=_("Address"),
        max_length=URL_LENGTH,
        help_text=_("Where labelapp posts to. Kept encrypted: many receivers have a secret in it."),
        widget=forms.TextInput(
            attrs={"dir": "ltr", "inputmode": "url", "spellcheck": "false", "placeholder": "https://"}
        ),
    )
    allow_private = forms.BooleanField(
        label=_("May be on a private network"),
        required=False,
        help_text=_("Needed for a receiver on your own network or this machine, and for an address without https."),
    )
    events = forms.MultipleChoiceField(
        label=_("Events"),
        choices=OutgoingHook.Event.choices,
        required=False,
        help_text=_("None ticked: only rules call it, or ask it as a classifier."),
        widget=forms.CheckboxSelectMultiple,
    )
    numbers = forms.ModelMultipleChoiceField(
        label=_("Numbers"),
        required=False,
        queryset=Instance.objects.none(),
        help_text=_("None ticked: all numbers."),
        widget=forms.CheckboxSelectMultiple,
    )
    labels = LabelField(
        label=_("Labels"),
        required=False,
        queryset=Label.objects.none(),
        help_text=_("None ticked: all labels."),
        widget=forms.CheckboxSelectMultiple,
    )
    query = forms.CharField(
        label=_("Only chats that match"),
        required=False,
        max_length=500,
        help_text=_("A search as in the inbox, for example label:vip is:unanswered. Left empty: all chats."),
        widget=forms.TextInput(attrs={"dir": "auto", "spellcheck": "false", "autocomplete": "off"}),
    )
    is_on = forms.BooleanField(label=_("On"), required=False, initial=True)

    def __init__(self, *args: Any, user: User, hook: OutgoingHook | None = None, **kwargs: Any) -> None:
        self.user, self.hook = user, hook
        if hook is not None:
            kwargs["initial"] = {name: getattr(hook, name) for name in PLAIN} | {
                "numbers": hook.numbers.all(),
                "labels": hook.labels.all(),
                "query": kept_text(user, hook.terms)[0],
            }
        super().__init__(*args, **kwargs)
        self._offer(Instance.objects.connected(), hook)
        dress(self)

    def _offer(self, numbers: Any, hook: OutgoingHook | None) -> None:
        """The living labels of connected numbers, and those that the hook has, living or not."""
        labels = Label.objects.living().filter(instance__in=numbers, known_at__isnull=False)
        if hook is not None:
            labels = labels | Label.objects.filter(pk__in=hook.labels.values("pk"))
        field = cast(LabelField, self.fields["labels"])
        field.several = numbers.count() > 1
        field.queryset = labels.select_related("instance").order_by("instance__name", "position", "pk")
        cast(LabelField, self.fields["numbers"]).queryset = numbers

    def clean_query(self) -> str:
        self.cleaned_data["terms"], text = kept_query(self.user, self.cleaned_data["query"])
        return text

    @property
    def values(self) -> dict[str, Any]:
        """What the action takes."""
        return {name: value for name, value in self.cleaned_data.items() if name != "query"}
