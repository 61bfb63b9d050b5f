"""For Prometheus: the state of the product in figures."""

import logging
from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import Error
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import generate_latest
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from labelapp.actions.heartbeats import ALIVE
from labelapp.models import Instance
from labelapp.queries.metrics import Figures, figures
from labelapp.queries.traffic import Traffic, traffic
from labelapp.views.counters import counters
from labelapp.views.gauges import database_up, of_numbers, of_traffic, of_workers
from labelapp.views.inbox import person

log = logging.getLogger(__name__)


class Scrape:
    """What one scrape tells: what the database knows, None while it is away, and the counters of this process."""

    def __init__(self, known: tuple[Figures, Traffic] | None) -> None:
        self.known = known

    def collect(self) -> Iterable[Metric]:
        yield database_up(self.known is not None)
        if self.known is not None:
            figures, traffic = self.known
            yield from of_workers(figures)
            yield from of_numbers(figures)
            yield from of_traffic(traffic)
        yield from counters.collect()


@never_cache
@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For METRICS_TOKEN as a bearer (all numbers), or a login that sees operations (its own numbers). Others get 401 or 403."""
    by_token = _has_token(request)
    if not by_token and not request.user.is_authenticated:
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    if not by_token and not person(request).has_perm("labelapp.see_operations"):
        raise PermissionDenied
    numbers = Instance.objects.connected() if by_token else Instance.objects.visible_to(person(request))
    return HttpResponse(generate_latest(Scrape(_read(numbers))), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _has_token(request: HttpRequest) -> bool:
    kind, _space, token = request.headers.get("Authorization", "").partition(" ")
    right = settings.METRICS_TOKEN
    return bool(right) and kind.lower() == "bearer" and constant_time_compare(token.strip(), right)


def _read(numbers: QuerySet[Instance]) -> tuple[Figures, Traffic] | None:
    try:
        return figures(numbers, ALIVE), traffic(numbers)
    except Error as error:
        log.warning("no figures, the database is away: %s", error)
        return None
