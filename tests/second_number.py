"""Runs with the product's settings: a second number at the simulator, imported and heard ("on"); or it leaves again ("off")."""

import sys
import time

import django

django.setup()

from django.utils import timezone  # noqa: E402

from labelapp.actions.demo import Place, connect_demo, group_labels, register_demo_hook  # noqa: E402
from labelapp.models import Instance  # noqa: E402
from tests.seed import IMPORT_SECONDS  # noqa: E402

LISBON = Place("lisbon", "Lisbon shop", Instance.Provider.WAWP, "demo3", "demo-signing-key")

if __name__ == "__main__":
    Instance.objects.filter(slug=LISBON.slug).update(removed_at=None if sys.argv[1] == "on" else timezone.now())
    if sys.argv[1] == "on":
        number = connect_demo(sys.argv[2], LISBON)
        register_demo_hook(number)
        deadline = time.monotonic() + IMPORT_SECONDS
        while number.import_stage != Instance.ImportStage.DONE:
            if time.monotonic() > deadline:
                sys.exit(f"the import stands at {number.import_stage}: {number.import_error}")
            time.sleep(0.05)
            number.refresh_from_db()
        group_labels(number)
