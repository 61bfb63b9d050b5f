"""What the figures need to know of the running stack's database, as JSON: run in a process with the product's settings."""

import json

import django

django.setup()

from labelapp.models import Chat, ChatLabel, Instance, Label, LabelGroup  # noqa: E402
from labelapp.queries.orders import Cursor, Order  # noqa: E402

CLICKED = "topic 3"  # on 40 % of the chats


def main() -> None:
    number = Instance.objects.get(slug="wide")
    newest = Chat.objects.filter(instance=number).order_by("-last_message_at", "-pk")
    deep = newest[50 * 199 - 1 : 50 * 199].first() or newest[newest.count() - 51]
    labels = {label.name: (label.pk, label.wa_id) for label in Label.objects.filter(instance=number)}
    held = set(
        ChatLabel.objects.filter(label=labels[CLICKED][0], wanted=True, chat__in=newest[:4000]).values_list(
            "chat_id", flat=True
        )
    )
    stages = Label.objects.filter(instance=number, group__kind=LabelGroup.Kind.FUNNEL).in_order()
    fullest = max(stages, key=lambda stage: stage.chat_count)
    print(
        json.dumps(
            {
                "board": fullest.group_id,
                "stages": [stage.pk for stage in stages],
                "fullest": fullest.pk,
                "slug": number.slug,
                "hook": f"/hooks/{number.slug}/{number.hook_secret}/",
                "key": number.hmac_key,
                "without": [chat for chat in newest.values_list("pk", "jid")[:4000] if chat[0] not in held],
                "clicked": labels[CLICKED],
                "deep": str(Cursor(Order.NEWEST, 0, deep.last_message_at, deep.pk)),
            }
        )
    )


if __name__ == "__main__":
    main()
