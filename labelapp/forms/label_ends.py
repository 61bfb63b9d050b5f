"""Before a label ends: what becomes of its chats, and their number typed."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from labelapp.forms.dress import dress
from labelapp.models import Label


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
        if not digits:
            raise ValidationError(_("Type the number to confirm."))
        if int(digits) != self.expected:
            raise ValidationError(_("It is on %(count)d chats now. Type that number."), params={"count": self.expected})
        return self.expected


class TargetField(forms.ChoiceField):
    """One of the labels that are offered, by key."""

    def __init__(self, **kwargs: Any) -> None:
        self.labels: dict[str, Label] = {}
        messages = dict.fromkeys(("required", "invalid_choice"), _("Choose the label that the chats get."))
        values: dict[str, Any] = {"label": _("Label that they get"), "required": False, "error_messages": messages}
        super().__init__(**(values | kwargs))

    def offer(self, labels: Sequence[Label]) -> None:
        self.labels = {str(label.pk): label for label in labels}
        self.choices = [("", _("Choose a label")), *((pk, label.name) for pk, label in self.labels.items())]

    def clean(self, value: Any) -> Label | None:
        return self.labels.get(super().clean(value))


class DeletionForm(TypedNumberForm):
    """What becomes of a label and its chats. Nothing is chosen unless the link that led here said so."""

    EVERYWHERE, MOVE, ARCHIVE = "everywhere", "move", "archive"
    how = forms.ChoiceField(
        choices=[
            (ARCHIVE, _("Archive it here")),
            (MOVE, _("Move the chats to another label first")),
            (EVERYWHERE, _("Delete everywhere")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what happens."), "invalid_choice": _("Choose what happens.")},
    )
    into = TargetField()

    def __init__(self, *args: Any, targets: Sequence[Label], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["typed"].required = False
        cast(TargetField, self.fields["into"]).offer(targets)
        dress(self)

    def clean_typed(self) -> int:
        return super().clean_typed() if self.data.get("how") == self.EVERYWHERE else 0

    def clean_into(self) -> Label | None:
        found: Label | None = self.cleaned_data["into"]
        if found is None and self.data.get("how") == self.MOVE:
            raise ValidationError(_("Choose the label that the chats get."))
        return found


class MergeForm(TypedNumberForm):
    """The label that the chats get, and their number typed."""

    into = TargetField(required=True)

    def __init__(self, *args: Any, targets: Sequence[Label], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(TargetField, self.fields["into"]).offer(targets)
        dress(self)

    @property
    def target(self) -> Label | None:
        """The label that is chosen so far, if it is offered."""
        return cast(TargetField, self.fields["into"]).labels.get(str(self["into"].value() or ""))
