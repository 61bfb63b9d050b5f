"""Many chats of the list at once: what can be chosen, their picker, and what is done with them."""

from collections.abc import Callable
from functools import wraps
from itertools import chain

from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from labelapp.access import chats_for, run_for
from labelapp.actions.actor import Actor, Refused
from labelapp.actions.assigning import Given, assign_many, give_back
from labelapp.actions.run_starts import bindings_for, start
from labelapp.actions.run_targets import chosen
from labelapp.actions.run_undo import take_back
from labelapp.forms.runs import RunForm
from labelapp.forms.selections import SelectionForm, opened, sealed
from labelapp.models import Instance, User
from labelapp.queries.facets import count
from labelapp.queries.inbox import PAGE
from labelapp.queries.people import people_of_all
from labelapp.queries.run_preview import preview
from labelapp.queries.runs import choices
from labelapp.queries.selections import Selection, all_matching, ticked
from labelapp.views.assignee import person_of
from labelapp.views.inbox import list_desk, person
from labelapp.views.picking import frame
from labelapp.views.requests import HtmxHttpRequest
from labelapp.views.runs import bulk_only

HANDFUL = PAGE  # so many chats are changed without a look at the preview: as many as one can have seen
SALT = "give-back"
AN_HOUR = 3600
View = Callable[..., HttpResponse]


def in_a_sentence(view: View) -> View:
    """What an action or a form refuses is answered with its sentence, for the page's script."""

    @wraps(view)
    def answer(request: HtmxHttpRequest, **named: int) -> HttpResponse:
        try:
            return view(request, **named)
        except Refused as refused:
            return HttpResponse(refused.message, status=refused.status, content_type="text/plain; charset=utf-8")

    return answer


def taggers_only(view: View) -> View:
    @wraps(view)
    def answer(request: HtmxHttpRequest, **named: int) -> HttpResponse:
        if not Actor.of(person(request)).may("apply_labels"):
            raise PermissionDenied
        return view(request, **named)

    return answer


@taggers_only
@require_safe
def everything(request: HtmxHttpRequest) -> HttpResponse:
    """How many chats the list's query finds, and the query as it is understood now, to choose all of them by."""
    desk = list_desk(request)
    reading = desk.reading
    context = {"found": count(desk.scope, reading.query), "asked": reading.query, "problems": reading.problems}
    if not reading.problems:  # what is left of a query could be far more than was meant
        context["sealed"] = sealed(desk.scope, reading.query)
    return render(request, "selections/_everything.html", context)


@bulk_only
@require_POST
@in_a_sentence
def picker(request: HtmxHttpRequest) -> HttpResponse:
    """The labels of the numbers of these chats, with how many of them carry each."""
    form = _clean(SelectionForm(request.POST))
    found = _selection(person(request), form)
    context = {"selection": found, "handful": HANDFUL, "is_direct": _is_direct(form, found)}
    home = found.numbers[0] if len(found.numbers) == 1 else None
    return render(request, "chats/_picker.html", context | frame(person(request), found.options, home, found.used))


def _selection(user: User, form: SelectionForm) -> Selection:
    """Raises Http404 for chats that the person may not see."""
    if query := form.cleaned_data["query"]:
        scope, reading = opened(user, query)
        return all_matching(scope, reading.query)
    return ticked(chats_for(user, form.cleaned_data["chats"]))


def _is_direct(form: SelectionForm, found: Selection) -> bool:
    """Whether the changes begin at once. Across numbers a look is worth it: one may lack the label."""
    return not form.cleaned_data["query"] and found.size.n <= HANDFUL and len(found.numbers) == 1


def _clean(form: SelectionForm) -> SelectionForm:
    """The form, if it makes sense; else raises Refused with its first sentence."""
    if not form.is_valid():
        raise Refused(str(next(chain.from_iterable(form.errors.values()))), status=422)
    return form


@bulk_only
@require_POST
@in_a_sentence
def label(request: HtmxHttpRequest) -> HttpResponse:
    """Begin a run over a handful of chats, labels as in `runs.new`. Answers with a toast that leads to it and can take it back."""
    user = person(request)
    numbers = list(Instance.objects.visible_to(user))
    form = RunForm(request.POST, numbers=numbers, choices=choices(numbers))
    _clean(form)
    if form.cleaned_data["query"] or len(form.cleaned_data["chats"]) > HANDFUL:
        raise Refused(_("Look at the preview before so many chats are changed."), status=422)
    actor, target = Actor.of(user), chosen(chats_for(user, form.cleaned_data["chats"]))
    found = preview(target.chunks(), bindings_for(actor, form.wanted))
    run = start(actor, target, form.wanted) if found.changes else None
    return render(request, "selections/_begun.html", {"run": run, "preview": found})


@bulk_only
@require_POST
@in_a_sentence
def undo(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Take a run back, even in the middle. A repeat is refused with a sentence."""
    run = run_for(person(request), pk)
    made = take_back(Actor.of(person(request)), run)
    return render(request, "selections/_taken_back.html", {"run": run, "made": made if made != run else None})


@taggers_only
@require_safe
def people(request: HtmxHttpRequest) -> HttpResponse:
    """Whom chats of all these numbers can be given to: the options of a list."""
    desk = list_desk(request)
    others = people_of_all(desk.scope.numbers).exclude(pk=person(request).pk)
    return render(request, "selections/_people.html", {"people": others})


@taggers_only
@require_POST
@in_a_sentence
def assign(request: HtmxHttpRequest) -> HttpResponse:
    """Give the chats to `person`: "me", a key, or "" for nobody."""
    user, form = person(request), _clean(SelectionForm(request.POST))
    whom = person_of(request, request.POST.get("person", "me"))
    given = assign_many(Actor.of(user), _keys(user, form), whom)
    n = sum(len(each.chats) for each in given)
    return render(request, "selections/_given.html", {"n": n, "whom": whom, "token": _token(given) if given else ""})


def _keys(user: User, form: SelectionForm) -> list[int]:
    """Raises Refused where more than a run's chats match, Http404 for strangers."""
    if form.cleaned_data["query"]:
        return list(chain.from_iterable(form.target(user).chunks()))
    return chats_for(user, form.cleaned_data["chats"])


def _token(given: list[Given]) -> str:
    rows = [[each.chats, each.before, each.now, each.entry] for each in given]
    return signing.dumps(rows, salt=SALT, compress=True)


@taggers_only
@require_POST
@in_a_sentence
def unassign(request: HtmxHttpRequest) -> HttpResponse:
    """Give the chats of `offer` back, but for those that somebody has given on since."""
    user = person(request)
    try:
        rows = signing.loads(request.POST.get("offer", ""), salt=SALT, max_age=AN_HOUR)
    except signing.BadSignature:
        return HttpResponseBadRequest(_("This can't be undone any more."), content_type="text/plain; charset=utf-8")
    n = 0
    for chats, before, now, entry in rows:
        n += give_back(Actor.of(user), Given(tuple(chats_for(user, chats)), before, now, entry))
    return render(request, "selections/_given.html", {"n": n, "undone": True})
