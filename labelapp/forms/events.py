"""Business events as people write them: which labels one means, and one to try."""

import json
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labelapp.forms.dress import dress, offer
from labelapp.models import Chat, EventMapping, Instance
from labelapp.models.events import TYPE_LENGTH, is_type
from labelapp.queries.directory import Directory
from labelapp.queries.events.places import chat_named, places_of
from labelapp.queries.rules.specs import Wrong

GONE = {"invalid_choice": gettext_lazy("It names a label that the number does not have any more.")}
PARTS = ("id", "type", "phone", "chat", "data", "instance")
EXAMPLE = '{\n  "id": "evt_1",\n  "type": "payment.succeeded",\n  "phone": "+201001234567"\n}'


def _labels(label: Any, help_text: Any = "") -> forms.TypedMultipleChoiceField:
    return forms.TypedMultipleChoiceField(
        label=label,
        coerce=int,
        required=False,
        help_text=help_text,
        error_messages=GONE,
        widget=forms.CheckboxSelectMultiple,
    )


class MappingForm(forms.Form):
    """`values`, once it is valid: those of the action, which tells what makes no sense together (`wrong`)."""

    type = forms.CharField(
        label=gettext_lazy("Type of the event"),
        max_length=TYPE_LENGTH,
        error_messages={"required": gettext_lazy("Write the type, as the program does.")},
        help_text=gettext_lazy("Exactly as the program writes it: payment.succeeded."),
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off", "spellcheck": "false", "autofocus": True}),
    )
    adds = _labels(gettext_lazy("Add labels"))
    removes = _labels(
        gettext_lazy("Remove labels"), gettext_lazy("They come off once what is added, or the stage, is on WhatsApp.")
    )
    stage = forms.ChoiceField(
        label=gettext_lazy("Move to the stage"),
        required=False,
        error_messages=GONE,
        help_text=gettext_lazy("The stage before it, and what it makes redundant, comes off by itself."),
    )

    def __init__(self, *args: Any, directory: Directory, mapping: EventMapping | None = None, **kw: Any) -> None:
        self.tags = {tag.pk: tag for section in directory.sections for tag in section.tags if not tag.ghost}
        self.mapping = mapping
        if mapping is not None:
            own = {"type": mapping.type, "adds": mapping.adds, "removes": mapping.removes, "stage": mapping.stage_id}
            kw["initial"] = own
        super().__init__(*args, **kw)
        every = [(tag.pk, tag.name) for tag in self.tags.values()]
        for name in ("adds", "removes"):
            offer(self, name, every)
        stages = [(tag.pk, tag.name) for tag in self.tags.values() if tag.exclusive]
        offer(self, "stage", [("", gettext_lazy("leave it where it is")), *stages])
        dress(self)

    @property
    def values(self) -> dict[str, Any]:
        said = self.cleaned_data
        return said | {"stage": int(said["stage"]) if said["stage"] else None}

    def wrong(self, error: Wrong) -> None:
        """Show what the action found, beside its field."""
        self.add_error(error.field if error.field in self.fields else None, str(error.message))


class TrialForm(forms.Form):
    """An event to try at a number. Once it is valid: `type`, `chat` and `phone`."""

    event = forms.CharField(
        label=gettext_lazy("The event, as JSON"),
        initial=EXAMPLE,
        max_length=20_000,
        error_messages={"required": gettext_lazy("Paste an event.")},
        widget=forms.Textarea(attrs={"rows": 6, "dir": "ltr", "spellcheck": "false", "class": "input mono"}),
    )

    def __init__(self, *args: Any, number: Instance, **kw: Any) -> None:
        self.number = number
        self.type, self.phone = "", ""
        self.chat: Chat | None = None
        super().__init__(*args, **kw)

    def clean_event(self) -> str:
        text: str = self.cleaned_data["event"]
        told = _read(text)
        type, phone, chat, slug = (told.get(name) for name in ("type", "phone", "chat", "instance"))
        if not isinstance(type, str) or not is_type(type):
            raise forms.ValidationError(_("type: at most 80 letters, digits and signs of . _ : / -."))
        if slug is not None and slug != self.number.slug:
            raise forms.ValidationError(_("instance: it is about another number than this one."))
        if (phone is None) == (chat is None):
            raise forms.ValidationError(_("Say either phone or chat."))
        self.type = type
        if phone is None:
            self.chat = chat_named(self.number, str(chat).replace("\0", ""))
            if self.chat is None:
                raise forms.ValidationError(_("chat: this number has no such chat."))
        else:
            places = places_of([self.number], str(phone))
            if places is None:
                raise forms.ValidationError(_("phone: this is no phone number."))
            self.phone, self.chat = places.phone, next(iter(places.chats), None)
        return text


def _read(text: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except json.JSONDecodeError as error:
        where = {"line": error.lineno, "column": error.colno}
        raise forms.ValidationError(_("This is no JSON: look at line %(line)d, column %(column)d.") % where) from error
    except (ValueError, RecursionError) as error:
        raise forms.ValidationError(_("This is no JSON.")) from error
    if not isinstance(told, dict):
        raise forms.ValidationError(_("An event is an object: { … }."))
    if strange := next((name for name in told if name not in PARTS), None):
        words = _("“%(name)s” is no part of an event. These are: %(parts)s.")
        raise forms.ValidationError(words % {"name": strange[:40], "parts": ", ".join(PARTS)})
    if not isinstance(told.get("data", {}), dict):
        raise forms.ValidationError(_("data: an object, { … }."))
    return told
