"""A group of labels: its name, its rule, and what becomes of conflicts."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from labelapp.actions.groups import NAME_LENGTH
from labelapp.forms.dress import dress
from labelapp.forms.labels import check_label_name
from labelapp.models import Instance, LabelGroup

KINDS = [
    (LabelGroup.Kind.FREE, _("Free: a chat has any number of them")),
    (LabelGroup.Kind.EXCLUSIVE, _("Exclusive: a chat has at most one of them")),
    (LabelGroup.Kind.FUNNEL, _("Funnel: exclusive, and ordered as stages")),
]


class GroupForm(forms.Form):
    """`group`: the one that is changed, None for a new one."""

    name = forms.CharField(
        label=_("Name"),
        max_length=NAME_LENGTH,
        validators=[check_label_name],
        error_messages={"required": _("Give the group a name.")},
        help_text=_("It stays in labelapp: WhatsApp knows no groups."),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off", "autofocus": True}),
    )
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=KINDS,
        initial=LabelGroup.Kind.FREE,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a kind."), "invalid_choice": _("Choose a kind.")},
    )
    conflict_policy = forms.ChoiceField(
        label=_("If a phone sets two"),
        choices=LabelGroup.ConflictPolicy.choices,
        initial=LabelGroup.ConflictPolicy.ASK,
        required=False,
        help_text=_("WhatsApp itself has no exclusive labels, so a phone can put two of them on a chat."),
    )

    def __init__(self, *args: Any, instance: Instance, group: LabelGroup | None = None, **kwargs: Any) -> None:
        self.instance, self.group = instance, group
        if group is not None:
            kwargs["initial"] = {"name": group.name, "kind": group.kind, "conflict_policy": group.conflict_policy}
        super().__init__(*args, **kwargs)
        dress(self)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = LabelGroup.objects.filter(instance=self.instance).exclude(pk=self.group.pk if self.group else 0)
        for other in others.values_list("name", flat=True):
            if other.casefold() == name.casefold():
                raise ValidationError(_("There is already a group “%(name)s”."), params={"name": other})
        return name

    def clean_conflict_policy(self) -> str:
        kept = self.group.conflict_policy if self.group else LabelGroup.ConflictPolicy.ASK
        return self.cleaned_data["conflict_policy"] or kept
