"""A new run: what, for whom, what it would do, and its start."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.run_starts import bindings_for, start
from labelapp.actions.run_targets import PastedList, Target, read_list
from labelapp.forms.runs import RunForm
from labelapp.forms.selections import opened
from labelapp.models import Instance
from labelapp.models.instances import ALL
from labelapp.queries.run_preview import preview
from labelapp.queries.runs import choices
from labelapp.views.choosing import REMEMBERED
from labelapp.views.inbox import person
from labelapp.views.runs import bulk_only

LISTED = 50  # lines without a chat that are named


@bulk_only
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form. A post shows what would happen; with `do=start` it happens.

    Chats that were chosen in the list come as `chats` (keys with commas between) or `query` (all that match), labels as `add` and
    `remove` (keys, repeated).
    """
    numbers = list(Instance.objects.visible_to(person(request)))
    labels = choices(numbers)
    if request.method != "POST":
        slugs = [number.slug for number in numbers]
        last = request.session.get(REMEMBERED)
        form = RunForm(numbers=numbers, choices=labels, initial={"instance": last if last in (*slugs, ALL) else None})
        return render(request, "runs/new.html", {"form": form})
    form = RunForm(request.POST, request.FILES, numbers=numbers, choices=labels)
    if not form.is_valid():
        return render(request, "runs/new.html", {"form": form}, status=422)
    try:
        return _answer(request, form)
    except Refused as refused:
        form.add_error(None, str(refused.message))
        return render(request, "runs/new.html", {"form": _again(form)}, status=refused.status)


def _answer(request: HttpRequest, form: RunForm) -> HttpResponse:
    """Raises Refused as the actions do."""
    actor, values = Actor.of(person(request)), form.cleaned_data
    target, pasted = _target(request, form)
    if request.POST.get("do") == "start":
        run = start(actor, target, form.wanted, purpose=values["purpose"], fires_rules=values["fires_rules"])
        messages.success(request, _("The run has begun."))
        return redirect("runs.detail", run.pk)
    found = preview(target.chunks(), bindings_for(actor, form.wanted))
    context = {"form": _again(form), "preview": found, "pasted": pasted, "wanted": form.wanted, "listed": LISTED}
    return render(request, "runs/new.html", context | {"matching": target.text, "homes": _homes(request, form)})


def _homes(request: HttpRequest, form: RunForm) -> list[str]:
    """The numbers of a query's list."""
    query = form.cleaned_data["query"]
    return [number.name for number in opened(person(request), query)[0].numbers] if query else []


def _target(request: HttpRequest, form: RunForm) -> tuple[Target, PastedList | None]:
    if form.is_selection:
        return form.target(person(request)), None
    pasted = read_list(form.cleaned_data["numbers"], form.chosen_numbers)
    return pasted.target(), pasted


def _again(form: RunForm) -> RunForm:
    """The form as it was sent, with the file's lines in the box: a file is not sent twice."""
    data: Any = form.data
    data = data.copy()
    data["numbers"] = form.cleaned_data.get("numbers", "")
    again = RunForm(data, numbers=form.connected, choices=form.choices)
    again.is_valid()
    for errors in form.errors.get("__all__", []):
        again.add_error(None, errors)
    return again
