"""`manage.py connect`: the terminal twin of the settings page, through the same actions."""

from getpass import getpass
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.hooks import hook_address, register_hook
from labelapp.actions.numbers import (
    Answer,
    Reach,
    connect_number,
    probe_placement,
    try_connection,
)
from labelapp.forms.numbers import SPEECH, free_slug
from labelapp.management.commands._progress import follow_import
from labelapp.models import Instance, Source
from labelapp.queries.numbers import hook_is_unreachable

# who has a shell on this machine may do what its admins may
TERMINAL = Actor(None, Source.IMPORT, "manage.py connect")


class Command(BaseCommand):
    help = (
        "Connect a WhatsApp number. The access token (WAHA: the API key) is asked for, or taken from LABELAPP_TOKEN; "
        "it is no argument, because a shell would remember it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--provider", default=Instance.Provider.WAWP, choices=Instance.Provider.values)
        parser.add_argument("--base-url", help="address of the API; left out, Wawp's own")
        parser.add_argument(
            "--instance-id", required=True, help="the provider's id of the number; WAHA: the session's name"
        )
        parser.add_argument("--name", required=True, help="what your team calls the number")
        parser.add_argument("--slug", default="", help="part of addresses; made from the name when left out")
        parser.add_argument(
            "--allow-private", action="store_true", help="the API is on this machine or your own network"
        )
        parser.add_argument("--register-hook", action="store_true", help="have the provider post to labelapp")
        parser.add_argument(
            "--follow", action="store_true", help="show the import until it is done (a worker has to run)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        speech = SPEECH[options["provider"]]
        base_url = options["base_url"] or speech.base_url
        if not base_url:
            raise CommandError("Say where WAHA is: --base-url.")
        reach = Reach(
            options["provider"],
            base_url,
            options["instance_id"],
            settings.CONNECT_TOKEN or getpass(f"{speech.token}: "),
            options["allow_private"],
        )
        try:
            self._connect(reach, **options)
        except Refused as error:
            raise CommandError(str(error.message)) from None

    def _connect(self, reach: Reach, **options: Any) -> None:
        self._tell(try_connection(TERMINAL, reach))
        name = options["name"]
        number = connect_number(TERMINAL, reach, name=name, slug=options["slug"] or free_slug(name))
        self.stdout.write(self.style.SUCCESS(f"Saved as {number.slug!r}."))
        if number.provider == Instance.Provider.WAWP:
            self._probe(number)
        self._hook(number, options["register_hook"])
        self.stdout.write(f"The worker imports its labels and chats by itself: see {settings.PUBLIC_URL}/settings/")
        if options["follow"]:
            follow_import(number, self.stdout.write)

    def _tell(self, answer: Answer) -> None:
        labels = answer.words if answer.labels is None else answer.labels
        self.stdout.write(f"Status:  {answer.session.status or '?'}")
        self.stdout.write(f"Number:  {answer.phone or 'not told'} {answer.session.me_name}".rstrip())
        self.stdout.write(f"Labels:  {labels}")
        if answer.session.engine:
            self.stdout.write(f"Engine:  {answer.session.engine}")

    def _probe(self, number: Instance) -> None:
        """A refusal here is told, but what is saved stays: the number can be read all the same."""
        try:
            place = probe_placement(TERMINAL, number)
        except Refused as error:
            self.stderr.write(f"Where the credentials of changes go could not be checked. {error.message}")
            return
        found = f"in the {place}" if place else "not checked: no chat carries a label yet"
        self.stdout.write(f"Credentials of changes: {found}.")

    def _hook(self, number: Instance, register: bool) -> None:
        if hook_is_unreachable(number):
            self.stderr.write("PUBLIC_URL leads only to this machine: the provider can't post to it.")
        if not register:
            self.stdout.write(f"Hook address (a secret): {hook_address(number)}")
            return
        try:
            register_hook(TERMINAL, number)
        except Refused as error:
            self.stderr.write(f"The hook is not registered. {error.message}")
        else:
            self.stdout.write("The hook is registered.")
