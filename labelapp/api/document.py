"""The OpenAPI document: what ninja writes, with the refusals that every operation may give. And a page that tells it to people."""

from typing import Any

from labelapp.api.problems import KINDS, MEDIA
from labelapp.api.shapes import ProblemOut

WORDS = (
    "Labels of WhatsApp chats for programs. Every request carries `Authorization: Bearer la_…`; tokens are made in Settings. "
    "A label is put on a chat at once here and sent to WhatsApp after: the receipt says how far it has come."
)
ALWAYS = (400, 401, 403, 404, 409, 410, 413, 415, 422, 429, 500, 503)
WAITS = 502  # given only where one may wait for WhatsApp
SCHEMA = "Problem"
HELD = {"chat": "$response.body#/chat", "label": "$response.body#/label"}
MADE = {"pk": "$response.body#/id"}
LISTED = {"chat": "$response.body#/items/0/id"}
LINKS = {  # operation, status: where its answer leads
    ("chats.chats", 200): {"chats.chat": LISTED, "tagging.tag": LISTED, "tagging.stage": LISTED},
    ("tagging.tag", 200): {"tagging.assignment": HELD, "tagging.untag": HELD},
    ("tagging.tag", 202): {"tagging.assignment": HELD, "tagging.untag": HELD},
    ("runs.begin", 201): {"runs.run": MADE, "runs.state": MADE},
}


def completed(document: Any) -> Any:
    """The document with every refusal, none of which ninja knows of. Safe to run twice."""
    schema = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
    document["components"]["schemas"] |= schema.pop("$defs", {}) | {SCHEMA: schema}
    for operations in document["paths"].values():
        for operation in operations.values():
            for parameter in operation["parameters"]:
                _without_null(parameter["schema"])
            for body in operation.get("requestBody", {}).get("content", {}).values():
                body["schema"] = _plain(body["schema"])
            waits = any(parameter["name"] == "wait" for parameter in operation["parameters"])
            for status in (*ALWAYS, *((WAITS,) if waits else ())):
                operation["responses"][status] = _refusal(status)
            for (name, status), ways in LINKS.items():
                if name == operation["operationId"]:
                    links = {way: {"operationId": way, "parameters": places} for way, places in ways.items()}
                    operation["responses"][status]["links"] = links
    return document


def _without_null(schema: dict[str, Any]) -> None:
    """A parameter is sent or not: none is null."""
    kinds = [kind for kind in schema.pop("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) == 1:
        schema |= kinds[0]


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """A body that may be left out, without what it is then."""
    every: list[dict[str, Any]] = schema.get("allOf", [])
    return every[0] if len(every) == 1 else schema


def _refusal(status: int) -> dict[str, Any]:
    content = {MEDIA: {"schema": {"$ref": f"#/components/schemas/{SCHEMA}"}}}
    found: dict[str, Any] = {"description": str(KINDS[status].title), "content": content}
    if status in (429, 503):
        found["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}}
    return found
