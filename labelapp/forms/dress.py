"""How the fields of all forms look, and what is filled into them."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms


def dress(form: forms.BaseForm) -> None:
    """Give text boxes and selects their class; boxes to tick and what nobody sees have none."""
    bare = forms.CheckboxInput | forms.CheckboxSelectMultiple | forms.RadioSelect | forms.HiddenInput
    for field in form.fields.values():
        if not isinstance(field.widget, bare):
            field.widget.attrs.setdefault("class", "input")


def offer(form: forms.BaseForm, name: str, choices: Sequence[tuple[Any, Any]]) -> None:
    """What one may choose in a field: (value, words), or (heading, pairs of these)."""
    cast(forms.ChoiceField, form.fields[name]).choices = choices
