"""The mapping of hidden ids to numbers. It may be unknown, for good."""

from labelapp.simulator import shapes
from labelapp.simulator.answers import Answer, Ask, upstream
from labelapp.simulator.jids import normalise
from labelapp.simulator.models import Lid


def lids(ask: Ask) -> Answer:
    limit, offset = ask.count("limit", 100), ask.count("offset", 0)
    return Answer([shapes.lid(row) for row in Lid.objects.order_by("id")[offset : offset + limit]])


def lid_count(ask: Ask) -> Answer:
    return Answer({"count": Lid.objects.count()})


def number_of_lid(ask: Ask, lid: str) -> Answer:
    """200 either way."""
    jid = _address(lid if "@" in lid else f"{lid}@lid")
    row = Lid.objects.filter(lid=jid).first()
    return Answer(shapes.lid(row) if row else {"lid": jid, "pn": None})


def lid_of_number(ask: Ask, number: str) -> Answer:
    """200 either way."""
    jid = _address(number)
    row = Lid.objects.filter(pn=jid).first()
    return Answer({"lid": row.lid if row else None, "pn": jid})


def _address(raw: str) -> str:
    try:
        return normalise(raw.removeprefix("+"))
    except ValueError as error:
        raise upstream(400, "Invalid phone number or lid") from error
