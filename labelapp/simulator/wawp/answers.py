"""Wawp's own layer: its errors have another shape than those of the WAHA beneath, so the shape tells which of them refused."""

from dataclasses import dataclass
from typing import Any

from labelapp.simulator import answers
from labelapp.simulator.answers import Answer, Endpoint, Refused, phrase, upstream
from labelapp.simulator.jids import normalise

__all__ = ["SUCCESS", "Answer", "Ask", "Endpoint", "Refused", "address", "gateway", "phrase", "upstream"]

SUCCESS = {"success": True, "message": "Operation completed successfully"}


@dataclass(frozen=True, slots=True)
class Ask(answers.Ask):
    def required(self, name: str) -> Any:
        value = self.params.get(name)
        if value in (None, ""):
            raise gateway(400, f"Missing Required Parameter(s): {name}")
        return value

    def invalid(self, name: str) -> Refused:
        return gateway(400, "Invalid Parameter Format")


def gateway(status: int, message: str, **more: Any) -> Refused:
    """Wawp's own errors: `{status, message, error}`."""
    return Refused(status, {"status": status, "message": message, "error": phrase(status)} | more)


def address(raw: str) -> str:
    try:
        return normalise(raw)
    except ValueError as error:
        raise gateway(400, "Invalid Parameter Format") from error
