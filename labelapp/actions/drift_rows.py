"""The rows of the drift page that an action is about: locked, and compared with what the person saw."""

from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Refused
from labelapp.actions.clashes import forget_clashes
from labelapp.actions.pairs import lock_chat
from labelapp.models import Chat, ChatLabel, Finding, Label
from labelapp.queries.clashes import ONE_ALONE, clash_pairs
from labelapp.queries.differences import FINDING, Ref, pair_seen


class Changed(Refused):
    """The row is not what the person saw."""

    status = 409

    def __init__(self) -> None:
        super().__init__(_("This has changed meanwhile. Nothing was done: look again."))


def lock_seen_pair(pk: int) -> ChatLabel:
    """The pair with its chat locked. Raises Changed when it is gone, e.g. into that of a chat that its own was joined to."""
    at = ChatLabel.objects.filter(pk=pk).values_list("chat_id", flat=True).first()
    chat = _lock_known(at)
    pair = ChatLabel.objects.select_related("label__instance", "label__group").filter(pk=pk, chat=chat).first()
    if pair is None:
        raise Changed
    pair.chat = chat
    return pair


def lock_pair_of(ref: Ref) -> ChatLabel:
    """The one assignment that a finding is about, its chat locked. Raises Changed when it is gone."""
    found = Finding.objects.filter(pk=ref.pk, chat__isnull=False, label__isnull=False)
    at = found.values("chat", "label").first()
    pk = ChatLabel.objects.filter(**at).values_list("pk", flat=True).first() if at else None
    if pk is None:
        raise Changed
    return lock_seen_pair(pk)


def lock_clash(ref: Ref) -> list[ChatLabel]:
    """What the chat holds of a group that allows one, in the order of its labels, with the chat locked."""
    chat = _lock_known(ref.pk)
    labels = Label.objects.living().filter(group=ref.group, group__kind__in=ONE_ALONE).values_list("pk", flat=True)
    pairs = list(clash_pairs([chat.pk], labels).select_related("label__instance").order_by("label"))
    for pair in pairs:
        pair.chat = chat
    if not pairs:
        raise Changed
    forget_clashes(chat.instance_id)
    return pairs


def kept_alone(ref: Ref) -> int | None:
    """The key of the one label of a clash's group that the chat still has here, None where there is another number of them."""
    chat = _lock_known(ref.pk)
    found = list(
        ChatLabel.objects.filter(chat=chat, label__group=ref.group, wanted=True).values_list("label", flat=True)
    )
    return found[0] if len(found) == 1 else None


def lock_finding(ref: Ref, outcome: str) -> Finding | None:
    """The finding as it was seen; None when it has that outcome already. Raises Changed otherwise, and for one of a dead label."""
    rows = Finding.objects.select_for_update(of=("self",)).select_related("instance", "label")
    finding = rows.filter(pk=ref.pk).first()
    if finding is None or (finding.settled_at and finding.outcome != outcome):
        raise Changed
    if finding.label and finding.label.deleted_at:
        raise Changed
    if finding.settled_at:
        return None
    if finding.chat_id is None and f"n{finding.count}" != ref.seen:
        raise Changed
    return finding


def lock_doubt(ref: Ref, outcome: str) -> tuple[Finding, ChatLabel] | None:
    """A doubtful removal and its pair as they were seen, the chat locked. None when it has that outcome already."""
    if ref.kind != FINDING:
        raise Changed
    pair = lock_pair_of(ref)
    finding = lock_finding(ref, outcome)
    if finding is None:
        return None
    if pair_seen(pair) != ref.seen:
        raise Changed
    return finding, pair


def repeats(done: bool) -> bool:
    """False, "done already", for a repeat; Changed for anything else that is not as it was seen."""
    if not done:
        raise Changed
    return False


def was_wanted(ref: Ref) -> bool:
    """What was wanted as the row was seen."""
    return ref.seen.split(".")[1:2] == ["1"]


def was_theirs(ref: Ref) -> bool:
    """What WhatsApp had as the row was seen; where nothing had been seen, what was before the wish."""
    remote = ref.seen.split(".")[2:3]
    return not was_wanted(ref) if remote == ["n"] else remote == ["1"]


def _lock_known(chat: int | None) -> Chat:
    """The chat, locked. Raises Changed when it is gone."""
    try:
        return lock_chat(chat or 0)
    except Chat.DoesNotExist:
        raise Changed from None
