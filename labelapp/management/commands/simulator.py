"""`manage.py simulator`: another project with settings of its own, so this process turns into it."""

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Run a simulated WhatsApp provider with a phone (--help lists its switches)."
    requires_system_checks = []

    def run_from_argv(self, argv: list[str]) -> None:
        """The simulator reads its own command line."""
        os.execv(sys.executable, [sys.executable, "-m", "labelapp.simulator", *argv[2:]])  # noqa: S606

    def handle(self, *args: Any, **options: Any) -> None:
        self.run_from_argv(["manage.py", "simulator"])
