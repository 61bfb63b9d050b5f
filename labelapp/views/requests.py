"""The request as views get it: with what the middlewares hang on it."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class HtmxHttpRequest(HttpRequest):
    """`htmx`: what htmx says of itself in its headers; false where it does not ask."""

    htmx: HtmxDetails


class TimedHttpRequest(HttpRequest):
    """`started`: by `time.perf_counter`."""

    started: float
