"""`manage.py simulator`, or `python -m labelapp.simulator`: the command line, the world, the server."""

import argparse
import os
import signal
import socket
import sqlite3
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.management import call_command

GRACE_SECONDS = 5


def product_url(raw: str) -> str:
    parts = urlsplit(raw)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise argparse.ArgumentTypeError("takes an http address")
    return raw


def size(raw: str) -> int:
    if not raw.isdecimal() or int(raw) > 2_000_000:
        raise argparse.ArgumentTypeError("takes a whole number up to 2000000")
    return int(raw)


def arguments() -> argparse.ArgumentParser:
    """None means: as the environment or the settings say."""
    parser = argparse.ArgumentParser("simulator", description="A simulated WhatsApp provider with a phone.")
    parser.add_argument("--host", help="where to listen (127.0.0.1)")
    parser.add_argument("--port", type=int, help="where to listen (SIMULATOR_PORT, or 8090)")
    parser.add_argument("--chats", type=size, help="size of the made-up world (200)")
    parser.add_argument("--seed", type=int, help="the same number makes the same world (1)")
    parser.add_argument("--data", help="its database file (data/simulator.sqlite3)")
    parser.add_argument("--keep", action="store_true", help="go on with the world of the last run, if there is one")
    parser.add_argument("--product-url", type=product_url, help="where the inbox is, for the demo page's links")
    parser.add_argument("--life", type=float, help="mean seconds between things that happen by themselves, 0 for none")
    parser.add_argument("--strict", choices=["body", "query", "header"], help="take credentials in this place only")
    return parser


def configure(given: argparse.Namespace) -> None:
    """Our settings read the environment, like the product's; what the command line says goes in there."""
    told = {name: value for name, value in vars(given).items() if value is not None and name != "keep"}
    os.environ |= {f"SIMULATOR_{name.upper()}": str(value) for name, value in told.items()}
    os.environ["DJANGO_SETTINGS_MODULE"] = "labelapp.simulator.settings"


def listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named: asyncio sends small answers at once only on sockets that say they are TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        why = "is in use by another program" if "in use" in str(error) else f"cannot be used ({error})"
        sys.exit(f"Port {port} on {host} {why}. Choose another one with --port.")
    return listener


def is_ours(data: Path) -> bool:
    """Whether it may be thrown away: there is nothing, or a world that a simulator made."""
    if not data.exists() or not data.stat().st_size:
        return True
    try:
        with closing(sqlite3.connect(f"{data.resolve().as_uri()}?mode=ro", uri=True)) as file:
            tables = {name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.DatabaseError:
        return False
    # one that was killed while it began has no more than Django's own table
    return "simulator_account" in tables or tables <= {"django_migrations", "sqlite_sequence"}


def make_world(*, keep: bool) -> None:
    from labelapp.simulator import numbers, store  # noqa: PLC0415  models need the settings first
    from labelapp.simulator.models import Account  # noqa: PLC0415  the same

    files = [Path(file) for file in settings.FILES.values()]
    files[0].parent.mkdir(parents=True, exist_ok=True)
    if alien := next((file for file in files if not is_ours(file)), None):
        sys.exit(f"{alien} is no simulator's file and stays as it is. Choose another one with --data.")
    for file, number in zip(files, numbers.NUMBERS.values(), strict=True):
        for end in ("", "-wal", "-shm") if not keep else ():
            Path(f"{file}{end}").unlink(missing_ok=True)
        with numbers.at(number.id):
            call_command("migrate", database=numbers.alias_of(number.id), interactive=False, verbosity=0)
            if not Account.objects.exists():
                store.fill(seed=number.seed, chats=number.chats)


def follow(lifeline: int) -> None:
    """End when the supervisor that holds the pipe's other end is gone, however it went."""
    while os.read(lifeline, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


def main() -> None:
    given = arguments().parse_args()
    configure(given)
    django.setup()
    if settings.LIFELINE:
        threading.Thread(target=follow, args=[settings.LIFELINE], daemon=True).start()
    listener = listen(settings.HOST, settings.PORT)
    make_world(keep=given.keep)

    from labelapp.simulator import server  # noqa: PLC0415  models need the settings first
    from labelapp.simulator.asgi import application  # noqa: PLC0415  the same

    address = f"http://{settings.HOST}:{settings.PORT}"
    print(f"The simulator is at {address}/ (phone: {address}/phone/)", flush=True)
    server.serve(application, listener)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:  # before the server took over
        sys.exit(0)
