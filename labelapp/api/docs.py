"""The OpenAPI document, and the page that tells it in HTML, by our own server, without a script. Neither needs a login."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from labelapp.api.main import api
from labelapp.api.problems import KINDS

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a member of a body."""

    name: str
    kind: str
    where: str
    required: bool
    words: str


@dataclass(frozen=True, slots=True)
class Operation:
    anchor: str
    method: str
    path: str
    summary: str
    words: str
    fields: list[Field]
    answers: list[tuple[str, str]]


@dataclass(slots=True)
class Shape:
    """What is answered, or sent, under a name."""

    name: str
    words: str
    fields: list[Field] = field(default_factory=list)


@login_not_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    told = written()
    context = {"info": told["info"], "parts": _parts(told), "shapes": list(_shapes(told))}
    return render(request, "api/docs.html", context | {"kinds": sorted(KINDS.items())})


@login_not_required
@require_safe
def document(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(_text(), content_type="application/json")


@lru_cache(maxsize=1)
def _text() -> str:
    return json.dumps(written(), ensure_ascii=False)


@lru_cache(maxsize=1)
def written() -> Any:
    """The document. It does not change while the process lives."""
    return api.get_openapi_schema()


def _parts(document: Any) -> list[tuple[str, list[Operation]]]:
    found: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                one = methods[method]
                found.setdefault(one["tags"][0], []).append(_operation(document, path, method, one))
    return list(found.items())


def _operation(document: Any, path: str, method: str, one: Any) -> Operation:
    fields = [_field(part["name"], part["schema"], part["in"], part["required"]) for part in one["parameters"]]
    body = one.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body:
        fields += list(_members(_resolved(document, body), "body"))
    answers = [(str(status), _named(told)) for status, told in one["responses"].items() if int(status) < 400]
    words = one.get("description", "")
    return Operation(one["operationId"], method.upper(), path, one["summary"], words, fields, answers)


def _named(told: Any) -> str:
    schema = told.get("content", {}).get("application/json", {}).get("schema", {})
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _resolved(document: Any, schema: Any) -> Any:
    name = schema.get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"][name] if name else schema


def _members(schema: Any, where: str) -> Iterator[Field]:
    for name, one in schema.get("properties", {}).items():
        yield _field(name, one, where, name in schema.get("required", []))


def _field(name: str, schema: Any, where: str, required: bool) -> Field:
    return Field(name, _kind(schema), where, required, schema.get("description", ""))


def _kind(schema: Any) -> str:
    if "anyOf" in schema:
        return " | ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(f'"{value}"' for value in schema["enum"])
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if schema.get("type") == "array":
        return f"[{_kind(schema.get('items', {}))}]"
    return " ".join(filter(None, (schema.get("type", "any"), schema.get("format"))))


def _shapes(document: Any) -> Iterator[Shape]:
    for name, schema in sorted(document["components"]["schemas"].items()):
        if schema.get("properties"):
            yield Shape(name, schema.get("description", ""), list(_members(schema, "")))
