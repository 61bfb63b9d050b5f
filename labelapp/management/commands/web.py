"""`manage.py web`: one web process (uvicorn)."""

from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from labelapp import lifeline


class Command(BaseCommand):
    help = "Serve pages, the API, deliveries and live screens. Put a proxy with TLS in front of it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.HOST)
        parser.add_argument("--port", type=int, default=settings.PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        lifeline.watch()
        uvicorn.run(
            "labelapp.asgi:application",
            host=options["host"],
            port=options["port"],
            access_log=False,  # it would print hook secrets
            log_config=None,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=2,  # open live streams end then
            timeout_keep_alive=15,
            forwarded_allow_ips="127.0.0.1",
        )
