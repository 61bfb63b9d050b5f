"""uvicorn, with two habits of its own: a call's connection can be cut, and a signal ends the process quietly and soon."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

GRACE_SECONDS = 1


class CuttableProtocol(HttpToolsProtocol):
    """Tells the application how to cut the line: what a client sees when a provider's machine goes away."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["simulator.drop"] = self.transport.abort  # type: ignore[typeddict-unknown-key]  # our own, beside ASGI's


class Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn would raise the signal again when all is done; to be stopped is no failure here."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Whoever still waits for an answer is cut off: a slow call is slow because somebody asked for it."""
        for connection in list(self.server_state.connections):
            if connection.transport:
                connection.transport.abort()
        await super().shutdown(sockets)


def serve(application: Any, listener: socket.socket) -> None:
    """Until SIGINT or SIGTERM."""
    config = uvicorn.Config(
        application,
        http=CuttableProtocol,
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(Server(config).serve(sockets=[listener]))
