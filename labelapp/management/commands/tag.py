"""`manage.py tag`: a bulk run from the terminal, through the same actions as the page."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import localtime

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.run_starts import bindings_for, start
from labelapp.actions.run_targets import PastedList, Target, matching, read_list
from labelapp.models import Instance, Run, Source, User
from labelapp.queries.language.reading import read
from labelapp.queries.run_labels import Wanted
from labelapp.queries.run_preview import preview
from labelapp.queries.scopes import scope_of

LISTED = 20  # lines that are named


class Command(BaseCommand):
    help = (
        "Add labels to and remove them from many chats: a bulk run, which a worker carries through at the numbers' pace. "
        "Follow it on its page. With --dry-run nothing is changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--as", dest="user", required=True, help="username of whoever does it: their permissions count"
        )
        parser.add_argument("--instance", default="", help="short name of one number; all of theirs when left out")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--numbers", help="a file with phone numbers, CSV or one in a line; - for the input")
        which.add_argument(
            "--query", help='the chats that match, as in the search box: --query="-label:vip is:unanswered"'
        )
        parser.add_argument(
            "--add", action="append", default=[], metavar="LABEL", help="name of a label; may be repeated"
        )
        parser.add_argument("--remove", action="append", default=[], metavar="LABEL", help="the same")
        parser.add_argument("--reason", default="", help="why, for the others")
        parser.add_argument("--fire-rules", action="store_true", help="let each change fire rules and hooks")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._run(_person(options["user"]), Wanted(tuple(options["add"]), tuple(options["remove"])), options)
        except Refused as refused:
            raise CommandError(str(refused.message)) from refused

    def _run(self, user: User, wanted: Wanted, options: dict[str, Any]) -> None:
        actor = Actor(user, Source.BULK, "manage.py tag")
        bindings = bindings_for(actor, wanted)
        numbers = [binding.number for binding in bindings.values() if options["instance"] in ("", binding.number.slug)]
        if not numbers:
            raise CommandError(f"There is no number {options['instance']!r}.")
        by_query = options["query"] is not None
        target = _matching(user, options["query"], numbers) if by_query else self._listed(options["numbers"], numbers)
        if options["dry_run"]:
            return self._preview(target, bindings)
        run = start(actor, target, wanted, purpose=options["reason"], fires_rules=options["fire_rules"])
        self.stdout.write(self.style.SUCCESS(f"Run {run.pk} has begun."))
        return None

    def _listed(self, path: str, numbers: list[Instance]) -> Target:
        pasted = read_list(_text(path), numbers)
        self._tell(pasted)
        return pasted.target(Path(path).name.strip("-"))

    def _tell(self, pasted: PastedList) -> None:
        """What of the list has a chat, and what has none."""
        self.stdout.write(f"{pasted.matched} of {pasted.entries} entries have a chat, {pasted.repeated} came twice.")
        for words, entries in (("no chat", pasted.unmatched), ("no number", pasted.unread)):
            for entry in entries[:LISTED]:
                self.stdout.write(f"  line {entry.line}: {words}: {entry.number or entry.text}")
            if len(entries) > LISTED:
                self.stdout.write(f"  … and {len(entries) - LISTED} more: {words}")

    def _preview(self, target: Target, bindings: dict[int, Any]) -> None:
        found = preview(target.chunks(), bindings)
        if not found.total:
            raise Refused("No chat matches." if target.kind == Run.Target.QUERY else "There is no chat to change.")
        through = f", through at about {localtime(found.done_at):%Y-%m-%d %H:%M}" if found.done_at else ""
        self.stdout.write(f"{found.changes} would change{through}; {found.already} are so already.")
        for words, count in found.reasons:
            self.stdout.write(f"  {count} left out: {words}")
        self.stdout.write("Nothing was changed.")


def _person(username: str) -> User:
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise CommandError(f"There is nobody called {username!r}.")
    return user


def _matching(user: User, query: str, numbers: list[Instance]) -> Target:
    """Raises Refused for a query that means nothing in part, or nothing at all: a script's empty variable is not every chat."""
    if not query.strip():
        raise Refused("The query is empty.")
    scope = scope_of(user, numbers)
    return matching(scope, read(query, scope.vocabulary))


def _text(path: str) -> str:
    """The list. CommandError for what can't be read."""
    try:
        raw = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        return raw.decode("utf-8-sig")
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is no text in UTF-8.") from error
