"""Who else is looking at the open chat."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from labelapp.access import chat_for
from labelapp.actions import looking
from labelapp.views.inbox import person


@require_POST
def look(request: HttpRequest, pk: int) -> HttpResponse:
    """A screen shows the chat (again). Answers with the others who have it open."""
    chat = chat_for(person(request), pk)
    return render(request, "chats/_lookers.html", {"chat": chat, "others": looking.look(person(request), chat)})


@require_POST
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """A screen shows the chat no more. A repeat changes nothing."""
    looking.leave(person(request), chat_for(person(request), pk))
    return HttpResponse(status=204)
