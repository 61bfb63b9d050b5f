"""What the provider is told to do wrong: known switches, their defaults and what they may hold."""

from collections.abc import Callable
from typing import Any


class Refusal(ValueError):
    """A request to the controls makes no sense; the text says why, and nothing was changed."""


Check = Callable[[Any], bool]


def number(low: float, high: float) -> Check:
    return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def whole(low: int, high: int) -> Check:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def flag(value: Any) -> bool:
    return isinstance(value, bool)


def one_of(*words: str | None) -> Check:
    return lambda value: value in words


def nothing_or(check: Check) -> Check:
    return lambda value: value is None or check(value)


LISTS = ("label_chats", "chat_labels", "labels", "overview")
SWITCHES: dict[str, tuple[Any, Check, str]] = {
    # answers to the API
    "latency_ms": (0, number(0, 120_000), "milliseconds from 0 to 120000"),
    "jitter_ms": (0, number(0, 120_000), "milliseconds from 0 to 120000"),
    "status": (None, nothing_or(whole(200, 599)), "an HTTP status or null"),
    "status_of": ("all", one_of("all", "changes"), "all or changes (calls that put labels on chats or take them off)"),
    "fail_rate": (0, number(0, 1), "a share from 0 to 1"),
    "fail_status": (500, whole(400, 599), "an HTTP status from 400 to 599"),
    "retry_after": (None, nothing_or(number(0, 86_400)), "seconds or null"),
    "busy_rate": (0, number(0, 1), "a share from 0 to 1"),  # answered 429 with Retry-After
    "busy_seconds": (1, number(0, 86_400), "seconds from 0 to 86400"),
    "down": (False, flag, "true or false"),
    "reset_rate": (0, number(0, 1), "a share from 0 to 1"),  # done, then the line is cut
    "hang_rate": (0, number(0, 1), "a share from 0 to 1"),  # never answered
    "hang_ms": (30_000, number(0, 600_000), "milliseconds from 0 to 600000"),
    "hang_acts": (True, flag, "true or false"),
    "halfway_rate": (0, number(0, 1), "a share from 0 to 1"),  # a replaced list stops between its steps
    "no_keys": (False, flag, "true or false"),  # GOWS without app state keys: writes fail for good
    "lie": (False, flag, "true or false"),
    "lie_rate": (0, number(0, 1), "a share from 0 to 1"),
    "success_false": (False, lambda value: isinstance(value, bool | str), "true, false or the message"),
    "html": (False, flag, "true or false"),
    "html_rate": (0, number(0, 1), "a share from 0 to 1"),
    "empty_lists": (False, flag, "true or false"),
    "partial_lists": (None, nothing_or(number(0, 1)), "the share of rows that is kept, or null"),
    "lists_of": ("all", one_of("all", *LISTS), f"all, {', '.join(LISTS)}"),
    "stale_reads_ms": (None, nothing_or(number(0, 120_000)), "milliseconds from 0 to 120000, or null"),
    "wrapped": (False, flag, "true or false"),
    "keyed": (False, flag, "true or false"),
    "color_as": (None, one_of(None, "index", "string", "hex"), "index, string, hex or null"),
    "free_plan": (False, flag, "true or false"),
    "reuse_ids": (True, flag, "true or false"),
    "duplicate_check_self": (False, flag, "true or false"),
    # deliveries
    "echo": (None, one_of(None, "after", "before", "none"), "after, before or none"),
    "mute": (False, flag, "true or false"),
    "drop_rate": (0, number(0, 1), "a share from 0 to 1"),
    "repeat": (0, number(0, 50), "how many extra copies, 0 to 50 (0.1: one delivery in ten has one)"),
    "shuffle": (False, flag, "true or false"),
    "delay_ms": (0, number(0, 120_000), "milliseconds from 0 to 120000"),
    "unknown_first": (False, flag, "true or false"),
    "label_null": (None, nothing_or(flag), "true, false or null"),
    "payload_shape": ("waha", one_of("waha", "wawp"), "waha or wawp"),
    "hmac_algorithm": ("sha512", one_of("sha512", "sha256"), "sha512 or sha256"),
}


class Faults:
    """The switches as they stand. Read them as attributes."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._values = {name: default for name, (default, _check, _words) in SWITCHES.items()}

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_values"][name]
        except KeyError:
            raise AttributeError(name) from None

    def snapshot(self) -> "Faults":
        """The switches as they stand now, whatever becomes of them."""
        taken = Faults()
        taken._values = dict(self._values)
        return taken

    def as_dict(self) -> dict[str, Any]:
        return dict(self._values)

    def merge(self, wanted: dict[str, Any]) -> None:
        """All of `wanted` or, with a Refusal, nothing. null puts a switch back to its default."""
        unknown = sorted(set(wanted) - set(SWITCHES))
        if unknown:
            raise Refusal(f"Unknown switch: {', '.join(unknown)}. Known: {', '.join(SWITCHES)}.")
        for name, value in wanted.items():
            _default, check, words = SWITCHES[name]
            if value is not None and not check(value):
                raise Refusal(f"{name} takes {words}.")
        self._values |= {name: SWITCHES[name][0] if value is None else value for name, value in wanted.items()}
