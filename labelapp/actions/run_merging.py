"""Two chats turn out to be one person while runs are about them."""

from labelapp.models import Chat, RunChat, RunItem

State = RunChat.State


def join_places(keep: Chat, gone: Chat) -> None:
    """The places of `gone` in runs become `keep`'s. Where both have one, it does what either still had to do. In a transaction."""
    ours = {place.run_id: place for place in RunChat.objects.filter(chat=keep)}
    for place in RunChat.objects.select_for_update(no_key=True).filter(chat=gone).order_by("pk"):
        mine = ours.get(place.run_id)
        if mine is None:
            place.chat = keep
            place.save(update_fields=["chat"])
        else:
            _join(mine, place)


def _join(mine: RunChat, other: RunChat) -> None:
    labels = RunItem.objects.filter(place=mine).values("label")
    moved = RunItem.objects.filter(place=other).exclude(label__in=list(labels.values_list("label", flat=True)))
    if moved.update(place=mine) and mine.state != State.WAITING and other.state in (State.WAITING, State.SENT):
        mine.state = other.state
        mine.save(update_fields=["state"])
    other.delete()
