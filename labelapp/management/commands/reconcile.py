"""`manage.py reconcile`: compare numbers with WhatsApp now, and tell what was different."""

import time
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from labelapp.actions.actor import Refused
from labelapp.actions.providers import client_for, refusal
from labelapp.actions.reconciling import APART, preview
from labelapp.actions.reports import Report
from labelapp.lanes.reach import Reach
from labelapp.lanes.reconcile import run_cycle
from labelapp.models import Instance
from labelapp.models.reasons import sentence
from labelapp.whatsapp.errors import ProviderError

PAUSES = (0.5, 2.0)  # seconds before a second and a third try


class Command(BaseCommand):
    help = (
        "Compare the labels of numbers with WhatsApp and take over what is different. What is gone there comes off here only "
        "when two readings agree, so a second one follows by itself. Safe while a worker runs, and to interrupt."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--instance", default="", help="short name of one number; all numbers when left out")
        parser.add_argument("--dry-run", action="store_true", help="only print the differences, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        numbers = list(Instance.objects.connected().order_by("pk"))
        if options["instance"]:
            numbers = [number for number in numbers if number.slug == options["instance"]]
            if not numbers:
                raise CommandError(f"There is no number {options['instance']!r}.")
        compare = self._preview if options["dry_run"] else self._reconcile
        if failed := sum(not self._try(number, compare) for number in numbers):
            raise CommandError(f"{failed} of {len(numbers)} not compared: nothing was taken off there.")

    def _try(self, number: Instance, compare: Any) -> bool:
        self.stdout.write(self.style.MIGRATE_HEADING(f"{number.name} ({number.slug})"))
        try:
            compare(number)
        except ProviderError as error:
            self.stderr.write(str(refusal(error).message))
        except Refused as error:
            self.stderr.write(str(error.message))
        else:
            return True
        return False

    def _preview(self, number: Instance) -> None:
        with client_for(number) as client:
            report = insistent(lambda: preview(number, client))
        self._differences(report)
        self._write("different", len(report.differences) + len(report.directory), "nothing was changed")

    def _reconcile(self, number: Instance) -> None:
        reach = Reach()
        try:
            report = self._cycle(number, reach)
            if report.waiting and not report.guarded:
                self.stdout.write(f"  {report.waiting} missing, to be read once more in a moment …")
                time.sleep(APART.total_seconds() + 0.1)
                self._cycle(number, reach)
        finally:
            reach.drop()

    def _cycle(self, number: Instance, reach: Reach) -> Report:
        number.refresh_from_db()
        report = insistent(lambda: run_cycle(number, reach))
        self._differences(report)
        for tally in report.tallies.values():
            self.stdout.write(
                f"  {tally.label}: {tally.listed} on WhatsApp, {tally.added} added, {tally.removed} removed, "
                f"{tally.suspected} missing there, {tally.doubted} doubtful"
            )
            if tally.trouble:
                self.stderr.write(f"  {tally.label}: {sentence(tally.trouble)}")
        for finding in report.findings:
            where = " ".join(str(part) for part in (finding.label, finding.chat) if part)
            self._write("finding", finding.count, f"{where} {finding.get_kind_display()}: {finding.reason}".strip())
        self._write("added", report.added, f"{report.removed} removed, {report.asked} chats asked")
        return report

    def _differences(self, report: Report) -> None:
        for line in report.directory:
            self.stdout.write(f"  {line}")
        for row in report.differences:
            self.stdout.write(f"  {row.sign} {row.jid} {row.label}")

    def _write(self, word: str, count: int, more: str) -> None:
        self.stdout.write(f"  {word}: {count} ({more})")


def insistent(compare: Callable[[], Report]) -> Report:
    """What `compare` returns, begun again when a connection was lost on the way: repeats change nothing."""
    for pause in PAUSES:
        try:
            return compare()
        except ProviderError as error:
            if not error.unreachable:
                raise
            time.sleep(pause)
    return compare()
