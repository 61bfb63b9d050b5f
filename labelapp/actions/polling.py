"""News of a number without events: new chats and last messages, from the first pages of the overview."""

from django.db import transaction
from django.utils import timezone

from labelapp.actions.importing import PAGE, store_chats
from labelapp.actions.notices import note
from labelapp.models import Change, Instance
from labelapp.whatsapp.provider import Provider

PAGES = 20  # more than that is for an import; the next poll goes on, because what was read is known by then


def poll_overview(instance: Instance, client: Provider) -> int:
    """Take over chats and last messages, page by page until a page brings nothing new. Returns how many chats are new or moved.

    Raises ProviderError; pages read before stay taken over. Safe to run twice.
    """
    asked_at, total, met = timezone.now(), 0, set[str]()
    for page in range(PAGES):
        page_at = timezone.now()
        infos = client.chats(limit=PAGE, offset=page * PAGE)
        fresh = [info for info in infos if info.jid not in met]  # a provider may ignore paging
        met.update(info.jid for info in fresh)
        with transaction.atomic():
            moved = store_chats(instance, fresh, page_at)
            if moved:
                note(instance, Change.Kind.MESSAGE, moved)
        total += len(moved)
        if not moved:
            break
    Instance.objects.filter(pk=instance.pk).update(polled_at=asked_at, poll_due_at=None)
    return total
