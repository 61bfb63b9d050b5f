"""The label directory: look, create, rename, recolour, put in order. Names and colours go to WhatsApp inside the request."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from labelapp.access import instance_for, label_for
from labelapp.actions.actor import Refused
from labelapp.actions.arranging import arrange_labels
from labelapp.actions.directory import LIMIT, REDUNDANT, Overtaken, create_label, shown, update_label
from labelapp.actions.prunes import set_redundant
from labelapp.actions.stages import set_limits
from labelapp.forms.labels import COLOR_NAMES, LabelForm
from labelapp.forms.spans import write_span
from labelapp.forms.tokens import token_of
from labelapp.models import Instance, Label, User, Verb
from labelapp.queries.colors import clear_of, confusable
from labelapp.queries.label_uses import source_mix
from labelapp.queries.labels import Directory, directory, just_made
from labelapp.queries.layouts import read_layout
from labelapp.queries.prunes import prunes_of, redundant_of
from labelapp.views.inbox import person
from labelapp.views.label_page import REFUSED, actor, back, chosen_number, done, gone, managers_only, page, refuse, sent

DRAWER = "labels/_drawer.html"
SUGGESTED = 2  # colours that would be better


@managers_only
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    number = chosen_number(request)
    if number is None:
        return render(request, "labels/no_number.html")
    at = request.GET.get("at", "")
    return page(request, number, directory(number), at=int(at) if at.isdecimal() else None)


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """`name`: what somebody looked for in a picker. `group`: the key of the group that it is for."""
    number = chosen_number(request)
    if number is None:
        return redirect("labels.index")
    listing = directory(number)
    wished = {key: request.GET.get(key, "") for key in ("name", "group")}
    form = LabelForm(
        sent(request), instance=number, groups=listing.groups, initial=wished | {"color": listing.free_color()}
    )
    if request.method == "POST":
        if form.is_valid() and done(form, lambda: create_label(actor(request), number, **_values(form))):
            messages.success(request, _("“%(label)s” is on WhatsApp.") % {"label": form.cleaned_data["name"]})
            return back(number)
        if _repeats(person(request), number, form):
            return back(number)
    return page(request, number, listing, DRAWER, form, **_colors(listing, form))


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """`name`, `color`: what somebody is advised to save instead; nothing is saved by looking."""
    label = label_for(person(request), pk)
    if label.deleted_at or label.is_ghost:
        return gone(request, label)
    listing = directory(label.instance)
    prunes = prunes_of(label, listing)
    form = LabelForm(
        sent(request),
        instance=label.instance,
        label=label,
        groups=listing.groups,
        prunes=prunes,
        advised=request.GET.dict(),
    )
    overtaken = None
    if request.method == "POST" and form.is_valid():
        try:
            _save(request, label, form)
        except Overtaken as error:
            form, overtaken = _again(form), _told(label, error)
        except Refused as error:
            refuse(form, error)
        else:
            messages.success(request, _("“%(label)s” is saved.") % {"label": form.cleaned_data["name"]})
            return back(label.instance)
    more = {"label": label, "overtaken": overtaken, "mix": source_mix(label), **_colors(listing, form, label)}
    return page(request, label.instance, listing, DRAWER, form, **more)


@managers_only
@require_POST
def arrange(request: HttpRequest) -> HttpResponse:
    """`order`: all groups and labels as they shall stand (`queries.layouts`); `before`: as the person saw them. A repeat changes
    nothing."""
    number = instance_for(person(request), request.GET.get("instance", "").replace("\0", ""))
    try:
        layout = read_layout(request.POST.get("order", ""))
        before = read_layout(request.POST["before"]) if "before" in request.POST else None
    except ValueError:
        return HttpResponseBadRequest(_("Say order=groups with their labels."), content_type="text/plain")
    try:
        arrange_labels(actor(request), number, layout, before)
    except Refused as refused:
        messages.error(request, str(refused.message))
    return back(number)


def _save(request: HttpRequest, label: Label, form: LabelForm) -> None:
    """What it makes redundant, and after how long a chat is stuck there, is a matter of its group: in another one it is asked for anew."""
    group = label.group
    update_label(actor(request), label, **_values(form), seen=form.cleaned_data["seen"])
    if form.cleaned_data.get(REDUNDANT) is not None and form.cleaned_data["group"] in (..., group):
        set_redundant(actor(request), label, Label.objects.filter(pk__in=form.cleaned_data[REDUNDANT]))
    asked = "stuck_after" in form.data and "stuck_after" in form.cleaned_data
    if asked and form.cleaned_data["group"] in (..., group):
        set_limits(actor(request), label.instance, {label.pk: form.cleaned_data["stuck_after"]})


def _values(form: LabelForm) -> dict[str, Any]:
    return {key: form.cleaned_data[key] for key in ("name", "color", "description", "group")}


def _again(form: LabelForm) -> LabelForm:
    """The form as it was sent, but it knows what is so now: sent once more, it is saved."""
    data: Any = form.data
    data = data.copy()
    if form.label is not None:
        data["seen"] = token_of(shown(form.label), form.shows)
    groups = list(form.groups.values())
    again = LabelForm(data, instance=form.instance, label=form.label, groups=groups, prunes=form.prunes)
    again.is_valid()
    return again


def _told(label: Label, error: Overtaken) -> dict[str, Any]:
    """Who changed the label, when, and what it is now."""
    label.refresh_from_db()
    entry = label.ledger.filter(verb=Verb.LABEL_UPDATE).select_related("actor").order_by("-pk").first()
    color = _("another colour") if label.color_index is None else str(COLOR_NAMES[label.color_index])
    now = {
        "name": (_("Name"), label.name),
        "color_index": (_("Colour"), color),
        "description": (_("When to use it"), label.description or _("empty")),
        "group_id": (_("Group"), label.group.name if label.group else _("No group")),
        LIMIT: (_("Stuck after"), write_span(label.stuck_after) or _("never")),
        REDUNDANT: (_("Comes off when a chat enters this stage"), _redundant_names(label) or _("nothing")),
    }
    return {"words": error.message, "entry": entry, "now": [now[field] for field in error.changed if field in now]}


def _redundant_names(label: Label) -> str:
    names = Label.objects.filter(pk__in=redundant_of(label)).in_order().values_list("name", flat=True)
    return pgettext("between names", ", ").join(names)


def _repeats(user: User, number: Instance, form: LabelForm) -> bool:
    """Whether the same form was sent a moment ago, as two quick clicks do."""
    is_taken = form.has_error("name", "duplicate") or form.has_error("name", REFUSED)
    if not is_taken and not form.cleaned_data.get("name"):
        return False
    name, color = form.cleaned_data.get("name") or form.data["name"].strip(), form.cleaned_data.get("color")
    return color is not None and just_made(user, number, name=name, color=color) is not None


def _colors(listing: Directory, form: LabelForm, label: Label | None = None) -> dict[str, Any]:
    """The 20 colours with what a person has to know of each, and those that would be clear of all others."""
    users, chosen = listing.users_of_colors(label), str(form["color"].value())
    swatches = []
    for index, name in enumerate(COLOR_NAMES):
        alike = [user for other in sorted(confusable()[index]) for user in users.get(other, [])]
        swatches.append(
            {
                "index": index,
                "used": index in users,
                "checked": str(index) == chosen,
                "alike": alike,
                "words": _color_words(str(name), users.get(index, []), alike),
            }
        )
    own = [] if label is None or label.color_index is None else [label.color_index]
    urgent = label is not None and label.urgency is not None
    clear = clear_of(users.keys(), but=own, urgent=urgent)[:SUGGESTED]
    better = [(index, str(COLOR_NAMES[index])) for index in clear]
    return {"swatches": swatches, "better": better}


def _color_words(color: str, users: list[str], alike: list[str]) -> str:
    words = _users_words(color, users)
    if not alike:
        return words
    return _("%(color)s; to some eyes it looks like %(label)s") % {"color": words, "label": alike[0]}


def _users_words(color: str, users: list[str]) -> str:
    if not users:
        return _("%(color)s, free") % {"color": color}
    if len(users) == 1:
        return _("%(color)s, used by %(label)s") % {"color": color, "label": users[0]}
    words = ngettext("%(color)s, used by %(count)d label", "%(color)s, used by %(count)d labels", len(users))
    return words % {"color": color, "count": len(users)}
