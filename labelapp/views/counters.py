"""What this one process has answered so far, by route and never by path: paths hold secrets."""

import os
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Histogram, Metric, disable_created_metrics

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
NO_ROUTE = "-"  # an address that there is not, or an answer given before anybody looked for one
OWN = "Of the process that answers this, since it started; each process counts for itself."
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}  # anybody may send other words


@dataclass
class Counters:
    """Requests and how long they took. Safe between threads."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a line more for each figure, of no use here
        names = ("process", "route")
        self.requests = Counter(
            "labelapp_requests",
            f"Requests answered, by route, method and class of status. {OWN}",
            (*names, "method", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "labelapp_request_seconds",
            f"Seconds until a request was answered; of a stream, until it began. {OWN}",
            names,
            buckets=BUCKETS,
            registry=self.registry,
        )

    def count(self, route: str, method: str, status: int, started: float) -> None:
        """One request was answered. `started`: when it began, by `time.perf_counter`."""
        process = f"{socket.gethostname()}:{os.getpid()}"
        method = method if method in METHODS else "other"
        self.requests.labels(process, route, method, f"{status // 100}xx").inc()
        self.seconds.labels(process, route).observe(time.perf_counter() - started)

    def collect(self) -> Iterable[Metric]:
        """All figures, as the exposition wants them."""
        return self.registry.collect()


counters = Counters()
