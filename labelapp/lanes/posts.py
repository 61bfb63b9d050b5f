"""Posts to the world outside, a few at a time: for the lanes that make them. Only threads post, and none of them uses the database."""

from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from labelapp.actions.outgoing_sending import Job
from labelapp.whatsapp.outgoing import Answer

Stop = Callable[[], bool]
LOOK = 0.5  # seconds between two looks for more while posts are in flight
J = TypeVar("J", bound=Job)


def post_all(
    claim: Callable[[int, Collection[J]], list[J]],
    record: Callable[[J, Answer], None],
    at_once: int,
    stop: Stop,
    name: str,
) -> int:
    """Make what `claim` gives (for so much room, beside those in flight), `at_once` at the same time, and `record` what came of each.

    Returns how many answered. A crash anywhere repeats a post at most, under the same id.
    """
    done = 0
    flying: dict[Future[Answer], J] = {}
    jobs = claim(at_once, ())
    if not jobs:
        return 0
    with ThreadPoolExecutor(at_once, thread_name_prefix=name) as pool:
        while jobs or flying:
            flying |= {pool.submit(job.run): job for job in jobs}
            over, _others = wait(flying, timeout=LOOK, return_when=FIRST_COMPLETED)
            for future in over:
                record(flying.pop(future), future.result())
            done += len(over)
            room = 0 if stop() else at_once - len(flying)
            jobs = claim(room, flying.values()) if room else []
    return done
