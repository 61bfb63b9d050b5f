"""`manage.py doctor`: what is wrong with this installation, and what to do about it."""

import json
from collections import Counter
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from labelapp.actions.checkup import NoSuchNumber, examine
from labelapp.queries.checkup import Check, Level


class Command(BaseCommand):
    help = (
        "Look at the settings, the database, the workers, the disk and each number at its provider, and say what is wrong "
        "and what to do about it. Changes nothing. Exit code 1 when something does not work."
    )
    requires_system_checks = ()  # they would end it before its first line

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--instance", default="", help="short name of one number; all numbers when left out")
        parser.add_argument("--json", action="store_true", help="for machines: one object with all lines")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["instance"]
        found: list[Check] = []
        try:
            for check in examine(slug):  # a provider may take its time: what is known is told at once
                found.append(check)
                if not options["json"]:
                    self._tell(check)
        except NoSuchNumber:
            raise CommandError(_("There is no number “%(slug)s”.") % {"slug": slug}) from None
        failed = any(check.level == Level.FAILURE for check in found)
        if options["json"]:
            checks = [asdict(check) for check in found]
            self.stdout.write(json.dumps({"ok": not failed, "checks": checks}, ensure_ascii=False))
        counts = Counter(check.level for check in found)
        told = _("failures: %(failures)d, warnings: %(warnings)d, fine: %(fine)d") % {
            "failures": counts[Level.FAILURE],
            "warnings": counts[Level.WARNING],
            "fine": counts[Level.OK],
        }
        if failed:
            raise CommandError(told)
        if not options["json"]:
            self.stdout.write(told)

    def _tell(self, check: Check) -> None:
        styles = {
            Level.OK: self.style.SUCCESS,
            Level.WARNING: self.style.WARNING,
            Level.FAILURE: self.style.ERROR,
        }
        about = f"{check.code} {check.instance}".rstrip()
        self.stdout.write(f"{styles[check.level](check.level.ljust(8))} {about}: {check.words}")
        if check.todo:
            self.stdout.write(f"         -> {check.todo}")
