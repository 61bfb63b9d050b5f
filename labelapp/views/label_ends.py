"""How a label ends: archived here, merged into another one, deleted everywhere. Always with what it touches, before."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from labelapp.access import label_for
from labelapp.actions.actor import Refused
from labelapp.actions.archiving import archive_label
from labelapp.actions.directory import delete_label
from labelapp.actions.merging import carriers, check_merge, start_merge
from labelapp.actions.run_targets import in_chunks
from labelapp.forms.label_ends import DeletionForm, MergeForm
from labelapp.models import Label
from labelapp.queries.label_uses import merge_impact, unstaged
from labelapp.queries.labels import Directory, chats_touched, directory
from labelapp.queries.run_labels import Binding
from labelapp.queries.run_preview import preview
from labelapp.views.inbox import person
from labelapp.views.label_page import actor, away, back, done, gone, managers_only, page, sent


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask what becomes of the chats; `how` is chosen to begin with. To move them leads on to the merge, which asks for their number."""
    label = label_for(person(request), pk)
    if label.deleted_at or label.is_ghost:
        return gone(request, label)
    count, listing = chats_touched(label), directory(label.instance)
    targets = _targets(listing, label)
    form = DeletionForm(sent(request), expected=count, targets=targets, initial={"how": request.GET.get("how", "")})
    if request.method == "POST" and form.is_valid():
        how = form.cleaned_data["how"]
        if how == form.MOVE:
            query = urlencode({"into": form.cleaned_data["into"].pk})
            return redirect(f"{reverse('labels.merge', args=[pk])}?{query}")
        if how == form.ARCHIVE:
            return _archive(request, label, on=True)
        if done(form, lambda: delete_label(actor(request), label)):
            messages.success(request, _deleted(label, count))
            return back(label.instance)
    more = {"label": label, "count": count, "unstaged": unstaged(label)}
    return page(request, label.instance, listing, "labels/_delete.html", form, **more)


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: HttpRequest, pk: int) -> HttpResponse:
    """Which label the chats get (`into`), what that would change, and with their number typed the run that does it."""
    label = label_for(person(request), pk)
    if label.deleted_at or label.is_ghost:
        return gone(request, label)
    listing, count = directory(label.instance), chats_touched(label)
    targets = _targets(listing, label)
    form = MergeForm(sent(request), expected=count, targets=targets, initial={"into": request.GET.get("into", "")})
    if request.method == "POST" and form.is_valid():
        try:
            run = start_merge(actor(request), label, form.cleaned_data["into"])
        except Refused as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("The run has begun."))
            return away(request, reverse("runs.detail", args=[run.pk]))
    more = {"label": label, "count": count, **_foreseen(request, label, form.target)}
    return page(request, label.instance, listing, "labels/_merge.html", form, **more)


@managers_only
@require_POST
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    """`state`: on or off. A repeat changes nothing."""
    label = label_for(person(request), pk)
    state = request.POST.get("state")
    if state not in ("on", "off"):
        raise BadRequest("Say state=on or state=off.")
    return _archive(request, label, on=state == "on")


def _archive(request: HttpRequest, label: Label, *, on: bool) -> HttpResponse:
    try:
        archive_label(actor(request), label, on=on)
    except Refused as refused:
        messages.error(request, str(refused.message))
    else:
        said = _("“%(label)s” is archived.") if on else _("“%(label)s” is offered again.")
        messages.success(request, said % {"label": label})
    return back(label.instance)


def _targets(listing: Directory, label: Label) -> list[Label]:
    return [row.label for row in listing.shown if row.label.pk != label.pk]


def _deleted(label: Label, count: int) -> str:
    said = ngettext(
        "“%(label)s” is deleted. It came off %(count)d chat.",
        "“%(label)s” is deleted. It came off %(count)d chats.",
        count,
    )
    return said % {"label": label.name, "count": count}


def _foreseen(request: HttpRequest, label: Label, target: Label | None) -> dict[str, Any]:
    """What the merge would do, or why it can't be."""
    if target is None:
        return {}
    try:
        check_merge(actor(request), label, target)
    except Refused as refused:
        return {"target": target, "blocked": str(refused.message)}
    binding = Binding(label.instance, adds=[target], removes=[label])
    found = preview(in_chunks(list(carriers(label))), {label.instance_id: binding})
    return {"target": target, "preview": found, "impact": merge_impact(label, target)}
