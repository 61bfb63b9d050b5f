"""`manage.py demo`: the whole product on one machine with three simulated WhatsApp numbers, people and a gentle stream of news.

It has a database, keys and a simulator file of its own below `data/demo`, so that its well-known passwords open nothing else.
"""

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from labelapp import lifeline
from labelapp.actions.demo import (
    GONE,
    PASSWORD,
    PEOPLE,
    SILENT,
    Place,
    connect_demo,
    connect_shop,
    group_labels,
    keep_classifier,
    leave_wishes,
    make_people,
    register_demo_hook,
)
from labelapp.actions.importing import start_import
from labelapp.lifeline import Family
from labelapp.management.commands._progress import follow_import
from labelapp.management.commands.serve import MANAGE, must_be_free, wait_while_all_run
from labelapp.models import Instance

HOST = "127.0.0.1"
SENTIMENT = str(settings.BASE_DIR / "examples" / "sentiment.py")


class Command(BaseCommand):
    help = "Run labelapp with a simulated number and demo people (for trying it out, never for real chats)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.PORT)
        parser.add_argument("--simulator-port", type=int, default=settings.SIMULATOR_PORT)
        parser.add_argument("--data-dir", default=str(settings.DATA_DIR / "demo"))
        parser.add_argument("--chats", type=int, default=200, help="size of the simulated world when it is made")
        parser.add_argument(
            "--life", type=float, default=6, help="seconds between two events by themselves, 0 for none"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        must_be_free(HOST, options["port"])
        must_be_free(HOST, options["simulator_port"], "SIMULATOR_PORT")
        if not settings.DEMO:
            become_demo(options)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        lifeline.watch()
        try:
            self._run(options)
        except KeyboardInterrupt:
            self.stdout.write("\nThe demo is stopped. `make demo` goes on where it was.")

    def _run(self, options: dict[str, Any]) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        make_people()
        with Family() as family:
            simulator = f"http://{HOST}:{options['simulator_port']}"
            self._start_simulator(family, options)
            wait_for(family, "the simulator", lambda: fetch(f"{simulator}/sim/state"))
            number = connect_demo(simulator)
            family.start("serve", [MANAGE, "serve"])
            wait_for(family, "the product", lambda: fetch(f"{settings.PUBLIC_URL}/healthz"))
            register_demo_hook(number)
            start_import(number)
            follow_import(number, self.stdout.write, lambda: must_all_run(family))
            group_labels(number)
            fetch(f"{simulator}/sim/shop", {"token": connect_shop(number)})
            self._start_classifier(family, number)
            fetch(f"{simulator}/sim/life", {"every": options["life"]})
            self._welcome(simulator)
            self._make_others(family, simulator, options["life"])
            ended = wait_while_all_run(family)
            self.stdout.write("\nThe demo is stopping …")
        if ended:
            raise CommandError(f"The {ended} process ended by itself; its last lines are above.")

    def _start_simulator(self, family: Family, options: dict[str, Any]) -> None:
        command = [MANAGE, "simulator", "--host", HOST, "--port", str(options["simulator_port"]), "--keep"]
        command += ["--chats", str(options["chats"]), "--data", str(settings.DATA_DIR / "simulator.sqlite3")]
        family.start("simulator", [*command, "--product-url", settings.PUBLIC_URL])

    def _start_classifier(self, family: Family, number: Instance) -> None:
        """A program outside that is asked by a rule whether customers sound unhappy."""
        port = free_port()
        url = f"http://{HOST}:{port}/"
        hook = keep_classifier(number, url)
        secret = {"LABELAPP_HOOK_SECRET": hook.secret}
        family.start("classifier", [SENTIMENT, "--with-parent", "--port", str(port)], secret)
        wait_for(family, "the classifier", lambda: fetch(url))

    def _make_others(self, family: Family, simulator: str, life: float) -> None:
        """After the welcome, which nobody shall wait for: a number that tells nothing of labels, and one whose phone is gone."""
        self._import_other(family, simulator, SILENT)
        fetch(f"{simulator}/sim/life?instance={SILENT.session}", {"every": 2 * life})
        gone = self._import_other(family, simulator, GONE)
        register_demo_hook(gone)
        fetch(f"{simulator}/sim/session?instance={GONE.session}", {"status": "SCAN_QR_CODE"})
        leave_wishes(gone)

    def _import_other(self, family: Family, simulator: str, place: Place) -> Instance:
        number = connect_demo(simulator, place)
        follow_import(number, lambda _line: None, lambda: must_all_run(family))
        group_labels(number)
        return number

    def _welcome(self, simulator: str) -> None:
        self.stdout.write(
            f"\nlabelapp is ready at {settings.PUBLIC_URL}/\n"
            f"  start here:   {simulator}/         (the tour: phone and inbox side by side)\n"
            f"  the phone:    {simulator}/phone/\n"
            f"  a shop:       {simulator}/shop/\n"
            f"  the inbox:    {settings.PUBLIC_URL}/chats/\n"
            "  a rule asks a classifier: write “This is terrible, I want my money back” on the phone\n"
            f"  log in as:    {', '.join(PEOPLE)}   password: {PASSWORD}\n"
            "Ctrl-C stops everything."
        )
        self.stdout.flush()


def become_demo(options: dict[str, Any]) -> None:
    """Start this command again as the demo: with the demo's own database, keys and addresses. Does not return."""
    data = Path(options["data_dir"]).resolve()
    os.environ |= {
        "DEMO": "1",
        "DATA_DIR": str(data),
        "DATABASE_URL": f"sqlite:///{data / 'labelapp.sqlite3'}",
        "HOST": HOST,
        "PORT": str(options["port"]),
        "SIMULATOR_PORT": str(options["simulator_port"]),
        "PUBLIC_URL": f"http://{HOST}:{options['port']}",
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
    }
    os.environ.pop("SECRET_KEY", None)
    os.environ.pop("ENCRYPTION_KEYS", None)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *sys.argv])  # noqa: S606


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def fetch(url: str, body: dict[str, object] | None = None) -> bytes | None:
    """The answer of a server on this machine, None when it does not answer."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"Content-Type": "application/json"})  # noqa: S310
    try:
        with urlopen(request, timeout=5) as response:  # noqa: S310
            return bytes(response.read())
    except (URLError, OSError):
        return None


def wait_for(family: Family, what: str, ready: Callable[[], object], seconds: float = 120) -> None:
    """Wait until `ready()` is true; CommandError when a child ends before, or after so many seconds."""
    until = time.monotonic() + seconds
    while not ready():
        must_all_run(family)
        if time.monotonic() > until:
            raise CommandError(f"{what[0].upper()}{what[1:]} did not start within {seconds:.0f} s.")
        time.sleep(0.1)


def must_all_run(family: Family) -> None:
    """Raise CommandError when a child has ended by itself."""
    if name := family.ended():
        raise CommandError(f"The {name} process ended by itself; its last lines are above.")
