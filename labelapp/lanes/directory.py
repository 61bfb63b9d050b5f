"""The directory lane: numbers whose label directory should be read again."""

from collections.abc import Callable

from django.utils import timezone

from labelapp.actions.actor import Refused
from labelapp.actions.directory_reading import read_directory
from labelapp.lanes.reach import Reach
from labelapp.models import Instance
from labelapp.whatsapp.errors import ProviderError

Stop = Callable[[], bool]


def run_due(instance: Instance, reach: Reach, stop: Stop = lambda: False) -> int:
    """Read the directory if that is due. Returns 1 when it was read."""
    if (
        instance.directory_due_at is None
        or instance.directory_due_at > timezone.now()
        or not reach.is_open
        or not Instance.objects.filter(pk=instance.pk).ready().exists()  # as it is now: another account may answer
    ):
        return 0
    try:
        read_directory(instance, reach.connect(instance))
    except ProviderError as error:
        reach.failed(instance, error)
        return 0
    except Refused:
        return 0
    reach.was_read(instance)
    return 1
