"""`manage.py serve`: labelapp on one machine, in one command."""

import signal
import socket
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from labelapp import lifeline
from labelapp.lifeline import Family

MANAGE = str(settings.BASE_DIR / "manage.py")


def must_be_free(host: str, port: int, variable: str = "PORT") -> None:
    """Raise CommandError with a sentence when something listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} on {host} can't be used: {error.strerror}. Set {variable} to another."
            ) from None


def wait_while_all_run(family: Family) -> str | None:
    """Wait for Ctrl-C or SIGTERM (None). A child that ends by itself is started again; its name when that is no use."""
    stopped: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: stopped.append(number))
    while not stopped:
        if (name := family.ended()) and not family.revive(name):
            return name
        time.sleep(0.1)
    return None


class Command(BaseCommand):
    help = "Migrate, then run one web process and one worker on HOST and PORT, and stop both together."

    def handle(self, *args: Any, **options: Any) -> None:
        lifeline.watch()
        must_be_free(settings.HOST, settings.PORT)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        with Family() as family:
            family.start("web", [MANAGE, "web"])
            family.start("worker", [MANAGE, "worker"])
            self.stdout.write(f"labelapp serves {settings.PUBLIC_URL} (Ctrl-C stops it)")
            ended = wait_while_all_run(family)
        if ended:
            raise CommandError(f"The {ended} process keeps ending by itself; its last lines are above.")
