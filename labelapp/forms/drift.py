"""What is typed before a guarded removal is taken over."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from labelapp.forms.label_ends import TypedNumberForm


class TypedAssignmentsForm(TypedNumberForm):
    """The number of assignments that would come off."""

    def __init__(self, *args: Any, expected: int, **kwargs: Any) -> None:
        super().__init__(*args, expected=expected, **kwargs)
        self.fields["typed"].label = _("Type the number of assignments to take them off")

    def clean_typed(self) -> int:
        try:
            return super().clean_typed()
        except ValidationError as error:
            words = _("It is about %(count)d assignments. Type that number.")
            raise ValidationError(words, params={"count": self.expected}) from error
