"""After how long a chat is stuck, one box for each stage of a funnel."""

from datetime import timedelta
from typing import Any

from django import forms

from labelapp.forms.dress import dress
from labelapp.forms.spans import SpanField, write_span
from labelapp.forms.tokens import read_token, token_of
from labelapp.queries.insights import Funnel


class LimitsForm(forms.Form):
    """`limits` has the spans by stage once the form is valid, `seen` what the person was shown."""

    def __init__(self, *args: Any, funnel: Funnel, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.funnel = funnel
        for tag, label in funnel.stages:
            attrs = {"class": "input short", "dir": "ltr", "autocomplete": "off", "size": 6}
            self.fields[f"stage-{tag.pk}"] = SpanField(
                label=tag.name,
                required=False,
                max_length=12,
                initial=write_span(label.stuck_after),
                widget=forms.TextInput(attrs=attrs),
            )
        dress(self)

    @property
    def limits(self) -> dict[int, timedelta | None]:
        return {tag.pk: self.cleaned_data[f"stage-{tag.pk}"] for tag, _label in self.funnel.stages}

    @property
    def token(self) -> str:
        """The limits as the page showed them, to be sent back: of a form that was sent, as it said."""
        if self.is_bound:
            return str(self.data.get("seen", ""))
        now = {str(tag.pk): label.stuck_seconds for tag, label in self.funnel.stages}
        return token_of(now, list(now))

    @property
    def seen(self) -> dict[str, Any] | None:
        """Seconds by stage as they were when the form was opened; None where it does not say."""
        return read_token(self.token)
