"""Which taxonomy goes to which numbers."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from labelapp.forms.dress import dress, offer
from labelapp.forms.taxonomy_file import LONGEST, BadFile, read_taxonomy
from labelapp.models import Instance
from labelapp.queries.taxonomies import Taxonomy, taxonomy_of

STARTERS = Path(__file__).resolve().parent.parent / "starters"
LANGUAGES = {"en": "English", "ar": "العربية"}
FILE = "file"


@cache
def starters() -> dict[str, Taxonomy]:
    """The ready taxonomies by key, e.g. sales.en."""
    order = {name: n for n, name in enumerate(("sales", "support", "orders"))}
    files = sorted(STARTERS.glob("*.json"), key=lambda path: (path.stem[-2:] != "en", order[path.stem[:-3]]))
    return {path.stem: read_taxonomy(path.read_text(encoding="utf-8")) for path in files}


class PublishForm(forms.Form):
    """`taxonomy` after `is_valid`: from a number, a ready one, or a file, which comes once and then as `text`."""

    source = forms.ChoiceField(
        label=_("What is published"),
        error_messages={"required": _("Choose what is published."), "invalid_choice": _("Choose what is published.")},
    )
    file = forms.FileField(
        label=_("File"),
        required=False,
        allow_empty_file=True,
        help_text=_("JSON, as “Export” writes it. A file that is chosen here is what is published."),
        widget=forms.ClearableFileInput(attrs={"accept": ".json,application/json"}),
    )
    text = forms.CharField(required=False, strip=False, max_length=LONGEST, widget=forms.HiddenInput)
    numbers = forms.MultipleChoiceField(
        label=_("To which numbers"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one number."),
            "invalid_choice": _("Choose at least one number."),
        },
    )
    seen = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, files: Any = None, *, numbers: Sequence[Instance], **kwargs: Any) -> None:
        self.connected = {number.slug: number for number in numbers}
        self.taxonomy = Taxonomy()
        if data is not None and files and files.get("file"):  # whoever chooses a file means it, whatever stands above
            data = data.copy()
            data["source"] = FILE
        super().__init__(data, files, **kwargs)
        named = [(number.slug, number.name) for number in numbers]
        ready = [(f"starter:{key}", f"{one.title} ({LANGUAGES[key[-2:]]})") for key, one in starters().items()]
        own = [(f"number:{slug}", name) for slug, name in named]
        file = [(FILE, _("A file"))]
        offer(self, "source", [(_("Labels of a number"), own), (_("Ready sets"), ready), (_("From outside"), file)])
        offer(self, "numbers", named)
        dress(self)

    @property
    def chosen(self) -> list[Instance]:
        return [self.connected[slug] for slug in self.cleaned_data["numbers"]]

    def clean_file(self) -> str:
        """The text of the file."""
        file: Any = self.cleaned_data["file"]
        if file is None:
            return ""
        if file.size is None or file.size > 4 * LONGEST:
            raise ValidationError(_("The file is too large."))
        try:
            text: str = file.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ValidationError(_("The file is not UTF-8 text.")) from error
        return text

    def clean(self) -> dict[str, Any]:
        kind, _colon, key = self.cleaned_data.get("source", "").partition(":")
        if kind == "number":
            self.taxonomy = taxonomy_of(self.connected[key])
        elif kind == "starter":
            self.taxonomy = starters()[key]
        elif kind == FILE and "file" in self.cleaned_data:
            self._read(self.cleaned_data["file"] or self.cleaned_data.get("text", ""))
        return self.cleaned_data

    def _read(self, text: str) -> None:
        if not text.strip():
            self.add_error("file", _("Choose a file."))
            return
        self.cleaned_data["text"] = text
        try:
            self.taxonomy = read_taxonomy(text)
        except BadFile as bad:
            for fault in bad.faults:
                words = _("Line %(line)s: %(reason)s")
                self.add_error("file", ValidationError(words, params={"line": fault.line, "reason": fault.reason}))
