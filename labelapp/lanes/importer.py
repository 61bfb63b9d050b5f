"""The import lane: numbers whose import is due, from where it stands."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from labelapp.actions.actor import Refused
from labelapp.actions.importing import record_trouble, run_import
from labelapp.lanes.reach import Reach
from labelapp.models import Instance
from labelapp.whatsapp.errors import ProviderError

Stop = Callable[[], bool]


def run_due(instance: Instance, reach: Reach, stop: Stop = lambda: False) -> int:
    """Import the number if that is due. Returns 1 when it was worked on. Trouble is kept for people to see and tried again."""
    if instance.import_due_at is None or instance.import_due_at > timezone.now() or not reach.is_open:
        return 0
    try:
        run_import(instance, reach.connect(instance), stop)
        reach.answered(instance)
    except ProviderError as error:
        reach.failed(instance, error)
        record_trouble(instance, error)
        if error.permanent or error.refused:
            instance.import_due_at = timezone.now() + timedelta(seconds=30)
            instance.save(update_fields=["import_due_at"])
    except Refused:
        return 0
    return 1
