"""What an endpoint is asked and what it answers. There are two layers, and an error's shape tells which of them refused."""

from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from labelapp.simulator.events import Event
from labelapp.simulator.faults import Faults
from labelapp.simulator.jids import normalise

SUCCESS = {"success": True, "message": "Operation completed successfully"}


@dataclass(frozen=True, slots=True)
class Ask:
    """`params` are the query and the body's keys together; `body` is the JSON body as it came, None without one."""

    params: dict[str, Any]
    body: Any
    faults: Faults

    def count(self, name: str, default: int) -> int:
        """A number of rows."""
        raw = self.params.get(name, default)
        if isinstance(raw, bool) or not str(raw).isdecimal() or len(str(raw)) > 9:
            raise gateway(400, "Invalid Parameter Format")
        return int(raw)

    def required(self, name: str) -> Any:
        value = self.params.get(name)
        if value in (None, ""):
            raise gateway(400, f"Missing Required Parameter(s): {name}")
        return value


@dataclass(frozen=True, slots=True)
class Answer:
    body: Any
    status: int = 200
    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`act` runs in the database's thread. `pair`: it links or unlinks one label and one chat."""

    act: Callable[..., Answer]
    reads: bool = False
    pair: bool = False
    needs_session: bool = True
    paid: bool = False


class Refused(Exception):
    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status)
        self.status, self.body = status, body


def gateway(status: int, message: str, **more: Any) -> Refused:
    """Wawp's own errors: `{status, message, error}`."""
    return Refused(status, {"status": status, "message": message, "error": phrase(status)} | more)


def upstream(status: int, message: str | list[str]) -> Refused:
    """Errors of the WAHA beneath: `{message, error, statusCode}`."""
    return Refused(status, {"message": message, "error": phrase(status), "statusCode": status})


def phrase(status: int) -> str:
    # Node's name for 422, which is what goes over the wire; Python 3.13 renamed its own
    return "Unprocessable Entity" if status == 422 else _phrase(status)


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else "Error"


def address(raw: str) -> str:
    try:
        return normalise(raw)
    except ValueError as error:
        raise gateway(400, "Invalid Parameter Format") from error
