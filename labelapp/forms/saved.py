"""The name of a view, and whether it is for everybody."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from labelapp.actions.saved import NAME_LENGTH
from labelapp.forms.dress import dress


class ViewForm(forms.Form):
    """The action says what is wrong with a name: it alone knows which are taken."""

    name = forms.CharField(
        label=_("Name"),
        required=False,
        strip=False,
        widget=forms.TextInput(
            attrs={"dir": "auto", "autocomplete": "off", "autofocus": True, "maxlength": NAME_LENGTH, "required": True}
        ),
    )
    shared = forms.BooleanField(
        label=_("For everybody"),
        required=False,
        help_text=_("Each colleague can have it as a tab, and finds the chats of the numbers that they may see."),
    )

    def __init__(self, *args: Any, may_share: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_share:
            del self.fields["shared"]
        dress(self)
