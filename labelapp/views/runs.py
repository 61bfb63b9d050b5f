"""Bulk runs: the list, one run's progress and results, and what can be done with it. For people who may run bulk changes."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from labelapp.access import run_for
from labelapp.actions.actor import Actor, Refused
from labelapp.actions.run_undo import undo
from labelapp.actions.runs import STREAK, cancel, pause, resume, retry
from labelapp.models import Run
from labelapp.queries.deliveries import key
from labelapp.queries.orders import Cursor, Order
from labelapp.queries.runs import SHOWN, Result, all_results, progress, result_page, run_lines, run_page, undo_preview
from labelapp.views.inbox import person
from labelapp.views.requests import HtmxHttpRequest
from labelapp.views.tables import table

bulk_only = permission_required("labelapp.run_bulk", raise_exception=True)
QUESTIONS = ("cancel", "retry", "undo")


@bulk_only
@require_safe
def index(request: HtmxHttpRequest) -> HttpResponse:
    """All runs, newest first."""
    before = request.GET.get("before")
    try:
        page = run_page(person(request), key(before) if before else None)
    except ValueError as error:
        raise BadRequest("No place in the list.") from error
    template = "runs/_list.html" if _wants(request, "runs") else "runs/index.html"
    return render(request, template, {"page": page, "before": before or ""})


@bulk_only
@require_safe
def detail(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """How far a run is, and what became of its chats: all, or those that ended one way."""
    run = run_for(person(request), pk)
    template = "runs/_body.html" if _wants(request, "run") else "runs/detail.html"
    return render(request, template, _context(request, run))


@bulk_only
@require_safe
def ask(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """A question before something is done to many chats."""
    run, do = run_for(person(request), pk), request.GET.get("do", "")
    if do not in QUESTIONS:
        raise BadRequest("No such question.")
    context = {"run": run, "line": run_lines([run])[0], "do": do, "real": undo_preview(run) if do == "undo" else 0}
    if request.htmx:
        return render(request, "runs/_side.html", context)
    return render(request, "runs/detail.html", _context(request, run) | context)


@bulk_only
@require_POST
def act(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """`do`: pause, resume, cancel, undo; retry, or `retry` = the one chat that is tried again. A repeat changes nothing."""
    run, actor = run_for(person(request), pk), Actor.of(person(request))
    try:
        return _act(request, run, actor, request.POST.get("do", ""))
    except Refused as refused:
        messages.error(request, str(refused.message))
        return redirect("runs.detail", pk)


def _act(request: HtmxHttpRequest, run: Run, actor: Actor, do: str) -> HttpResponse:
    """Raises BadRequest for what is no action, Refused as the action does."""
    if "retry" in request.POST or do == "retry":
        n = retry(actor, run, _chat(request))
        messages.success(request, ngettext("%(n)d chat is tried again.", "%(n)d chats are tried again.", n) % {"n": n})
    elif do == "undo":
        made = undo(actor, run)
        messages.success(request, _("The changes of run %(n)d are being taken back.") % {"n": run.pk})
        return redirect("runs.detail", made.pk)
    elif do in (moves := {"pause": pause, "resume": resume, "cancel": cancel}):
        done = moves[do](actor, run)
        messages.success(request, _said(do)) if done else messages.info(request, _("That was done already."))
    else:
        raise BadRequest("No such action.")
    return redirect("runs.detail", run.pk)


def _chat(request: HtmxHttpRequest) -> int | None:
    try:
        return key(request.POST["retry"]) if "retry" in request.POST else None
    except ValueError as error:
        raise BadRequest("No such chat.") from error


def _said(do: str) -> str:
    return {
        "pause": _("Paused. What is on its way arrives."),
        "resume": _("The run goes on."),
        "cancel": _("Stopped. What was done stays."),
    }[do]


@bulk_only
@require_safe
def results(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """What became of each chat, as a table to keep. No cell begins a formula."""
    run = run_for(person(request), pk)
    heads = [_("Chat"), _("Address"), _("Number"), _("Added"), _("Removed"), _("Result"), _("Detail"), _("Time")]
    return table(f"run-{run.pk}", heads, map(_cells, all_results(run, _show(request))))


def _cells(row: Result) -> list[str]:
    place = row.place
    labels = {on: ", ".join(one.tag.name for one in row.changes if one.item.on == on) for on in (True, False)}
    begun = place.at.isoformat(timespec="seconds") if place.at.year > 1970 else ""
    chat, number = place.chat, place.instance
    return [
        chat.title,
        chat.jid,
        number.name,
        labels[True],
        labels[False],
        place.get_state_display(),
        place.words,
        begun,
    ]


def _wants(request: HtmxHttpRequest, part: str) -> bool:
    return bool(request.htmx) and request.htmx.target == part


def _show(request: HtmxHttpRequest) -> str:
    show = request.GET.get("show", "")
    if show not in SHOWN:
        raise BadRequest("No such filter.")
    return show


def _context(request: HtmxHttpRequest, run: Run) -> dict[str, object]:
    show = _show(request)
    before = Cursor.read(request.GET.get("before", ""), Order.NEWEST)  # what leads nowhere leads to the start
    found = progress(run)
    return {
        "run": run,
        "progress": found,
        "line": found.line,
        "tally": found.line.tally,
        "show": show,
        "page": result_page(run, show, before),
        "is_first": before is None,
        "streak": STREAK,
        "real": undo_preview(run) if run.ended_at else 0,
        "undone_by": run.undone_by.order_by("-pk").first(),
    }
