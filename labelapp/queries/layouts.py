"""The order of a number's labels as text, "group:label,label;group:…" (0 is no group), and what one step would make of it."""

import re

Layout = list[tuple[int, list[int]]]
PART = re.compile(r"([0-9]{1,18}):((?:[0-9]{1,18}(?:,[0-9]{1,18}){0,99})?)", re.ASCII)
MOST = 200  # groups


def write_layout(layout: Layout) -> str:
    return ";".join(f"{group}:{','.join(map(str, labels))}" for group, labels in layout)


def read_layout(text: str) -> Layout:
    """Raises ValueError for any other text."""
    parts = text.split(";")[: MOST + 1] if text else []
    found = [PART.fullmatch(part) for part in parts]
    if len(parts) > MOST or not all(found):
        raise ValueError("No order of labels.")
    return [(int(one[1]), [int(pk) for pk in one[2].split(",") if pk]) for one in found if one]


def label_moved(layout: Layout, label: int, by: int) -> Layout:
    """The layout with a label one place up (-1) or down (1) in its section. Beyond the ends it stays where it is."""
    return [(group, _moved(labels, label, by)) for group, labels in layout]


def group_moved(layout: Layout, group: int, by: int) -> Layout:
    """The same for a group among the groups; what is in none stays last."""
    members, loose = dict(layout), [each for each in layout if each[0] == 0]
    order = _moved([pk for pk, _labels in layout if pk], group, by)
    return [*((pk, members[pk]) for pk in order), *loose]


def _moved(pks: list[int], pk: int, by: int) -> list[int]:
    if pk not in pks:
        return pks
    rest, place = [one for one in pks if one != pk], pks.index(pk)
    to = min(len(rest), max(0, place + by))
    return [*rest[:to], pk, *rest[to:]]
