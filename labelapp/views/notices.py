"""Notifications: what a person follows, how they are told, and the one page that tells them."""

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.notifying import take_notices
from labelapp.actions.subscribing import set_notice_settings, subscribe, unsubscribe
from labelapp.forms.notices import NoticeForm, SubscriptionForm
from labelapp.models import Notice, User
from labelapp.queries.notices import last_notices, settings_of, subscriptions_of


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """What the person follows and was told of; a POST changes how they are told."""
    if request.method != "POST":
        return _page(request)
    form = NoticeForm(request.POST, instance=settings_of(_person(request)))
    if not form.is_valid():
        return _page(request, form=form)
    set_notice_settings(_actor(request), **form.cleaned_data)
    messages.success(request, _("Saved."))
    return redirect("notices.index")


@require_POST
def follow(request: HttpRequest) -> HttpResponse:
    """Be told of one more thing."""
    form = SubscriptionForm(request.POST, user=_person(request))
    if form.is_valid():
        try:
            subscribe(_actor(request), **form.values)
        except Refused as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("You are told of it from now on."))
            return redirect("notices.index")
    return _page(request, follow_form=form)


@require_POST
def unfollow(request: HttpRequest, pk: int) -> HttpResponse:
    unsubscribe(_actor(request), pk)
    return redirect("notices.index")


@never_cache
@require_POST
def take(request: HttpRequest) -> JsonResponse:
    """What is to be shown now. Whoever asks first gets it: no other page of this person does."""
    user = _person(request)
    taken, how = take_notices(user), settings_of(user)
    items = [_item(one) for one in taken.each]
    if taken.together:
        n = len(taken.together)
        words = ngettext("%(n)s chat wants you", "%(n)s chats want you", n) % {"n": n}
        names = list(dict.fromkeys(one.words for one in taken.together))
        items.append({"title": words, "body": ", ".join(names[:5]), "url": reverse("notices.index"), "urgent": False})
    return JsonResponse({"items": items, "sound": how.sound, "desktop": how.desktop})


def _item(one: Notice) -> dict[str, Any]:
    """`key`: the same notice on a desktop replaces itself."""
    url = reverse("chats.detail", args=[one.chat_id])
    title = one.chat.name or one.chat.jid.partition("@")[0]
    return {"title": title, "body": one.words, "url": url, "urgent": one.urgent, "key": one.pk}


def _page(request: HttpRequest, **forms: Any) -> HttpResponse:
    user = _person(request)
    context = {
        "form": NoticeForm(instance=settings_of(user)),
        "follow_form": SubscriptionForm(user=user),
        "subscriptions": subscriptions_of(user),
        "notices": last_notices(user),
        **forms,
    }
    return render(request, "notices/index.html", context, status=422 if forms else 200)


def _person(request: HttpRequest) -> User:
    return cast(User, request.user)


def _actor(request: HttpRequest) -> Actor:
    return Actor.of(request.user)
