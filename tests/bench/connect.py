"""Runs with the product's settings: the world's numbers are those of a simulator from now on. `connect <address>`."""

import sys

import django

django.setup()

from labelapp.actions.demo import SYSTEM, TOKEN  # noqa: E402
from labelapp.actions.hooks import register_hook  # noqa: E402
from labelapp.models import Instance  # noqa: E402
from labelapp.models.instances import new_secret  # noqa: E402

PACE = 20.0  # calls a second: what one figure leaves to do is done before the next
SESSIONS = {"wide": "demo", "narrow": "demo2"}

if __name__ == "__main__":
    for number in Instance.objects.all():
        number.base_url, number.instance_id, number.credentials = sys.argv[1], SESSIONS[number.slug], TOKEN
        number.hook_secret, number.hmac_key = new_secret(), "bench-signing-key"
        number.pace = PACE
        number.save()
        if number.slug == "wide":
            register_hook(SYSTEM, number)
