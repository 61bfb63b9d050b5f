"""What the query bar offers while one types."""

from dataclasses import replace

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from labelapp.queries.language.completion import complete
from labelapp.queries.people import colleagues
from labelapp.views.inbox import list_desk
from labelapp.views.requests import HtmxHttpRequest

LONGEST = 2000  # characters, as in the bar


@require_safe
def options(request: HtmxHttpRequest) -> HttpResponse:
    """The options for a text with the cursor between `before` and `after`."""
    scope = list_desk(request).scope
    vocabulary = replace(scope.vocabulary, people=lambda: colleagues(scope.numbers))
    before, after = (request.GET.get(name, "")[:LONGEST] for name in ("before", "after"))
    found = complete(before, after, vocabulary)
    offers = [(offer, scope.directory.tags.get(offer.pk)) for offer in found.offers]
    return render(request, "completion/options.html", {"found": found, "offers": offers})
