"""Runs with the product's settings: the demo's people, its number at the simulator, and the first import, waited for."""

import sys
import time

import django

django.setup()

from labelapp.actions.demo import connect_demo, connect_shop, group_labels, make_people, register_demo_hook  # noqa: E402
from labelapp.management.commands.demo import fetch  # noqa: E402
from labelapp.models import Instance  # noqa: E402

IMPORT_SECONDS = 240

if __name__ == "__main__":
    make_people()
    number = connect_demo(sys.argv[1])
    register_demo_hook(number)
    deadline = time.monotonic() + IMPORT_SECONDS
    while number.import_stage != Instance.ImportStage.DONE:
        if time.monotonic() > deadline:
            sys.exit(f"the import stands at {number.import_stage}: {number.import_error}")
        time.sleep(0.05)
        number.refresh_from_db()
    group_labels(number)
    fetch(f"{sys.argv[1]}/sim/shop", {"token": connect_shop(number)})
