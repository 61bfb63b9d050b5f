"""Runs with the product's settings: makes the people, or connects the number `slug` at a simulator and waits for its import."""

import json
import sys
import time

import django

django.setup()

from labelapp.actions.demo import SYSTEM, group_labels, make_people  # noqa: E402
from labelapp.actions.hooks import register_hook  # noqa: E402
from labelapp.actions.numbers import Reach, connect_number  # noqa: E402
from labelapp.models import Instance  # noqa: E402

IMPORT_SECONDS = 180


def connect(simulator: str, dialect: str, slug: str, key: str) -> dict[str, object]:
    """The number, imported; what a sender of deliveries has to know of it."""
    reach = Reach(dialect, simulator, slug, "demo-token", allow_private=True)
    number = connect_number(SYSTEM, reach, name=slug, slug=slug, hmac_key=key)
    register_hook(SYSTEM, number)
    deadline = time.monotonic() + IMPORT_SECONDS
    while number.import_stage != Instance.ImportStage.DONE:
        if time.monotonic() > deadline:
            sys.exit(f"the import stands at {number.import_stage}: {number.import_error}")
        time.sleep(0.1)
        number.refresh_from_db()
    group_labels(number)
    return {"pk": number.pk, "slug": slug, "hook": f"/hooks/{slug}/{number.hook_secret}/", "dialect": dialect}


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["people"]:
            make_people()
        case ["connect", simulator, dialect, slug, key]:
            print(json.dumps(connect(simulator, dialect, slug, key)))
