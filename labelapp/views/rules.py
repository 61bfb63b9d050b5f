"""Rules: labels that apply themselves. Listed, made, changed, switched, put in order."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labelapp.access import instance_for, rule_for
from labelapp.actions.actor import Actor, Refused
from labelapp.actions.rules import arrange_rules, create_rule, delete_rule, set_match, switch_rule, update_rule
from labelapp.actions.rules_history import apply_to_history
from labelapp.forms.rules import RuleForm
from labelapp.models import Instance, Rule, RuleSet
from labelapp.queries.directory import directory_of
from labelapp.queries.layouts import read_layout
from labelapp.queries.rules.dry_run import DAYS, can_be_tried, dry_run
from labelapp.queries.rules.listing import lines
from labelapp.queries.rules.specs import Wrong, spec_of
from labelapp.queries.rules.starters import starters
from labelapp.queries.rules.world import NoQuery
from labelapp.queries.states import number_state, switcher
from labelapp.views.choosing import chosen_number
from labelapp.views.inbox import person
from labelapp.views.label_page import sent

rules_only = permission_required("labelapp.manage_rules", raise_exception=True)


def actor(request: HttpRequest) -> Actor:
    return Actor.of(request.user)


@rules_only
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All rules of one number, and ready-made ones."""
    number = chosen_number(request)
    if number is None:
        return render(request, "rules/no_number.html")
    states = switcher(person(request))
    directory = directory_of(number)
    found = lines(number, directory)
    context = {
        "number": number,
        "states": states,
        "state": next((state for state in states if state.number == number), None) or number_state(number),
        "lines": found,
        "paused": [line for line in found if line.is_paused],
        "first_only": RuleSet.objects.filter(instance=number, first_only=True).exists(),
        "starters": starters(directory, [line.rule.name for line in found]),
    }
    return render(request, "rules/index.html", context)


@rules_only
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    number = chosen_number(request)
    if number is None:
        return redirect("rules.index")
    return _form(request, number, None)


@rules_only
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    rule = rule_for(person(request), pk)
    return _form(request, rule.instance, rule)


def _form(request: HttpRequest, number: Instance, rule: Rule | None) -> HttpResponse:
    """A new rule is switched on at once."""
    directory = directory_of(number)
    form = RuleForm(sent(request), instance=number, directory=directory, rule=rule)
    if request.method == "POST" and form.is_valid() and _saved(request, form):
        messages.success(request, _("“%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
        return back(number)
    context: dict[str, Any] = {"number": number, "rule": rule, "form": form, "tags": form.tags}
    return render(request, "rules/form.html", context, status=422 if form.is_bound else 200)


def _saved(request: HttpRequest, form: RuleForm) -> bool:
    try:
        if form.rule is None:
            create_rule(actor(request), form.instance, on=True, **form.columns)
        else:
            update_rule(actor(request), form.rule, **form.columns)
    except Wrong as wrong:
        form.wrong(wrong)
        return False
    except Refused as refused:
        form.add_error(None, str(refused.message))
        return False
    return True


@rules_only
@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """`state`: on or off. A repeat changes nothing."""
    rule = rule_for(person(request), pk)
    state = request.POST.get("state")
    if state not in ("on", "off"):
        return HttpResponseBadRequest(_("Say state=on or state=off."), content_type="text/plain")
    try:
        switch_rule(actor(request), rule, on=state == "on")
    except Wrong as wrong:
        messages.error(request, str(wrong.message))
    return back(rule.instance)


@rules_only
@require_POST
def match(request: HttpRequest) -> HttpResponse:
    """`match`: all, or first: of several rules that match only the first one acts."""
    number = instance_for(person(request), request.GET.get("instance", "").replace("\0", ""))
    mode = request.POST.get("match")
    if mode not in ("all", "first"):
        return HttpResponseBadRequest(_("Say match=all or match=first."), content_type="text/plain")
    set_match(actor(request), number, first_only=mode == "first")
    return back(number)


@rules_only
@require_POST
def arrange(request: HttpRequest) -> HttpResponse:
    """`order`: all rules as they shall stand, "0:key,key". A repeat changes nothing."""
    number = instance_for(person(request), request.GET.get("instance", "").replace("\0", ""))
    try:
        layout = read_layout(request.POST.get("order", ""))
    except ValueError:
        return HttpResponseBadRequest(_("Say order=0: with the rules."), content_type="text/plain")
    try:
        arrange_rules(actor(request), number, [pk for _group, pks in layout for pk in pks])
    except Refused as refused:
        messages.error(request, str(refused.message))
    return back(number)


@rules_only
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    rule = rule_for(person(request), pk)
    delete_rule(actor(request), rule)
    messages.success(request, _("“%(name)s” is deleted. What it did stays.") % {"name": rule.name})
    return back(rule.instance)


@rules_only
@require_safe
def trial(request: HttpRequest, pk: int) -> HttpResponse:
    """What the rule would have done lately. Changes nothing."""
    rule = rule_for(person(request), pk)
    context: dict[str, Any] = {"rule": rule, "number": rule.instance, "days": DAYS, "can": can_be_tried(rule)}
    try:
        if context["can"]:
            context |= {"trial": dry_run(rule), "tells": spec_of(rule).doings.tells}
    except (Wrong, NoQuery) as wrong:
        context["words"] = str(wrong)
    return render(request, "rules/trial.html", context)


@rules_only
@require_POST
def apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Do to all chats of the dry run what the rule does to their labels, as a run."""
    rule = rule_for(person(request), pk)
    try:
        run = apply_to_history(actor(request), rule)
    except (Refused, Wrong, NoQuery) as refused:
        messages.error(request, str(refused))
        return redirect("rules.trial", rule.pk)
    messages.success(request, _("The run has begun."))
    return redirect("runs.detail", run.pk)


@rules_only
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Switch on the ready-made rule `key`. A repeat changes nothing."""
    number = instance_for(person(request), request.GET.get("instance", "").replace("\0", ""))
    made = list(Rule.objects.filter(instance=number).values_list("name", flat=True))
    found = {starter.key: starter for starter in starters(directory_of(number), made)}
    starter = found.get(request.POST.get("key", ""))
    if starter is None:
        return HttpResponseBadRequest(_("There is no such rule."), content_type="text/plain")
    if starter.label is not None and not starter.is_made:
        create_rule(actor(request), number, on=True, **starter.columns)
        messages.success(request, _("“%(name)s” is switched on.") % {"name": starter.name})
    return back(number)


def back(number: Instance) -> HttpResponse:
    return redirect(f"{reverse('rules.index')}?{urlencode({'instance': number.slug})}")
