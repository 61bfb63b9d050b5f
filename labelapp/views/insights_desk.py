"""What the insights' views have in common: which number and funnel, which period and source."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from labelapp.models import Instance, Source
from labelapp.queries.insights import SOURCES, Funnel, Period, Report, funnels, report

DAYS = (7, 30, 90)
USUAL = 30


@dataclass
class Desk:
    """One person's look at a number. What is not offered counts as not asked for; a funnel that is not there raises Http404."""

    request: HttpRequest
    number: Instance

    @cached_property
    def funnels(self) -> list[Funnel]:
        return funnels(self.number)

    @cached_property
    def funnel(self) -> Funnel | None:
        asked = self.request.GET.get("funnel", "")
        found = [one for one in self.funnels if not asked or str(one.pk) == asked]
        if asked and not found:
            raise Http404("No such funnel.")
        return found[0] if found else None

    @cached_property
    def days(self) -> int:
        asked = self.request.GET.get("days", "")
        return next((days for days in DAYS if str(days) == asked), USUAL)

    @cached_property
    def source(self) -> str:
        asked = self.request.GET.get("source", "")
        return asked if asked in SOURCES else ""

    @cached_property
    def period(self) -> Period:
        return Period.last(self.days, self.source)

    @cached_property
    def report(self) -> Report | None:
        return report(self.number, self.funnel, self.period) if self.funnel else None

    def query(self, **other: Any) -> str:
        """The query string that leads back here, or to a look that differs in `other`."""
        pk = self.funnel.pk if self.funnel and len(self.funnels) > 1 else ""
        days = self.days if self.days != USUAL else ""
        values = {"instance": self.number.slug, "funnel": pk, "days": days, "source": self.source, **other}
        return urlencode({name: value for name, value in values.items() if value})

    def href(self, **other: Any) -> str:
        return f"{reverse('insights.index')}?{self.query(**other)}"

    @property
    def all_days(self) -> list[tuple[int, str, bool]]:
        return [(days, self.href(days=days), days == self.days) for days in DAYS]

    @property
    def any_source(self) -> str:
        return self.href(source="")

    @property
    def all_sources(self) -> list[tuple[str, str, bool]]:
        return [(str(source.label), self.href(source=source), source == self.source) for source in SOURCES]

    @property
    def all_funnels(self) -> list[tuple[str, str, bool]]:
        return [(one.name, self.href(funnel=one.pk), one == self.funnel) for one in self.funnels]

    @property
    def source_words(self) -> str:
        return str(Source(self.source).label) if self.source else ""
