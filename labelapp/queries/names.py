"""What names of labels say: nearly the same as another, or what was done where one should do something. Pure functions."""

import re
from collections.abc import Sequence
from itertools import combinations

from rapidfuzz import fuzz

from labelapp.models.folded import fold

NEARLY = 85.0  # of 100
DIGITS = re.compile(r"[0-9]+")
# Past participles that people name labels by, and the action they probably mean
ACTIONS = {
    "answered": "To answer",
    "approved": "To approve",
    "booked": "To book",
    "called": "To call",
    "checked": "To check",
    "confirmed": "To confirm",
    "contacted": "To contact",
    "delivered": "To deliver",
    "escalated": "To escalate",
    "followed": "To follow up",
    "followed up": "To follow up",
    "invoiced": "Send invoice",
    "ordered": "To order",
    "quoted": "Send quote",
    "refunded": "Refund now",
    "reminded": "To remind",
    "replied": "To reply",
    "scheduled": "To schedule",
    "shipped": "To ship",
    "تم الاتصال": "اتصل به",
    "تم التاكيد": "يحتاج تأكيد",
    "تم الرد": "يحتاج رد",
    "تم الشحن": "اشحن الطلب",
    "تمت المتابعه": "تابعه",
    "تمت المراجعه": "راجعه",
}
ACTIONS = {fold(name): action for name, action in ACTIONS.items()}
DONE = re.compile(r"(?:.* )?[a-z]{3,}ed(?: up)?|(?:تم|تمت) .+")
NO_PARTICIPLES = {
    "bed",
    "feed",
    "hundred",
    "interested",
    "limited",
    "med",
    "need",
    "needed",
    "red",
    "seed",
    "speed",
    "unlimited",
    "wed",
}


def nearly_same(names: Sequence[str]) -> list[tuple[int, int]]:
    """The places of pairs of names that say nearly the same, whatever the case, the accents and the order of their words.

    Names that differ in a number ("Order 1", "Order 2") are meant to.
    """
    folded = [fold(name) for name in names]
    return [(n, m) for n, m in combinations(range(len(names)), 2) if _alike(folded[n], folded[m])]


def _alike(one: str, other: str) -> bool:
    if not one or not other or DIGITS.findall(one) != DIGITS.findall(other):
        return False
    return max(fuzz.ratio(one, other), fuzz.token_sort_ratio(one, other), _unspaced(one, other)) >= NEARLY


def _unspaced(one: str, other: str) -> float:
    return fuzz.ratio(one.replace(" ", ""), other.replace(" ", ""))


def passive(name: str) -> str | None:
    """What a name should rather say that tells what was done: an action, or "" where nobody knows which. None for other names."""
    folded = fold(name)
    if folded in ACTIONS:
        return ACTIONS[folded]
    if not DONE.fullmatch(folded) or folded.split()[-1] in NO_PARTICIPLES:
        return None
    return ""
