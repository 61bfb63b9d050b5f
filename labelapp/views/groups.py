"""Groups of labels: made, changed, deleted. WhatsApp is not asked: it has none."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from labelapp.access import group_for
from labelapp.actions.groups import create_group, delete_group, update_group
from labelapp.forms.groups import GroupForm
from labelapp.queries.labels import directory, doubled
from labelapp.views.inbox import person
from labelapp.views.label_page import actor, back, chosen_number, done, managers_only, page, sent

DRAWER = "labels/_group.html"


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    number = chosen_number(request)
    if number is None:
        return redirect("labels.index")
    form = GroupForm(sent(request), instance=number)
    if (
        request.method == "POST"
        and form.is_valid()
        and done(form, lambda: create_group(actor(request), number, **form.cleaned_data))
    ):
        messages.success(request, _("The group “%(name)s” is made.") % {"name": form.cleaned_data["name"]})
        return back(number)
    return page(request, number, directory(number), DRAWER, form)


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    group = group_for(person(request), pk)
    form = GroupForm(sent(request), instance=group.instance, group=group)
    if (
        request.method == "POST"
        and form.is_valid()
        and done(form, lambda: update_group(actor(request), group, **form.cleaned_data))
    ):
        messages.success(request, _("“%(label)s” is saved.") % {"label": form.cleaned_data["name"]})
        return back(group.instance)
    clashes = 0 if group.is_exclusive else doubled(group)
    return page(request, group.instance, directory(group.instance), DRAWER, form, group=group, doubled=clashes)


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask first, because an exclusive group binds chats."""
    group = group_for(person(request), pk)
    if request.method == "POST":
        delete_group(actor(request), group)
        messages.success(request, _("The group “%(name)s” is deleted. Its labels stay.") % {"name": group.name})
        return back(group.instance)
    return page(request, group.instance, directory(group.instance), "labels/_group_delete.html", group=group)
