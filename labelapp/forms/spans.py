"""Spans as people write them: 12h, 3d, 2w."""

import re
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
SPAN = re.compile(r"(\d{1,4})\s*([hdw])", re.IGNORECASE)  # as in age:stage>3d; digits of any script
LONGEST = timedelta(days=3660)


def read_span(text: str) -> timedelta | None:
    """12h, 3d, 2w; None for nothing. Raises ValidationError for all else."""
    if not text.strip():
        return None
    found = SPAN.fullmatch(text.strip())
    span = int(found[1]) * UNITS[found[2].lower()] if found else timedelta()
    if not timedelta() < span <= LONGEST:
        raise ValidationError(_("Write 12h, 3d or 2w, or leave it empty."))
    return span


def write_span(span: timedelta | None) -> str:
    """The shortest way to write it."""
    if span is None:
        return ""
    for letter in ("w", "d"):
        if not span % UNITS[letter]:
            return f"{span // UNITS[letter]}{letter}"
    return f"{max(1, span // UNITS['h'])}h"


class SpanField(forms.CharField):
    """A span as people write it; None where nothing is written."""

    def clean(self, value: Any) -> Any:
        return read_span(super().clean(value))
