"""A label's name, colour, description and group."""

import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import EllipsisType
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from labelapp.actions.directory import LIMIT, REDUNDANT, SEEN
from labelapp.forms.dress import dress, offer
from labelapp.forms.spans import SpanField, write_span
from labelapp.forms.tokens import read_token, token_of
from labelapp.models import Instance, Label, LabelGroup
from labelapp.queries.directory import Tag
from labelapp.queries.names import passive
from labelapp.queries.prunes import Prunes

NAME_LENGTH = 100
ADVISED = {"name", "color"}
TURNING_MARKS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # would turn the text around them
COLOR_NAMES = (
    _("Coral"), _("Sky"), _("Sun"), _("Lilac"), _("Slate"), _("Jade"), _("Pink"), _("Ochre"), _("Indigo"), _("Lime"),
    _("Cyan"), _("Blush"), _("Sage"), _("Red"), _("Azure"), _("Green"), _("Amber"), _("Ice"), _("Periwinkle"),
    _("Violet"),
)  # fmt: skip


def check_label_name(name: str) -> None:
    """Refuse control characters, marks that turn the text around them, and names that nobody could see."""
    kinds = {unicodedata.category(character) for character in name}
    if kinds & {"Cc", "Cs", "Zl", "Zp"} or TURNING_MARKS & set(name):
        raise ValidationError(_("A name can't hold control characters or line breaks."))
    if not any(kind[0] in "LNPSM" for kind in kinds):
        raise ValidationError(_("Give the label a name that people can see."))


class RedundantField(forms.TypedMultipleChoiceField):
    """The labels that a stage takes off a chat, by key."""

    def __init__(self, tags: Sequence[Tag]) -> None:
        super().__init__(
            label=_("Comes off when a chat enters this stage"),
            required=False,
            coerce=int,
            choices=[(tag.pk, tag.name) for tag in tags],
            help_text=_(
                "Once the stage has arrived, chosen here or on a phone. Chats that are at the stage already keep what they have."
            ),
            error_messages={"invalid_choice": _("One of these labels is not there any more. Nothing is saved yet.")},
            widget=forms.CheckboxSelectMultiple,
        )


class LabelForm(forms.Form):
    """Name, colour and description of a label of one number; with `prunes` also what it makes redundant, as a stage.

    `advised`: a name or a colour, as a link brings it, that the form begins with in the place of the label's; what is none is passed over.
    """

    name = forms.CharField(
        label=_("Name"),
        max_length=NAME_LENGTH,
        validators=[check_label_name],
        help_text=_("Shown on every phone of this account. Any script, any emoji."),
        error_messages={"required": _("Give the label a name.")},
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off", "autofocus": True}),
    )
    color = forms.TypedChoiceField(
        label=_("Colour"),
        coerce=int,
        empty_value=None,
        choices=list(enumerate(COLOR_NAMES)),
        error_messages={
            "required": _("Choose one of the 20 colours."),
            "invalid_choice": _("Choose one of the 20 colours."),
        },
        help_text=_(
            "The 20 WhatsApp colours. A dot marks a colour another label uses, a line one that looks like it to some eyes."
        ),
        widget=forms.RadioSelect,
    )
    description = forms.CharField(
        label=_("When to use it"),
        required=False,
        max_length=200,
        help_text=_("Agents see this in the picker. It stays in labelapp."),
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
    )

    group = forms.ChoiceField(label=_("Group"), required=False, help_text=_("Groups stay in labelapp."))
    stuck_after = SpanField(
        label=_("Stuck after"),
        required=False,
        max_length=12,
        help_text=_("12h, 3d or 2w: who is in this stage for longer is marked on the board. Empty: never."),
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off", "size": 6}),
    )
    seen = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        instance: Instance,
        label: Label | None = None,
        groups: Sequence[LabelGroup] = (),
        prunes: Prunes | None = None,
        advised: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        self.instance, self.label, self.prunes = instance, label, prunes
        self.groups = {str(group.pk): group for group in groups}
        if label is not None:
            kwargs["initial"] = {
                "name": label.name,
                "color": label.color_index,
                "description": label.description,
                "group": label.group_id or "",
                "stuck_after": write_span(label.stuck_after),
            }
            now = vars(label) | {LIMIT: label.stuck_seconds}
            if prunes is not None:
                now[REDUNDANT] = kwargs["initial"][REDUNDANT] = prunes.chosen
            kwargs["initial"]["seen"] = token_of(now, self.shows)
        kwargs["initial"] = {**(kwargs.get("initial") or {}), **self._usable(advised or {})}
        super().__init__(*args, **kwargs)
        if prunes is not None:
            self.fields[REDUNDANT] = RedundantField(prunes.tags)
        kinds = dict(LabelGroup.Kind.choices)
        named = ((pk, f"{group.name} ({kinds[group.kind]})") for pk, group in self.groups.items())
        offer(self, "group", [("", _("No group")), *named])
        if not self.is_stage:
            del self.fields["stuck_after"]
        self.fields["color"].required = label is None or label.color_index is not None
        dress(self)

    def _usable(self, advised: Mapping[str, str]) -> dict[str, Any]:
        found = {}
        for field in ADVISED & advised.keys():
            with suppress(ValidationError):
                found[field] = self.base_fields[field].clean(advised[field])
        return found

    @property
    def advice(self) -> str | None:
        """What the name that stands in the form should rather say; None for a good one, or a new one that is not there yet."""
        return None if self.is_stage else passive(str(self["name"].value() or ""))

    @property
    def renames(self) -> bool:
        """Whether the label gets a name that it does not have. Of a form that was sent."""
        return self.label is None or self.cleaned_data.get("name") != self.label.name

    @property
    def shows(self) -> tuple[str, ...]:
        """What it shows of the label, that nobody overwrites unseen."""
        limit = (LIMIT,) if self.is_stage else ()
        return (*SEEN, *limit, *((REDUNDANT,) if self.prunes is not None else ()))

    @property
    def is_stage(self) -> bool:
        """Whether the label says where a chat is: such names may tell what was done."""
        return bool(self.label and self.label.group and self.label.group.kind == LabelGroup.Kind.FUNNEL)

    @property
    def boxes(self) -> list[tuple[Any, Tag]]:
        """A box to tick for each label that may come off, with its chip."""
        return list(zip(self[REDUNDANT], self.prunes.tags, strict=True)) if self.prunes else []

    def clean_redundant(self) -> list[int] | None:
        """None where the form did not ask: nothing ticked says nothing then."""
        asked = read_token(str(self.data.get("seen", ""))) or {}
        return self.cleaned_data[REDUNDANT] if REDUNDANT in asked else None

    def clean_group(self) -> LabelGroup | EllipsisType | None:
        """A form that does not ask for the group leaves it as it is."""
        if self.label is not None and "group" not in self.data:
            return ...
        return self.groups.get(self.cleaned_data["group"])

    def clean_seen(self) -> dict[str, Any] | None:
        return read_token(self.cleaned_data["seen"])

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if self.label is not None and name == self.label.name:
            return name
        others = Label.objects.living().filter(instance=self.instance).exclude(pk=self.label.pk if self.label else 0)
        for other in others.values_list("name", flat=True):
            if other.casefold() == name.casefold():
                raise ValidationError(
                    _("There is already a label “%(name)s”."), params={"name": other}, code="duplicate"
                )
        return name
