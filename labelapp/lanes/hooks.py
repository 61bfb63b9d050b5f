"""The hooks lane: posts what outgoing hooks are to be told, a few at a time. Makes no provider call."""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from django.conf import settings

from labelapp.actions.outgoing_sending import Job, claim_due, record
from labelapp.lanes.reach import Reach
from labelapp.models import Instance
from labelapp.whatsapp.outgoing import Answer

Stop = Callable[[], bool]
LOOK = 0.5  # seconds between two looks for more while posts are in flight


def run_due(instance: Instance, reach: Reach, stop: Stop = lambda: False) -> int:
    """Post the number's messages that are due, at most HOOKS_AT_ONCE at the same time. Returns how many answered.

    Only the threads post, and only this one uses the database. A crash anywhere repeats a message at most, under the same id.
    """
    done = 0
    flying: dict[Future[Answer], Job] = {}
    jobs = claim_due(instance, settings.HOOKS_AT_ONCE)
    if not jobs:
        return 0
    with ThreadPoolExecutor(settings.HOOKS_AT_ONCE, thread_name_prefix="hook") as pool:
        while jobs or flying:
            flying |= {pool.submit(job.run): job for job in jobs}
            over, _others = wait(flying, timeout=LOOK, return_when=FIRST_COMPLETED)
            for future in over:
                record(flying.pop(future), future.result())
            done += len(over)
            room = 0 if stop() else settings.HOOKS_AT_ONCE - len(flying)
            jobs = claim_due(instance, room, flying.values()) if room else []
    return done
