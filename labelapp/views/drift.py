"""Mirror against WhatsApp: what nobody can settle alone. For people who see operations."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labelapp.access import drift_rows_for, finding_for, label_for
from labelapp.actions import drift as actions
from labelapp.actions.actor import Actor, Refused
from labelapp.actions.drift import BEHIND, Tally, each
from labelapp.actions.drift_findings import MOST_OFF, accept_removals, believe_empty
from labelapp.actions.drift_findings import push_all as push_all_of
from labelapp.actions.drift_ignored import ignore, take_up
from labelapp.actions.drift_rows import Changed
from labelapp.forms.drift import TypedAssignmentsForm
from labelapp.models import Finding, Instance
from labelapp.queries.differences import MOST, Ref, is_about_many
from labelapp.queries.drift import DIFFERS, HERE, PHONE, counts, digest, refs_of, ruled_refs
from labelapp.queries.drift_findings import assignments, pairs_of
from labelapp.views.choosing import chosen_number, remember
from labelapp.views.drift_desk import Desk, number_in
from labelapp.views.inbox import person
from labelapp.views.requests import HtmxHttpRequest

operators_only = permission_required("labelapp.see_operations", raise_exception=True)
NAMED = 30  # assignments that a question names
ACTS: dict[str, Any] = {"push": actions.push, "pull": actions.pull, "ignore": ignore}
MANY = ACTS | {"rule": actions.settle_clash}
DECISIONS: dict[str, tuple[str, ...]] = {
    Finding.Kind.GUARD: ("push", "accept"),
    Finding.Kind.EMPTY: ("push", "accept"),
    Finding.Kind.REMOVAL: ("push",),
}
ON_ONE = ACTS | {"undo": take_up, "look": actions.look_up}


@operators_only
@require_safe
def index(request: HtmxHttpRequest) -> HttpResponse:
    """The differences of a number, all or those of one label."""
    number = chosen_number(request)
    if number is None:
        return render(request, "drift/no_number.html")
    remember(request, number)
    desk = Desk(request, number)
    template = "drift/_body.html" if desk.wants_parts else "drift/index.html"
    return render(request, template, desk.context())


@operators_only
@require_safe
def pip(request: HtmxHttpRequest) -> HttpResponse:
    """How many differences all numbers of the person have, for the navigation."""
    found = counts(list(Instance.objects.visible_to(person(request))))
    return render(request, "drift/_pip.html", {"total": sum(found.values())})


@operators_only
@require_POST
def act(request: HtmxHttpRequest) -> HttpResponse:
    """One row (`one`: "push w17:…"), the chosen rows (`many`: push, pull or ignore, and `item` for each), or `check`: compare now."""
    desk = Desk.of(request)
    actor = Actor.of(request.user)
    try:
        if "check" in request.POST:
            actions.check_now(actor, desk.number)
            return desk.answer(_("The comparison begins in a moment."))
        if "many" in request.POST:
            return _many(desk, actor, request.POST["many"], _rows(desk, request.POST.getlist("item")))
        return _one(desk, actor, request.POST.get("one", ""))
    except Refused as refused:
        return desk.answer(str(refused.message), refused.status)


@operators_only
@require_http_methods(["GET", "HEAD", "POST"])
def push_all(request: HtmxHttpRequest) -> HttpResponse:
    """Ask, then push or pull all rows of a section, or let the groups' rules settle all clashes. Somebody who saw another list than
    there is now is asked again."""
    desk = Desk.of(request)
    do, section = request.GET.get("do", ""), request.GET.get("section", "")
    if do == "rule" and section == DIFFERS:
        refs = ruled_refs(desk.number, desk.directory, desk.label)
    elif do in ("push", "pull") and section in (HERE, PHONE):
        refs = refs_of(desk.number, section, desk.label)
    else:
        raise BadRequest("No such rows.")
    asked = {"refs": refs, "do": do, "section": section, "digest": digest(refs), "most": MOST}
    if request.method != "POST":
        return desk.ask(asked)
    try:
        if not refs or request.POST.get("seen") != asked["digest"]:
            raise Changed
        return _many(desk, Actor.of(request.user), do, refs)
    except Refused as refused:
        return desk.answer(str(refused.message), refused.status)


@operators_only
@require_http_methods(["GET", "HEAD", "POST"])
def finding(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """A finding about many assignments: which ones, and `do=accept` (with their number typed) or `do=push`, after asking."""
    found = finding_for(person(request), pk)
    if not is_about_many(found):
        raise Http404("Nothing to decide about many.")
    desk, do = Desk(request, found.instance), request.POST.get("do", "")
    if request.method == "POST" and do not in DECISIONS[found.kind]:
        raise BadRequest("No such decision.")
    form = TypedAssignmentsForm(request.POST if do == "accept" else None, expected=assignments(found))
    try:
        if do == "push" or (do and (found.settled_at or form.is_valid())):
            return desk.answer(_decide(Actor.of(request.user), found, do, request.POST.get("seen", ""), form.expected))
        if found.settled_at:
            raise Changed
    except Refused as refused:
        return desk.answer(str(refused.message), refused.status)
    return desk.ask(_about(desk, found, form), 422 if form.is_bound else 200)


def _decide(actor: Actor, found: Finding, do: str, seen: str, count: int) -> str:
    """What was done, in a sentence. Raises BadRequest for what names no finding, Refused as the action does."""
    try:
        ref = Ref.read(f"f{found.pk}:{seen}")
    except ValueError as error:
        raise BadRequest("No such finding.") from error
    if do == "push":
        done = push_all_of(actor, ref)
        said = _sent(done)
    elif found.kind == Finding.Kind.GUARD:
        done = int(accept_removals(actor, ref))
        said = _("They come off with the next comparison, which begins in a moment.")
    else:
        done = believe_empty(actor, ref, count=count)
        said = ngettext("The label came off %(n)d chat.", "The label came off %(n)d chats.", done) % {"n": done}
    return said if done else _("That was done already.")


def _about(desk: Desk, found: Finding, form: TypedAssignmentsForm) -> dict[str, Any]:
    pairs = list(pairs_of(found).select_related("chat")[:NAMED])
    named = [(pair.chat, desk.directory.tags[pair.label_id]) for pair in pairs if pair.label_id in desk.directory.tags]
    named_there = pairs_of(found).filter(doubted_at__isnull=False).count() if found.kind == Finding.Kind.EMPTY else 0
    return {
        "finding": found,
        "count": form.expected,
        "named": named,
        "rest": max(0, form.expected - len(named)),
        "named_there": named_there,
        "form": form,
        "most": MOST,
        "most_off": MOST_OFF,
    }


def _one(desk: Desk, actor: Actor, words: str) -> HttpResponse:
    """Raises BadRequest for what names no action or row, Http404 for a row of another number, Refused as the action does."""
    do, _space, row = words.partition(" ")
    [ref] = _rows(desk, [row])
    name, _dash, label = do.partition("-")
    if name == "keep" and (pk := number_in(label)):
        done = actions.keep(actor, ref, label_for(person(desk.request), pk))
    elif do in ON_ONE:
        done = ON_ONE[do](actor, ref)
    else:
        raise BadRequest("No such action.")
    return desk.answer(_said(name) if done else _("That was done already."))


def _many(desk: Desk, actor: Actor, do: str, refs: list[Ref]) -> HttpResponse:
    if do not in MANY:
        raise BadRequest("No such action.")
    if not refs:
        raise Refused(_("Choose some rows first."))
    act = MANY[do]
    tally = each(actor, act if do == "ignore" else lambda who, ref: act(who, ref, priority=BEHIND), refs)
    return desk.answer(_told(do, tally), 409 if tally.changed and not tally.done else 200)


def _rows(desk: Desk, texts: list[str]) -> list[Ref]:
    """Raises BadRequest for what names no row, Http404 for one of a number that the person may not see."""
    try:
        refs = [Ref.read(text) for text in texts[:MOST]]
    except ValueError as error:
        raise BadRequest("No such row.") from error
    drift_rows_for(person(desk.request), refs)
    return refs


def _said(do: str) -> str:
    return {
        "push": _("It is sent to WhatsApp again."),
        "pull": _("WhatsApp's state is taken over."),
        "ignore": _("It is left as it is. It comes back when something about it changes."),
        "undo": _("It is among the differences again."),
        "keep": _("The other label comes off."),
        "look": _("WhatsApp is asked for its labels."),
    }[do]


def _sent(n: int) -> str:
    return ngettext("%(n)d change is sent to WhatsApp again.", "%(n)d changes are sent to WhatsApp again.", n) % {
        "n": n
    }


def _told(do: str, tally: Tally) -> str:
    """What came of many, in sentences."""
    n = {"n": tally.done}
    done = {
        "push": _sent(tally.done),
        "pull": ngettext("%(n)d change is taken over.", "%(n)d changes are taken over.", tally.done) % n,
        "ignore": ngettext("%(n)d difference is left as it is.", "%(n)d differences are left as they are.", tally.done)
        % n,
        "rule": ngettext("%(n)d chat goes by its group's rule.", "%(n)d chats go by their group's rule.", tally.done)
        % n,
    }[do]
    told = [done]
    if tally.changed:
        text = ngettext(
            "%(n)d had changed meanwhile: look again.", "%(n)d had changed meanwhile: look again.", tally.changed
        )
        told.append(text % {"n": tally.changed})
    if tally.refused:
        told.append(tally.refused)
    return " ".join(told)
