"""Waiting for WhatsApp's word on a wish. Nothing is held meanwhile: no transaction, and on PostgreSQL no connection."""

import time
from threading import BoundedSemaphore

from django.db import connection

from labelapp.models import ChatLabel

LONGEST = 30  # seconds
AT_ONCE = 32  # requests that wait in one process: beyond that the answer is what is known
PAUSE = 0.15  # seconds between two looks
places = BoundedSemaphore(AT_ONCE)


def settled(pair: ChatLabel, seconds: float) -> ChatLabel:
    """The pair once it is confirmed or failed, or as it is after so many seconds."""
    if not (pair.is_open and seconds and places.acquire(blocking=False)):
        return pair
    try:
        until = time.monotonic() + min(seconds, LONGEST)
        while pair.is_open and time.monotonic() < until:
            _let_go()
            time.sleep(max(0.0, min(PAUSE, until - time.monotonic())))
            pair = _again(pair)
    finally:
        places.release()
    return pair


def _let_go() -> None:
    """Back into the pool, which others wait for. Not inside a transaction of somebody else's."""
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        connection.close()


def _again(pair: ChatLabel) -> ChatLabel:
    """As it is now. The chat may have been joined to another one: the pair that was is the last word then."""
    rows = ChatLabel.objects.select_related("label")
    return rows.filter(pk=pair.pk).first() or pair
