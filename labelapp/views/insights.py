"""Insights: a funnel in figures, as charts, tables and files. For people who see operations."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.stages import LimitsOvertaken, set_limits
from labelapp.forms.insights import LimitsForm
from labelapp.forms.spans import write_span
from labelapp.models import LedgerEntry, Source, Verb
from labelapp.queries.insights import Report, labelled_by
from labelapp.queries.labels import directory
from labelapp.queries.states import number_state, switcher
from labelapp.queries.stuck import Stuck, all_stuck, stuck
from labelapp.queries.untagged import untagged
from labelapp.templatetags.insights import hours, way_words
from labelapp.views.choosing import chosen_number
from labelapp.views.inbox import person
from labelapp.views.insights_desk import Desk
from labelapp.views.label_page import managers_only
from labelapp.views.tables import table

operators_only = permission_required("labelapp.see_operations", raise_exception=True)
Cells = Iterable[list[str]]


@operators_only
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """One funnel of one number in one period."""
    number = chosen_number(request)
    if number is None:
        return render(request, "insights/no_number.html")
    desk = Desk(request, number)
    return _page(desk, LimitsForm(funnel=desk.funnel) if desk.funnel else None)


@managers_only
@require_POST
def limits(request: HttpRequest) -> HttpResponse:
    """After how long a chat is stuck in each stage. A repeat changes nothing."""
    desk = _desk(request)
    if desk.funnel is None:
        raise Http404("No funnel.")
    form = LimitsForm(request.POST, funnel=desk.funnel)
    if not form.is_valid():
        return _page(desk, form, status=422)
    try:
        set_limits(Actor.of(person(request)), desk.number, form.limits, seen=form.seen)
        messages.success(request, _("The limits are saved."))
    except LimitsOvertaken as overtaken:
        return _show_overtaken(Desk(request, desk.number), overtaken)
    except Refused as refused:
        messages.error(request, str(refused.message))
    return redirect(f"{desk.href()}#stuck")


def _show_overtaken(desk: Desk, error: LimitsOvertaken) -> HttpResponse:
    """The form as it was sent, with what is so now: sent once more, it is saved. `desk`: one that has read nothing before."""
    if desk.funnel is None:
        raise Http404("No funnel.")
    changed = [(tag, label) for tag, label in desk.funnel.stages if tag.pk in error.changed]
    entries = LedgerEntry.objects.filter(label__in=error.changed, verb=Verb.LABEL_UPDATE).select_related("actor")
    overtaken = {
        "words": error.message,
        "entry": entries.order_by("-pk").first(),
        "now": [(tag.name, write_span(label.stuck_after) or _("never")) for tag, label in changed],
    }
    sent = desk.request.POST.copy()
    sent["seen"] = LimitsForm(funnel=desk.funnel).token
    return _page(desk, LimitsForm(sent, funnel=desk.funnel), status=422, overtaken=overtaken)


@operators_only
@require_safe
def keep(request: HttpRequest) -> HttpResponse:
    """The numbers of the page as a file: `what` is times, moves, stuck or reached. No cell begins a formula."""
    desk, what = _desk(request), request.GET.get("what", "")
    if desk.funnel is None or desk.report is None:
        raise Http404("No funnel.")
    name = f"{what}-{desk.number.slug}-{desk.days}d"
    if what == "times":
        heads = [_("Stage"), _("Chats that left"), _("Median (hours)"), _("9 of 10 within (hours)")]
        return table(name, [*heads, _("Not seen to begin"), _("Half of these at least (hours)")], _times(desk.report))
    if what == "moves":
        return table(name, [_("From"), _("To"), _("Moves"), _("Way")], _moves(desk.report))
    if what == "stuck":
        heads = [_("Chat"), _("Address"), _("Stage"), _("Hours"), _("Seen to begin")]
        return table(name, heads, _stuck(all_stuck(desk.number, desk.funnel)))
    if what == "reached":
        return table(
            name, [_("Stage"), _("Chats that came so far"), _("Of the first stage (%)")], _reached(desk.report)
        )
    raise BadRequest("No such table.")


def _desk(request: HttpRequest) -> Desk:
    number = chosen_number(request)
    if number is None:
        raise Http404("No number.")
    return Desk(request, number)


def _page(desk: Desk, form: LimitsForm | None, status: int = 200, **more: Any) -> HttpResponse:
    states = switcher(person(desk.request))
    labels = directory(desk.number)
    by = labelled_by(desk.number, [row.label.pk for row in labels.rows], desk.period.since)
    context: dict[str, Any] = {
        "desk": desk,
        "number": desk.number,
        "states": states,
        "state": next((state for state in states if state.number == desk.number), None) or number_state(desk.number),
        "report": desk.report,
        "stuck": stuck(desk.number, desk.funnel) if desk.funnel else None,
        "untagged": untagged(desk.number),
        "used": sorted((row for row in labels.rows), key=lambda row: -row.label.chat_count),
        "changes": by.total(),
        "by": [(Source(source), n, 100 * n // by.total()) for source, n in by.most_common()],
        "form": form,
        **more,
    }
    return render(desk.request, "insights/index.html", context, status=status)


def _times(report: Report) -> Cells:
    for time in report.times:
        figures = [hours(time.half), hours(time.most), str(time.unseen), hours(time.unseen_half)]
        yield [time.tag.name, str(time.count), *figures]


def _moves(report: Report) -> Cells:
    names = {time.tag.pk: time.tag.name for time in report.times}
    for (old, new), n in report.moves.most_common():
        yield [names[old], names[new], str(n), way_words(report.step((old, new)))]


def _reached(report: Report) -> Cells:
    for tag, count, part in report.steps:
        yield [tag.name, str(count), str(part)]


def _stuck(found: Iterable[Stuck]) -> Cells:
    for row in found:
        yield [row.chat.title, row.chat.jid, row.tag.name, hours(row.span), _("yes") if row.is_seen else _("no")]
