"""What providers posted: look, search, and have it applied once more. For people who see operations."""

import json
import re

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import trigger_client_event

from labelapp.access import delivery_for
from labelapp.actions.actor import Actor, Refused
from labelapp.actions.replaying import replay as replay_deliveries
from labelapp.models import HookDelivery
from labelapp.queries.deliveries import MOST, bounded_count, matching, news, some_of
from labelapp.queries.subjects import lines
from labelapp.views.choosing import remember
from labelapp.views.deliveries_desk import Desk, listed, place, places
from labelapp.views.inbox import person
from labelapp.views.requests import HtmxHttpRequest

SHOWN = 20_000  # characters of a body; the rest is a download away
BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # would put the code around them in another order
PLAIN = "text/plain; charset=utf-8"
operators_only = permission_required("labelapp.see_operations", raise_exception=True)


@operators_only
@require_safe
def index(request: HtmxHttpRequest) -> HttpResponse:
    desk = Desk.at(request)
    if not (desk.numbers or desk.number):
        return render(request, "deliveries/no_number.html")
    if desk.number and not desk.is_removed:
        remember(request, desk.number)
    return render(request, "deliveries/index.html", desk.frame | desk.list_context(place(request, "before")))


@operators_only
@require_safe
def fresh(request: HtmxHttpRequest) -> HttpResponse:
    """What a list that is on a screen lacks: how many came since, and what became of those that waited."""
    desk, after = Desk.at(request), place(request, "after") or 0
    waiting = places(request.GET.get("waiting", ""))
    rows = some_of(desk.chosen, waiting)
    context = {"news": news(desk.chosen, desk.sieve, after), "lines": listed(rows)}
    return render(request, "deliveries/_fresh.html", desk.frame | context)


@operators_only
@require_safe
def detail(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """One delivery: a fragment for the drawer, and a page of its own beside the list."""
    return _detail(request, delivery_for(person(request), pk))


@operators_only
@require_safe
def raw(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    """The body as it came, to keep."""
    row = delivery_for(person(request), pk)
    answer = HttpResponse(row.body, content_type=PLAIN)
    answer["Content-Disposition"] = f'attachment; filename="delivery-{row.pk}.txt"'
    return answer


@operators_only
@require_POST
def replay(request: HtmxHttpRequest, pk: int) -> HttpResponse:
    row = delivery_for(person(request), pk)
    Desk.at(request, row.instance)  # an address that leads nowhere is refused before anything is done
    try:
        done = replay_deliveries(Actor.of(person(request)), HookDelivery.objects.filter(pk=row.pk))
    except Refused as refused:
        return _refused(request, refused, row)
    if done:
        messages.success(request, _("It is applied once more."))
    else:
        messages.info(request, _("It waits to be applied already."))
    return redirect(f"{reverse('deliveries.detail', args=[pk])}?{request.GET.urlencode()}".rstrip("?"))


@operators_only
@require_http_methods(["GET", "HEAD", "POST"])
def replay_many(request: HtmxHttpRequest) -> HttpResponse:
    """All that the filter shows: first a question with their number, then the deed. `upto`: the newest that is meant."""
    desk, upto = Desk.at(request), place(request, "upto")
    if upto is None:
        upto = HookDelivery.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    rows = matching(desk.chosen, desk.sieve).filter(pk__lte=upto)
    if request.method != "POST":
        return _question(request, desk, bounded_count(rows), upto)
    try:
        if bounded_count(rows) > MOST:
            raise Refused(_("These are too many at once. Filter them first."))
        done = replay_deliveries(Actor.of(person(request)), rows)
    except Refused as refused:
        return _refused(request, refused)
    said = ngettext("%(count)d delivery is applied once more.", "%(count)d deliveries are applied once more.", done)
    messages.success(request, said % {"count": done})
    return redirect(desk.href)


def _question(request: HtmxHttpRequest, desk: Desk, count: int, upto: int) -> HttpResponse:
    context = {"count": count, "most": MOST, "upto": upto, "asking": True}
    if request.htmx:
        return render(request, "deliveries/_side.html", desk.frame | context)
    return render(request, "deliveries/index.html", desk.frame | desk.list_context() | context)


def _detail(request: HtmxHttpRequest, row: HookDelivery, *, words: str = "", status: int = 200) -> HttpResponse:
    desk = Desk.at(request, row.instance)
    text, cut = readable(row.body)
    context = {
        "delivery": row,
        "subject": lines([row], {row.pk: row.body})[0].subject,
        "body": text,
        "cut": cut,
        "words": words,
    }
    if not request.htmx:
        return render(request, "deliveries/index.html", desk.frame | desk.list_context() | context, status=status)
    said = list(messages.get_messages(request))
    answer = render(request, "deliveries/_side.html", desk.frame | context)
    for message in said:
        trigger_client_event(answer, "toast", {"text": str(message), "level": message.level_tag})
    return answer


def _refused(request: HtmxHttpRequest, refused: Refused, row: HookDelivery | None = None) -> HttpResponse:
    """The action's own sentence: as text for scripts, beside what was asked for without them."""
    said = str(refused.message)
    if request.htmx:
        return HttpResponse(said, status=refused.status, content_type=PLAIN)
    if row is not None:
        return _detail(request, row, words=said, status=refused.status)
    return render(request, "deliveries/refused.html", {"words": said}, status=refused.status)


def readable(body: str) -> tuple[str, bool]:
    """A body for people, and whether its end was cut off. One that is no JSON stays as it is."""
    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False) if len(body) <= SHOWN else body
    except (ValueError, RecursionError):
        text = body
    text = BIDI.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text[:SHOWN].encode(errors="backslashreplace").decode(), len(text) > SHOWN
