"""What an endpoint is asked and what it answers, in any dialect."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from labelapp.simulator.events import Event
from labelapp.simulator.faults import Faults


class Refused(Exception):
    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status)
        self.status, self.body = status, body


def upstream(status: int, message: str | list[str]) -> Refused:
    """WAHA's errors, also where it works beneath Wawp: `{message, error, statusCode}`."""
    return Refused(status, {"message": message, "error": phrase(status), "statusCode": status})


@dataclass(frozen=True, slots=True)
class Ask:
    """`params` are the query and the body's keys together; `body` is the JSON body as it came, None without one."""

    params: dict[str, Any]
    body: Any
    faults: Faults

    def count(self, name: str, default: int) -> int:
        """A number of rows, or seconds."""
        raw = self.params.get(name, default)
        if isinstance(raw, bool) or not str(raw).isdecimal() or len(str(raw)) > 12:
            raise self.invalid(name)
        return int(raw)

    def invalid(self, name: str) -> Refused:
        return upstream(400, [f"{name} must be a number conforming to the specified constraints"])


@dataclass(frozen=True, slots=True)
class Answer:
    """`events` are what an API's own change may echo, `told` what goes out in any case.

    `steps` follow one by one, each a change of its own and maybe the last that is done; `afterwards` comes a little later.
    """

    body: Any
    status: int = 200
    events: list[Event] = field(default_factory=list)
    steps: Sequence[Callable[[], list[Event]]] = ()
    told: list[Event] = field(default_factory=list)
    afterwards: Callable[[], list[Event]] | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`act` runs in the database's thread. `assigns`: labels go on or off a chat. `lists`: which list it reads, if any."""

    act: Callable[..., Answer]
    reads: bool = False
    assigns: bool = False
    writes_labels: bool = False
    lists: str = ""
    needs_session: bool = True
    paid: bool = False


def phrase(status: int) -> str:
    # Node's name for 422, which is what goes over the wire; Python 3.13 renamed its own
    return "Unprocessable Entity" if status == 422 else _phrase(status)


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else "Error"
