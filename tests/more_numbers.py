"""Runs with the product's settings: two numbers beside the demo's, one of them away ("on"); or they leave again ("off").

Nothing listens at their address and their token can't be read, so that nobody asks for them.
"""

import sys

import django

django.setup()

from django.utils import timezone  # noqa: E402

from labelapp.models import Instance  # noqa: E402

if __name__ == "__main__":
    now = timezone.now()
    for slug, name, status in (("porto", "Porto shop", "WORKING"), ("warehouse", "Old warehouse phone", "STOPPED")):
        Instance.objects.update_or_create(
            slug=slug,
            defaults={
                "name": name,
                "base_url": "http://127.0.0.1:9",
                "instance_id": slug,
                "credentials": "",
                "status": status,
                "status_since": now,
                "import_stage": Instance.ImportStage.DONE,
                "imported_at": now,
                "import_due_at": None,
                "removed_at": None if sys.argv[1] == "on" else now,
            },
        )
