"""Runs with the product's settings: begins a bulk run over so many chats of the wide number. `order <chats>`."""

import sys

import django

django.setup()

from labelapp.actions.actor import Actor  # noqa: E402
from labelapp.actions.run_starts import start  # noqa: E402
from labelapp.actions.run_targets import chosen  # noqa: E402
from labelapp.models import Chat, Instance, User  # noqa: E402
from labelapp.queries.run_labels import Wanted  # noqa: E402

LABEL = "topic 8"  # WhatsApp's id of it is one that the simulator has

if __name__ == "__main__":
    wide = Instance.objects.get(slug="wide")
    bare = Chat.objects.filter(instance=wide).exclude(assignments__label__name=LABEL, assignments__wanted=True)
    pks = list(bare.order_by("pk").values_list("pk", flat=True)[: int(sys.argv[1])])
    print(start(Actor.of(User.objects.get(username="lead")), chosen(pks), Wanted((LABEL,), ())).pk)
