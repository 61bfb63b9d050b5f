"""One taxonomy for many numbers: chosen, compared with each, published. And the file of one number's."""

import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from labelapp.actions.publishing import publish_all
from labelapp.forms.taxonomies import PublishForm
from labelapp.forms.taxonomy_writing import write_taxonomy
from labelapp.models import Instance
from labelapp.queries.taxonomies import taxonomy_of
from labelapp.queries.taxonomy_differences import Difference, difference
from labelapp.views.inbox import person
from labelapp.views.label_page import actor, chosen_number, managers_only


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest) -> HttpResponse:
    """A post shows what would change; with `do=publish` it happens, unless something has changed since it was shown (`seen`)."""
    number = chosen_number(request)
    if number is None:
        return redirect("labels.index")
    numbers = list(Instance.objects.visible_to(person(request)))
    context: dict[str, Any] = {"number": number}
    if request.method != "POST":
        source = f"number:{number.slug}" if number.labels.exists() else None
        form = PublishForm(numbers=numbers, initial={"source": source, "numbers": []})
        return render(request, "taxonomies/publish.html", context | {"form": form})
    form = PublishForm(request.POST, request.FILES, numbers=numbers)
    if not form.is_valid():
        return render(request, "taxonomies/publish.html", context | {"form": form}, status=422)
    found, told = _differences(form), None
    if request.POST.get("do") == "publish":
        if form.cleaned_data["seen"] == _digest(found):
            told = publish_all(actor(request), form.chosen, form.taxonomy)
            found = _differences(form)
        else:
            context["words"] = _("Something has changed since you looked. Nothing was done: look again.")
    context |= {"differences": found, "told": told, "left": any(one.steps and not one.lacking for one in found)}
    return render(request, "taxonomies/publish.html", context | {"form": _again(form, found, numbers)})


@managers_only
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """The number's taxonomy as a file."""
    number = chosen_number(request)
    if number is None:
        return redirect("labels.index")
    answer = HttpResponse(write_taxonomy(taxonomy_of(number)), content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="labels-{number.slug}.json"'
    return answer


def _differences(form: PublishForm) -> list[Difference]:
    return [difference(number, form.taxonomy) for number in form.chosen]


def _digest(found: list[Difference]) -> str:
    return hashlib.sha256("\n".join(one.key for one in found).encode()).hexdigest()


def _again(form: PublishForm, found: list[Difference], numbers: list[Instance]) -> PublishForm:
    """The form as it was sent, with the file as text, and with what is shown now."""
    data: Any = form.data
    data = data.copy()
    data["text"], data["seen"] = form.cleaned_data.get("text", ""), _digest(found)
    again = PublishForm(data, numbers=numbers)
    again.is_valid()
    return again
