"""A taxonomy as the text of a file, which `taxonomy_file` reads."""

import json
from collections.abc import Iterable
from types import EllipsisType
from typing import Any

from labelapp.forms.spans import write_span
from labelapp.queries.taxonomies import LabelPlan, Taxonomy

VERSION = 1


def write_taxonomy(taxonomy: Taxonomy) -> str:
    """The file of a taxonomy: JSON, each group and label in a line of its own."""
    groups = ({"name": one.name, "kind": one.kind, "conflict_policy": one.conflict_policy} for one in taxonomy.groups)
    parts = [f'"version": {VERSION}', _lines("groups", groups), _lines("labels", map(_row_of, taxonomy.labels))]
    return "{\n  " + ",\n  ".join([*parts, f'"urgent": {_json(list(taxonomy.urgent))}']) + "\n}\n"


def _row_of(plan: LabelPlan) -> dict[str, Any]:
    """Without what the plan leaves as it is."""
    row: dict[str, Any] = {"name": plan.name, "color": plan.color, "group": plan.group, "description": plan.description}
    if not isinstance(plan.stuck_after, EllipsisType):
        row["stuck_after"] = write_span(plan.stuck_after)
    if plan.takes_off is not None:
        row["takes_off"] = list(plan.takes_off)
    return row


def _lines(name: str, rows: Iterable[object]) -> str:
    inside = ",\n".join(f"    {_json(row)}" for row in rows)
    return f'"{name}": [\n{inside}\n  ]' if inside else f'"{name}": []'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
