"""What a run is to do: a list of numbers (or chats that were chosen in the list), labels to add and remove."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from labelapp.actions.run_targets import LONGEST
from labelapp.forms.dress import dress, offer
from labelapp.forms.selections import SelectionForm
from labelapp.models import Instance
from labelapp.queries.run_labels import Wanted
from labelapp.queries.runs import Choice

ADD, REMOVE = "add", "remove"
ENCODINGS = ("utf-8-sig", "utf-16", "cp1256")  # the last one is what spreadsheets of Arabic systems write


class RunForm(SelectionForm):
    """`choices`: the labels of the person's numbers, each a field `label-<pk>`. A value is "", "add" or "remove"."""

    instance = forms.ChoiceField(label=_("Number"), required=False)
    numbers = forms.CharField(
        label=_("Numbers"),
        required=False,
        max_length=LONGEST,
        help_text=_(
            "One in a line, or a table copied from a spreadsheet. Numbers without a country's code are read as local ones."
        ),
        widget=forms.Textarea(attrs={"rows": 7, "dir": "ltr", "spellcheck": "false", "autocomplete": "off"}),
    )
    file = forms.FileField(
        label=_("or a CSV file"),
        required=False,
        allow_empty_file=True,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
    )
    purpose = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=200,
        help_text=_("Why you do it, for the others. It stays in labelapp."),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
    fires_rules = forms.BooleanField(
        label=_("Fire rules and hooks for each change"),
        required=False,
        help_text=_("If not, it sets nothing else in motion, however many chats it changes."),
    )

    def __init__(self, *args: Any, numbers: Sequence[Instance], choices: Sequence[Choice], **kwargs: Any) -> None:
        self.connected, self.choices = list(numbers), list(choices)
        super().__init__(*args, **kwargs)
        every = [("all", _("All numbers"))] if len(self.connected) > 1 else []
        offer(self, "instance", [*every, *((number.slug, number.name) for number in self.connected)])
        dress(self)
        self.fields["numbers"].widget.attrs["class"] = "input mono"

    @property
    def chosen_numbers(self) -> list[Instance]:
        """The connected numbers in which chats are looked for."""
        slug = self.cleaned_data.get("instance") or "all"
        return self.connected if slug == "all" else [number for number in self.connected if number.slug == slug]

    def value_of(self, choice: Choice) -> str:
        """ "", "add" or "remove", as the form was sent. Lists of labels come as `add` and `remove`, too."""
        for value in (ADD, REMOVE):
            if self.data.get(f"label-{choice.tag.pk}") == value or choice.pks & self._listed(value):
                return value
        return ""

    def _listed(self, value: str) -> set[int]:
        texts = self.data.getlist(value) if hasattr(self.data, "getlist") else []
        return {int(text) for text in texts if text.isascii() and text.isdigit() and len(text) <= 18}

    @property
    def lines(self) -> list[tuple[Choice, str]]:
        return [(choice, self.value_of(choice)) for choice in self.choices]

    @property
    def wanted(self) -> Wanted:
        names = {value: tuple(one.tag.name for one, said in self.lines if said == value) for value in (ADD, REMOVE)}
        return Wanted(names[ADD], names[REMOVE])

    def clean_file(self) -> str:
        """The text of the file."""
        file: Any = self.cleaned_data["file"]
        if file is None:
            return ""
        if file.size is None or file.size > LONGEST:
            raise ValidationError(_("The file is too large."))
        raw: bytes = file.read()
        for encoding in ENCODINGS:
            try:
                text = raw.decode(encoding)
            except UnicodeDecodeError:
                continue
            if "\0" not in text:
                return text
        raise ValidationError(_("This is no text file. Save the table as CSV first."))

    def clean(self) -> dict[str, Any]:
        """The file's lines come to those that were typed: the form is shown again with all of them."""
        values = self.cleaned_data
        typed = [text for text in (values.get("numbers", ""), values.get("file", "")) if text]
        values["numbers"] = "\n".join(typed)
        if not values["numbers"].strip() and not self.is_selection and not self.errors:
            self.add_error("numbers", _("Paste some numbers, or choose a file."))
        return values
