"""SIGKILL at random."""

import random
import threading
import time
from collections.abc import Callable

from tests.chaos.services import Service

WHILE_STARTING = 0.1  # the share of victims that are killed before they have come up


class Killer(threading.Thread):
    """Kills one of the services at random every `every` seconds (from, to) and starts it again at once.

    Only now and then one that has not come up since its last death: on a slow machine nothing would ever run. `is_up` says that.
    """

    def __init__(
        self,
        services: list[Service],
        is_up: Callable[[Service], bool],
        seed: int,
        every: tuple[float, float] = (0.5, 1.0),
    ) -> None:
        super().__init__(daemon=True, name="killer")
        self.services, self.is_up, self.every = services, is_up, every
        self.rng = random.Random(seed)  # noqa: S311
        self.kills: dict[str, int] = {service.name: 0 for service in services}
        self.last = time.monotonic()
        self._enough = threading.Event()

    def run(self) -> None:
        while not self._enough.wait(self.rng.uniform(*self.every)):
            victim = self.rng.choice(self.services)
            if self.is_up(victim) or self.rng.random() < WHILE_STARTING:
                self.kills[victim.name] += victim.kill()
                self.last = time.monotonic()
                victim.start()

    def __enter__(self) -> "Killer":
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        """No more kills; everything runs again."""
        self._enough.set()
        self.join()
        for service in self.services:
            service.start()

    def __str__(self) -> str:
        return ", ".join(f"{name} {times}" for name, times in self.kills.items())
