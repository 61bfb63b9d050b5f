"""Django for requests; around it the life span of what runs beside them."""

import asyncio
import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labelapp.simulator.settings")
django = get_asgi_application()

from labelapp.simulator.life import live  # noqa: E402  models need the settings first
from labelapp.simulator.runtime import RUNTIMES  # noqa: E402


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http":
        await django(scope, receive, send)


async def _lifespan(receive: Any, send: Any) -> None:
    await receive()
    running = list(RUNTIMES.values())
    for one in running:
        await one.start()
    living = [asyncio.create_task(live(one)) for one in running]
    await send({"type": "lifespan.startup.complete"})
    await receive()
    for task in living:
        task.cancel()
    for one in running:
        await one.deliveries.stop()
        one.close()
    await send({"type": "lifespan.shutdown.complete"})
