"""`manage.py web`: one web process (uvicorn)."""

from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand

from labelapp import lifeline


class Command(BaseCommand):
    help = "Serve pages, the API, deliveries and live screens. Put a proxy with TLS in front of it."

    def handle(self, *args: Any, **options: Any) -> None:
        lifeline.watch()
        uvicorn.run(
            "labelapp.asgi:application",
            host=settings.HOST,
            port=settings.PORT,
            access_log=False,  # it would print hook secrets
            log_config=None,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=2,  # open live streams end then
            timeout_keep_alive=15,
            forwarded_allow_ips=settings.TRUSTED_PROXIES,
        )
