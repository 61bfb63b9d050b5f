"""The end of a merge: chats that were tagged meanwhile come in, and when none is left the label is deleted at the provider."""

from labelapp.actions.actor import Refused
from labelapp.actions.merging import retire, take_in_late
from labelapp.actions.providers import reason
from labelapp.actions.runs import is_retiring, stop_itself
from labelapp.lanes.reach import Reach
from labelapp.models import ChatLabel, Instance, Run, RunChat
from labelapp.models.reasons import Reason
from labelapp.whatsapp.errors import ProviderError


def follow_merge(run: Run, instance: Instance, reach: Reach) -> int:
    """What is to be done for a merge beside its chats. Returns how many more chats there are to move, or 1 for a label deleted."""
    if run.replacement is not None and run.replacement.deleted_at:
        stop_itself(run, Reason.DELETED())
        return 0
    if RunChat.objects.filter(run=run, state__in=[RunChat.State.WAITING, RunChat.State.SENT]).exists():
        return 0
    if late := take_in_late(run):
        return late
    if not is_retiring(run) or ChatLabel.objects.filter(label=run.retires_id).open().exists() or not reach.is_open:
        return 0
    try:
        late, knows_all = retire(run, reach.connect(instance))
    except ProviderError as error:
        if error.permanent:
            stop_itself(run, Reason.UNDELETED(reason(error)))
        else:
            reach.failed(instance, error)
        return 0
    except Refused:  # the token can't be read: the number says so itself
        return 0
    if not knows_all:
        stop_itself(run, Reason.STRANGERS())
    return late
