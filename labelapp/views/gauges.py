"""What the database knows, in the form that Prometheus reads. Labels are short names and words of ours: never a text from outside."""

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from labelapp.models.fields import NEVER
from labelapp.queries.metrics import Figures
from labelapp.queries.traffic import MOST, Counted, Traffic

# metric, the field of NumberFigures, what it says. A field that is None has no line: nothing happened, or nothing waits.
OF_A_NUMBER = (
    ("ready", "is_ready", "1 while labels can be sent and taken over, 0 while the number needs somebody."),
    ("deliveries_waiting", "deliveries_waiting", "Deliveries stored and not applied yet."),
    ("deliveries_waiting_age_seconds", "deliveries_age", "How long the delivery that is applied next has waited."),
    ("deliveries_parked", "deliveries_parked", "Deliveries that could not be applied."),
    ("pairs_open_age_seconds", "pairs_age", "Age of the oldest wish that is on its way."),
    ("findings_unsettled", "findings", "Differences that a person has to look at, wishes that failed apart."),
    ("last_event_age_seconds", "last_event_age", "Since the provider last posted anything."),
    ("last_label_event_age_seconds", "label_event_age", "Since the provider last posted anything about labels."),
    ("compared_age_seconds", "compared_age", "Since the last whole comparison with the provider's lists began."),
    ("polled_age_seconds", "polled_age", "Since the chats were last asked for."),
)
PAIRS = ("open", "held", "failed")
# metric, the field of Traffic, its labels after the number, what it says
COUNTED = (
    (
        "wishes_recent",
        "wishes",
        ("state", "error"),
        "Labels on chats that were wished here within 15 minutes, by how far they have come: confirmed, sent, pending, "
        f"retried (a call failed and is made again), held, failed. The newest {MOST}.",
    ),
    (
        "pairs_error",
        "errors",
        ("state", "error"),
        "Labels on chats that are not settled and met an error, by its kind.",
    ),
    (
        "deliveries_recent",
        "deliveries",
        ("effect",),
        f"Deliveries that came within 15 minutes, by what they did to the mirror. The newest {MOST}.",
    ),
)


def database_up(is_up: bool) -> Metric:
    return _gauge("database_up", "1 while the database answers; without it there are no other gauges.", is_up)


def of_workers(found: Figures) -> Iterable[Metric]:
    """Who works: a worker shows itself only while each of its lanes has looked for work within the last minute."""
    yield _gauge("workers_alive", "Workers that showed themselves within 30 s.", found.workers)
    signs = _family("worker_sign_age_seconds", "Since a worker last said that all its lanes are well.", "worker")
    for worker, age in sorted(found.signs.items()):
        signs.add_metric([worker], age)
    yield signs


def of_traffic(found: Traffic) -> Iterable[Metric]:
    """What happens at the moment, and why it fails."""
    for name, field, names, words in COUNTED:
        yield _counted(_family(name, words, "instance", *names), getattr(found, field))
    heard = CounterMetricFamily(
        "labelapp_deliveries_applied", "Deliveries applied, each once, by kind of event.", labels=["instance", "kind"]
    )
    yield _counted(heard, found.heard)
    failing = _family("failing", "1 for work at a number that fails, by kind of error.", "instance", "work", "error")
    for line in found.failing:
        failing.add_metric(line, 1)
    yield failing
    words = "When the last whole comparison began, and when the chats were last read."
    done = _family("done_timestamp_seconds", words, "instance", "work")
    for (number, work), at in found.done_at.items():
        if at != NEVER:
            done.add_metric([number, work], at.timestamp())
    yield done


def _counted(family: CounterMetricFamily | GaugeMetricFamily, counted: Counted) -> Metric:
    for labels, n in sorted(counted.items()):
        family.add_metric(labels, n)
    return family


def _family(name: str, words: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"labelapp_{name}", words, labels=labels)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"labelapp_{name}", words, value=value)


def of_numbers(found: Figures) -> Iterable[Metric]:
    for name, field, words in OF_A_NUMBER:
        family = _family(name, words, "instance")
        for number in found.numbers:
            if (value := getattr(number, field)) is not None:
                family.add_metric([number.slug], float(value))
        yield family
    words = "Labels on chats that are not settled: on their way, held for a person's word, given up."
    pairs = _family("pairs", words, "instance", "state")
    for number in found.numbers:
        for state in PAIRS:
            pairs.add_metric([number.slug, state], getattr(number, f"pairs_{state}"))
    yield pairs
