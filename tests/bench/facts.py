"""What the figures need to know of the running stack's database, as JSON: run in a process with the product's settings."""

import json
import os

import django
from django.conf import settings


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "labelapp.settings"
    django.setup()
    from labelapp.models import Chat, ChatLabel, Instance, Label  # noqa: PLC0415  after Django is set up
    from labelapp.queries.inbox import Cursor  # noqa: PLC0415

    number = Instance.objects.get()
    newest = Chat.objects.filter(instance=number).order_by("-last_message_at", "-pk")
    chats = [(chat.pk, chat.jid) for chat in newest[:2000]]
    deep = newest[50 * 199 - 1 : 50 * 199].first() or newest[max(newest.count() - 51, 0)]
    counts = [
        (label.pk, label.wa_id, label.chat_count)
        for label in Label.objects.filter(deleted_at=None).exclude(group__kind="funnel")
    ]
    free = sorted(counts, key=lambda label: -label[2])
    held = set(ChatLabel.objects.filter(label=free[0][0], wanted=True).values_list("chat_id", flat=True))
    print(
        json.dumps(
            {
                "slug": number.slug,
                "hook": f"/hooks/{number.slug}/{number.hook_secret}/",
                "key": number.hmac_key,
                "database": str(settings.DATABASES["default"]["NAME"]),
                "totals": [newest.count(), ChatLabel.objects.filter(wanted=True).count()],
                "without": [chat for chat in chats if chat[0] not in held],
                "labels": free,
                "deep": str(Cursor(deep.last_message_at, deep.pk)),
            }
        )
    )


if __name__ == "__main__":
    main()
