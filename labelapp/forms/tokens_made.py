"""A new key for a program."""

from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.forms.dress import dress
from labelapp.models import Instance

DAYS = [("30", _("30 days")), ("90", _("90 days")), ("365", _("a year")), ("", _("until somebody ends it"))]
MAY = [
    ("read", _("read labels, chats, runs and the activity")),
    ("tag", _("put labels on chats, take them off, move chats to a stage")),
    ("manage", _("begin, pause and stop runs over many chats")),
]


class TokenForm(forms.Form):
    """What the token is called, what it may do, where and for how long."""

    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        help_text=_("The program's name. It stands in the activity of every chat that the program changes."),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("It may"),
        choices=MAY,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one thing that the program may do.")},
    )
    instances = forms.ModelMultipleChoiceField(
        label=_("Numbers"),
        required=False,
        queryset=Instance.objects.none(),
        help_text=_("Nothing ticked: every number, also those that come later."),
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.ChoiceField(label=_("It works for"), required=False, choices=DAYS, initial="365")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        numbers = cast("forms.ModelMultipleChoiceField[Instance]", self.fields["instances"])
        numbers.queryset = Instance.objects.connected().order_by("name")
        dress(self)

    @property
    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=int(days)) if days else None
