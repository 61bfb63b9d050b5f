"""Who looks after a chat: whom one can choose, and choosing."""

from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.assigning import hand
from labelapp.actions.undoing import noting
from labelapp.models import User
from labelapp.queries.people import people_of
from labelapp.views.answers import changed, refusal
from labelapp.views.inbox import chat_desk, desk_of, person
from labelapp.views.requests import HtmxHttpRequest


@require_safe
def choose(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The people who may see the chat's number: options for a script, and without one a page."""
    desk, chat = chat_desk(request, pk)
    others = people_of(chat.instance).exclude(pk=person(request).pk)
    template = "assignee/_choose.html" if request.htmx else "assignee/choose.html"
    return render(request, template, desk.frame | {"chat": chat, "people": others})


@require_POST
def assign(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """Give the chat to `person`: "me", a key, or "" for nobody. A repeat changes nothing."""
    desk, chat = chat_desk(request, pk)
    asked = request.POST.get("person", "me")
    if asked not in ("", "me") and not (asked.isascii() and asked.isdigit() and len(asked) < 19):
        return HttpResponseBadRequest(_("Say person=me, a person's key, or nothing."), content_type="text/plain")
    try:
        whom = person_of(request, asked)
        actor = Actor.of(person(request))
        given, offer = noting(chat, lambda locked: hand(actor, locked, whom))
    except Refused as refused:
        return refusal(request, chat, refused)
    desk, chat = desk_of(desk, chat, given.pk)
    chat.assignee = whom
    return changed(desk, chat, offer)


def person_of(request: HtmxHttpRequest, asked: str) -> User | None:
    """Whom "me", a key or "" names. Raises Refused for a key that is nobody's."""
    if asked in ("", "me"):
        return person(request) if asked else None
    is_key = asked.isascii() and asked.isdigit() and len(asked) < 19
    found = User.objects.filter(pk=asked).first() if is_key else None
    if found is None:
        raise Refused(_("This person is not there any more."))
    return found
