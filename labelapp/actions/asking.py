"""Several numbers are asked at once for the doctor, and one whose provider hangs holds nobody up for long."""

import threading
import time
from collections.abc import Callable, Sequence

from django.utils import translation
from django.utils.translation import gettext as _

from labelapp.models import Instance
from labelapp.queries.checkup import Check, failure

AT_ONCE = 8
SECONDS = 25.0  # that all the answers of one number may take together


def ask_together(
    numbers: Sequence[Instance], ask: Callable[[Instance], list[Check]], seconds: float | None = None
) -> dict[int, list[Check]]:
    """What `ask` finds of each number, by its key, after at most `seconds` (SECONDS). Each has a thread: it must touch no database."""
    limit = SECONDS if seconds is None else seconds
    language = translation.get_language()
    found: dict[int, list[Check]] = {}

    def run(number: Instance) -> None:
        with translation.override(language):
            try:
                found[number.pk] = ask(number)
            except (
                Exception
            ) as error:  # a surprise at one number must not silence the others; its text may hold anything
                found[number.pk] = [_stumbled(number, error)]

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in numbers]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + limit
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return {number.pk: found.get(number.pk) or [_hangs(number, limit)] for number in numbers}


def _hangs(number: Instance, seconds: float) -> Check:
    words = _("The provider took longer than %(n)g s.") % {"n": seconds}
    return failure("provider.slow", words, _("Look at the provider's own page whether it is in trouble."), number.slug)


def _stumbled(number: Instance, error: Exception) -> Check:
    words = _("The doctor itself stumbled here (%(kind)s).") % {"kind": type(error).__name__}
    return failure("provider.stumbled", words, _("Please report it. The rest of what is told holds."), number.slug)
