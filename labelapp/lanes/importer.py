"""The import lane: numbers whose import is due, from where it stands."""

from collections.abc import Callable

from django.utils import timezone

from labelapp.actions.actor import Refused
from labelapp.actions.importing import record_trouble, run_import
from labelapp.actions.readiness import NotConnected
from labelapp.lanes.reach import Reach
from labelapp.models import Instance
from labelapp.whatsapp.errors import ProviderError

Stop = Callable[[], bool]
RETRY_SECONDS = 30.0  # after what only a person or the phone can end


def run_due(instance: Instance, reach: Reach, stop: Stop = lambda: False) -> int:
    """Import the number if that is due. Returns 1 when it was worked on. Trouble is kept for people to see and tried again."""
    if (
        instance.import_due_at is None
        or instance.import_due_at > timezone.now()
        or instance.is_frozen
        or (instance.session_due_at is not None and instance.import_stage != Instance.ImportStage.WAITING)
        or not reach.is_open
    ):
        return 0
    try:
        run_import(instance, reach.connect(instance), stop)
        reach.was_read(instance)
    except ProviderError as error:
        reach.failed(instance, error)
        record_trouble(instance, error, pause=RETRY_SECONDS if error.permanent or error.refused else 0)
    except NotConnected as error:
        record_trouble(instance, error, pause=RETRY_SECONDS)
        return 0
    except Refused:
        return 0
    return 1
