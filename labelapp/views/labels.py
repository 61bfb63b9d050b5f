"""The label directory: look, create, rename, recolour, delete. Each change goes to WhatsApp inside its request."""

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import trigger_client_event

from labelapp.access import instance_for, label_for
from labelapp.actions.actor import Actor, Refused
from labelapp.actions.directory import create_label, delete_label, update_label
from labelapp.forms import COLOR_NAMES, LabelForm, TypedNumberForm
from labelapp.models import Instance, Label, User
from labelapp.queries.labels import Directory, chats_touched, directory, just_made

managers_only = permission_required("labelapp.manage_labels", raise_exception=True)


@managers_only
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    number = _number(request)
    if number is None:
        return render(request, "labels/no_number.html")
    at = request.GET.get("at", "")
    return _page(request, number, directory(number), at=int(at) if at.isdecimal() else None)


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    number = _number(request)
    if number is None:
        return redirect("labels.index")
    listing = directory(number)
    form = LabelForm(_sent(request), instance=number, initial={"color": listing.free_color()})
    if request.method == "POST":
        if form.is_valid() and _done(form, lambda: create_label(_actor(request), number, **form.cleaned_data)):
            messages.success(request, _("“%(label)s” is on WhatsApp.") % {"label": form.cleaned_data["name"]})
            return _back(number)
        if _repeats(_user(request), number, form):
            return _back(number)
    return _page(request, number, listing, form=form, swatches=_swatches(listing, form))


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    label = label_for(_user(request), pk)
    if label.deleted_at or label.is_ghost:
        return _gone(request, label)
    listing = directory(label.instance)
    form = LabelForm(_sent(request), instance=label.instance, label=label)
    if (
        request.method == "POST"
        and form.is_valid()
        and _done(form, lambda: update_label(_actor(request), label, **form.cleaned_data))
    ):
        messages.success(request, _("“%(label)s” is saved.") % {"label": form.cleaned_data["name"]})
        return _back(label.instance)
    return _page(request, label.instance, listing, label=label, form=form, swatches=_swatches(listing, form, label))


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    label = label_for(_user(request), pk)
    if label.deleted_at or label.is_ghost:
        return _gone(request, label)
    count = chats_touched(label)
    form = TypedNumberForm(_sent(request), expected=count)
    if request.method == "POST" and form.is_valid() and _done(form, lambda: delete_label(_actor(request), label)):
        said = ngettext(
            "“%(label)s” is deleted. It came off %(count)d chat.",
            "“%(label)s” is deleted. It came off %(count)d chats.",
            count,
        )
        messages.success(request, said % {"label": label.name, "count": count})
        return _back(label.instance)
    return _page(request, label.instance, directory(label.instance), label=label, delete_form=form, count=count)


def _sent(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: a post without any field is one all the same."""
    return request.POST if request.method == "POST" else None


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _actor(request: HttpRequest) -> Actor:
    return Actor.of(request.user)


def _number(request: HttpRequest) -> Instance | None:
    """The number that was asked for, else the last one looked at, else the first."""
    if slug := request.GET.get("instance"):
        return instance_for(_user(request), slug.replace("\0", ""))  # PostgreSQL takes no NUL
    visible = Instance.objects.visible_to(_user(request))
    return visible.filter(slug=request.session.get("instance", "")).first() or visible.first()


def _page(request: HttpRequest, number: Instance, listing: Directory, **more: Any) -> HttpResponse:
    """The whole page. htmx takes the parts it wants out of it, and shows messages as toasts."""
    context = {
        "number": number,
        "directory": listing,
        "numbers": Instance.objects.visible_to(_user(request)),
        "label": None,
        **more,
    }
    bound = any(form is not None and form.is_bound for form in (more.get("form"), more.get("delete_form")))
    said = []
    if getattr(request, "htmx", False):
        said = list(messages.get_messages(request))
        context["messages"] = []
    answer = render(request, "labels/index.html", context, status=422 if bound else 200)
    for message in said:
        trigger_client_event(answer, "toast", {"text": str(message), "level": message.level_tag})
    return answer


def _back(number: Instance) -> HttpResponse:
    return redirect(f"{reverse('labels.index')}?{urlencode({'instance': number.slug})}")


def _gone(request: HttpRequest, label: Label) -> HttpResponse:
    """A label that can't be changed: deleted meanwhile, perhaps by the first of two clicks, or not known yet."""
    if label.deleted_at and request.method != "POST":
        messages.warning(request, _("“%(label)s” was deleted in WhatsApp.") % {"label": label})
    return _back(label.instance)


def _done(form: Any, change: Any) -> bool:
    """Whether the change was made. A refusal goes beside the form, in the provider's own words."""
    try:
        change()
    except Refused as error:
        form.add_error(None, str(error.message))
        return False
    return True


def _repeats(user: User, number: Instance, form: LabelForm) -> bool:
    """Whether the same form was sent a moment ago, as two quick clicks do."""
    if not form.has_error("name", "duplicate") and not form.cleaned_data.get("name"):
        return False
    name, color = form.cleaned_data.get("name") or form.data["name"].strip(), form.cleaned_data.get("color")
    return color is not None and just_made(user, number, name=name, color=color) is not None


def _swatches(listing: Directory, form: LabelForm, label: Label | None = None) -> list[dict[str, Any]]:
    """The 20 colours with what a person has to know of each."""
    users, chosen = listing.users_of_colors(label), str(form["color"].value())
    return [
        {
            "index": index,
            "used": index in users,
            "checked": str(index) == chosen,
            "words": _color_words(str(name), users.get(index, [])),
        }
        for index, name in enumerate(COLOR_NAMES)
    ]


def _color_words(color: str, users: list[str]) -> str:
    if not users:
        return _("%(color)s, free") % {"color": color}
    if len(users) == 1:
        return _("%(color)s, used by %(label)s") % {"color": color, "label": users[0]}
    words = ngettext("%(color)s, used by %(count)d label", "%(color)s, used by %(count)d labels", len(users))
    return words % {"color": color, "count": len(users)}
