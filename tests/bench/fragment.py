"""Server CPU of fifty rows: the view itself, in this process, on the database of the running stack. Prints milliseconds."""

import os
import statistics
import sys
import time

import django
from django.conf import settings
from django.test import Client


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "labelapp.settings"
    django.setup()
    from labelapp.models import User  # noqa: PLC0415  models can be imported once Django is set up

    settings.ALLOWED_HOSTS.append("testserver")
    client = Client()
    client.force_login(User.objects.get(username="agent"), "labelapp.access.UsernameOrEmailBackend")
    taken = []
    for _ in range(60):
        start = time.process_time()
        answer = client.get(sys.argv[1], headers={"HX-Request": "true"})
        taken.append(time.process_time() - start)
        assert answer.status_code == 200  # noqa: S101
        assert answer.content.count(b"data-chat=") >= 50  # noqa: S101
    print(statistics.median(taken[10:]) * 1000)


if __name__ == "__main__":
    main()
