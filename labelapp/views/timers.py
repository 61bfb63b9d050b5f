"""The time of a label on a chat: set, changed, taken away."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import trigger_client_event

from labelapp.access import label_for
from labelapp.actions.actor import Actor, Refused
from labelapp.actions.timers import BadTimer, clear_timer, set_timer
from labelapp.forms.timers import TimerForm
from labelapp.models import Chat, Label, LabelTimer
from labelapp.queries.people import people_of
from labelapp.templatetags.chips import tag_name
from labelapp.views.answers import refusal
from labelapp.views.inbox import Desk, chat_desk, desk_of, person
from labelapp.views.requests import HtmxHttpRequest


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HtmxHttpRequest, pk: int, label_pk: int) -> HttpResponse:
    """A POST sets the time, with `clear` it takes it away. A dialog of the inbox, and without JavaScript a page."""
    desk, chat = chat_desk(request, pk)
    label = _label(request, chat, label_pk)
    if "clear" in request.POST:
        return _clear(desk, chat, label)
    timer = LabelTimer.objects.filter(pair__chat=chat, pair__label=label, pair__wanted=True).first()
    form = _form(desk, chat, label, timer)
    if request.method == "POST" and form.is_valid():
        try:
            pair = set_timer(Actor.of(person(request)), chat, label, form.alarm)
        except BadTimer as bad:
            form.wrong(bad)
        except Refused as refused:
            form.add_error(None, str(refused.message))
        else:
            return _done(desk, chat, pair.chat_id, _("%(label)s has a timer.") % {"label": label})
    tag = desk.directory.tags.get(label.pk)
    context = {
        "chat": chat,
        "label": label,
        "tag": tag,
        "name": tag_name(tag) if tag else "",
        "form": form,
        "timer": timer,
    }
    template = "timers/_form.html" if request.htmx else "timers/edit.html"
    return render(request, template, desk.frame | context, status=422 if form.errors else 200)


def _label(request: HtmxHttpRequest, chat: Chat, pk: int) -> Label:
    label = label_for(person(request), pk)
    if label.instance_id != chat.instance_id:
        raise Http404("No such label.")
    return label


def _clear(desk: Desk, chat: Chat, label: Label) -> HttpResponse:
    try:
        left = clear_timer(Actor.of(person(desk.request)), chat, label)
    except Refused as refused:
        return refusal(desk.request, chat, refused)
    return _done(desk, chat, left.pk, _("The timer was taken away."))


def _form(desk: Desk, chat: Chat, label: Label, timer: LabelTimer | None) -> TimerForm:
    request = desk.request
    tags = [tag for tag in desk.directory.only(chat.instance_id).usable if tag.pk != label.pk]
    people = list(people_of(chat.instance))
    sent = request.POST if request.method == "POST" else None
    return TimerForm(sent, timer=timer, tags=tags, people=people, user=person(request))


def _done(desk: Desk, chat: Chat, pk: int, words: str) -> HttpResponse:
    """The dialog closes, and the chips are fetched anew."""
    _desk, left = desk_of(desk, chat, pk)
    if not desk.request.htmx:
        return redirect("chats.detail", pk=left.pk)
    response = trigger_client_event(HttpResponse(""), f"chat-{left.pk}")
    return trigger_client_event(response, "say", {"text": words})
