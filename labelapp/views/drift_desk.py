"""What the drift page's views have in common: which number and label, and the page as it is now."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django_htmx.http import reswap, retarget, trigger_client_event

from labelapp.actions.actor import Actor
from labelapp.actions.clashes import look_for_clashes
from labelapp.models import Instance
from labelapp.queries.directory import Directory, directory_of
from labelapp.queries.drift import DIFFERS, HERE, PHONE, SIZES, counts, drift
from labelapp.queries.states import number_state
from labelapp.views.choosing import chosen_number
from labelapp.views.inbox import person
from labelapp.views.requests import HtmxHttpRequest

DIGITS = re.compile(r"[0-9]{1,18}")  # within a bigint


def number_in(text: str) -> int | None:
    """A key as an address or a form tells it, None for what is none."""
    return int(text) if DIGITS.fullmatch(text) else None


@dataclass
class Desk:
    """One person's look at the differences of a number."""

    request: HtmxHttpRequest
    number: Instance

    @classmethod
    def of(cls, request: HtmxHttpRequest) -> Self:
        number = chosen_number(request)
        if number is None:
            raise BadRequest("No number.")
        return cls(request, number)

    @cached_property
    def directory(self) -> Directory:
        return directory_of(self.number)

    @cached_property
    def label(self) -> int | None:
        """The label whose differences are shown, None for all."""
        pk = number_in(self.request.GET.get("label", ""))
        return pk if pk in self.directory.tags else None

    @property
    def opened(self) -> str:
        section = self.request.GET.get("open", "")
        return section if section in (HERE, PHONE, DIFFERS) else ""

    @property
    def ignored(self) -> str:
        """How much is shown of what somebody left as it is: "", "some" or "all"."""
        asked = self.request.GET.get("ignored", "")
        return asked if asked in SIZES else ""

    @property
    def wants_parts(self) -> bool:
        return bool(self.request.htmx) and self.request.htmx.target == "drift"

    @property
    def query(self) -> str:
        """The query string that leads back here."""
        return self._query(self.ignored)

    @property
    def hrefs(self) -> dict[str, str]:
        """The page with none, some or all of what was left as it is."""
        page = reverse("drift.index")
        return {name or "none": f"{page}?{self._query(name)}" for name in SIZES}

    def _query(self, ignored: str) -> str:
        values = {"instance": self.number.slug, "label": self.label, "open": self.opened, "ignored": ignored}
        return urlencode({name: value for name, value in values.items() if value})

    @property
    def href(self) -> str:
        return f"{reverse('drift.index')}?{self.query}"

    def context(self, **more: Any) -> dict[str, Any]:
        """The whole page as it is now."""
        self.number.refresh_from_db()
        look_for_clashes(self.number)
        found = drift(self.number, self.directory, label=self.label, opened=self.opened, ignored=self.ignored)
        actor = Actor.of(self.request.user)
        numbers = list(Instance.objects.visible_to(person(self.request)))
        waiting = counts(numbers)
        return {
            "desk": self,
            "number": self.number,
            "state": number_state(self.number),
            "numbers": [(each, waiting.get(each.pk, 0)) for each in numbers],
            "total": sum(waiting.values()),
            "drift": found,
            "chosen": self.directory.tags.get(self.label or 0),
            "may_one": actor.may("apply_labels"),
            "may_all": actor.may("run_bulk"),
            **more,
        }

    def ask(self, question: dict[str, Any], status: int = 200) -> HttpResponse:
        """A question before many are changed: beside the page for htmx, the page with it without."""
        if self.request.htmx:
            more = {"desk": self, "number": self.number, "may_all": Actor.of(self.request.user).may("run_bulk")}
            answer = render(self.request, "drift/_side.html", more | question, status=status)
            return reswap(retarget(answer, "#drift-side"), "outerHTML")
        return render(self.request, "drift/index.html", self.context(**question), status=status)

    def answer(self, words: str, status: int = 200) -> HttpResponse:
        """The page as it is now, with what came of the action. Without htmx what was done leads back to the page."""
        level = "success" if status < 400 else "error"
        if self.request.htmx:
            answer = render(self.request, "drift/_answer.html", self.context(), status=status)
            if self.request.htmx.target != "drift":
                answer = reswap(retarget(answer, "#drift"), "outerHTML")  # a question was asked for, this is the page
            return trigger_client_event(answer, "toast", {"text": words, "level": level})
        if status < 400:
            messages.success(self.request, words)
            return redirect(self.href)
        messages.error(self.request, words)
        return render(self.request, "drift/index.html", self.context(), status=status)
