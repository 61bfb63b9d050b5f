"""A desk of `tests.faults.workers` with an outgoing hook, and labels that give it something to tell."""

import django

django.setup()

from django.utils import timezone  # noqa: E402

from labelapp.actions.actor import Actor  # noqa: E402
from labelapp.actions.outgoing import keep_hook  # noqa: E402
from labelapp.actions.tagging import set_label  # noqa: E402
from labelapp.models import Chat, ChatLabel, HookSend, Instance, Label, User  # noqa: E402
from tests.faults.workers import answer_orders  # noqa: E402

KINDS = {True: "label.added", False: "label.removed"}


def prepare(address: str) -> str:
    """A hook to this address, made by the admin. Its secret."""
    admin = Actor.of(User.objects.get(username="admin"))
    Instance.objects.filter(slug="demo").update(pace=500)
    return str(
        keep_hook(admin, None, name="Receiver", url=address, events=list(KINDS.values()), allow_private=True).secret
    )


def begin(name: str, count: int) -> list[tuple[int, str]]:
    """Put the label on `count` chats that lack it, and take it off as many that have it. What is to be told: chat and kind."""
    label, agent = (
        Label.objects.living().get(instance__slug="demo", name=name),
        Actor.of(User.objects.get(username="agent")),
    )
    holding = set(ChatLabel.objects.filter(label=label, wanted=True).values_list("chat", flat=True))
    told = []
    for on in KINDS:
        chats = [
            chat for chat in Chat.objects.filter(instance__slug="demo").order_by("pk") if (chat.pk in holding) != on
        ]
        for chat in chats[:count]:
            set_label(agent, chat, label, on=on)
            told.append((chat.pk, KINDS[on]))
    return told


def hurry() -> None:
    """The pauses before messages are tried again are over."""
    HookSend.objects.filter(outcome=HookSend.Outcome.WAITING).update(due_at=timezone.now())


def sends() -> list[dict[str, object]]:
    rows = HookSend.objects.order_by("pk")
    return [{"id": row.message_id, "chat": row.chat_id, "kind": row.kind, "outcome": row.outcome} for row in rows]


if __name__ == "__main__":
    answer_orders({"prepare": prepare, "begin": begin, "hurry": hurry, "sends": sends})
