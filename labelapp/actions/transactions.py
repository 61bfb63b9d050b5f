"""Transactions that are made again when PostgreSQL breaks a deadlock at their cost."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

P = ParamSpec("P")
R = TypeVar("R")
TRIES = 3
DEADLOCK = "40P01"


def is_deadlock(error: BaseException) -> bool:
    """Whether PostgreSQL ended a transaction to let another one go on."""
    return getattr(error.__cause__, "sqlstate", "") == DEADLOCK


def patient(action: Callable[P, R]) -> Callable[P, R]:
    """`action` in one transaction. Work over many chats may lock a label before a chat, a click does it the other way round:
    the click that PostgreSQL then cancels is simply made again."""

    @wraps(action)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for _try in range(TRIES - 1):
            try:
                with transaction.atomic():
                    return action(*args, **kwargs)
            except OperationalError as error:
                # inside someone else's transaction only that one can begin again
                if connection.in_atomic_block or not is_deadlock(error):
                    raise
        with transaction.atomic():
            return action(*args, **kwargs)

    return run
