"""Chats that were chosen in the list: ticked one by one, or all that match its query."""

from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Refused
from labelapp.actions.run_targets import LONGEST, MOST, Target, chosen, matching
from labelapp.models import Instance, User
from labelapp.queries.language.reading import Reading
from labelapp.queries.language.saved import label_pks, load, save
from labelapp.queries.language.terms import Query
from labelapp.queries.saved import kept_labels
from labelapp.queries.scopes import Scope, scope_of

SALT = "selection"
A_DAY = 86_400  # seconds: a page stays open for long


def sealed(scope: Scope, query: Query) -> str:
    """A query as a page carries it: its labels by their keys, of these numbers. Signed: nobody makes one up."""
    return signing.dumps([save(query), [number.pk for number in scope.numbers]], salt=SALT, compress=True)


def opened(user: User, text: str) -> tuple[Scope, Reading]:
    """The query over those of its numbers that this person may see now. Raises Refused for what is none, or an old one."""
    try:
        saved, numbers = signing.loads(text, salt=SALT, max_age=A_DAY)
    except signing.BadSignature as error:
        raise Refused(_("This selection is too old. Choose the chats again.")) from error
    scope = scope_of(user, Instance.objects.visible_to(user).filter(pk__in=numbers))
    return scope, load(saved, scope.vocabulary, kept_labels(user, label_pks(saved)))


class SelectionForm(forms.Form):
    """`chats`: keys with commas between. `query`: as `sealed` wrote it."""

    chats = forms.CharField(required=False, max_length=LONGEST, widget=forms.HiddenInput)
    query = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput)

    def clean_chats(self) -> list[int]:
        text: str = self.cleaned_data["chats"]
        parts = [part for part in text.split(",") if part]
        if not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in parts):
            raise ValidationError(_("These are no chats."))
        if len(parts) > MOST:
            raise ValidationError(_("A run takes at most %(n)s chats. Divide the list."), params={"n": MOST})
        return [int(part) for part in parts]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not self.errors and not self.is_selection:
            raise ValidationError(_("Choose some chats first."))
        return values

    @property
    def is_selection(self) -> bool:
        return bool(self.cleaned_data.get("chats") or self.cleaned_data.get("query"))

    def target(self, user: User) -> Target:
        """The chats. Raises Refused as `opened` and `matching` do."""
        if query := self.cleaned_data["query"]:
            return matching(*opened(user, query))
        return chosen(self.cleaned_data["chats"])
