"""A query in the address of the list: `?q=`, and the parameters of addresses from before there was a language."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict

from labelapp.queries.language.reading import Reading, read
from labelapp.queries.language.terms import CHOICES, Choice, Named, Query, Ref, Term, Text
from labelapp.queries.language.tokens import cleaned
from labelapp.queries.language.vocabulary import Vocabulary
from labelapp.queries.language.writing import write
from labelapp.queries.orders import Order

BEFORE = ("label", "not", "match", "nolabel", "unanswered", "kind")


@dataclass(frozen=True, slots=True)
class Opened:
    """The view that a list began with, as it is kept."""

    pk: int
    text: str
    order: Order


def read_address(params: QueryDict, vocabulary: Vocabulary) -> Reading:
    """The query of an address; `add`: what was typed beside it. Links that people kept from before still lead to what they asked for."""
    text = " ".join(filter(None, (params.get("q"), params.get("add"))))
    if any(name in params for name in BEFORE):
        text = write(Query(tuple(_terms(params, vocabulary))))
    return read(text, vocabulary)


def list_address(text: str, number: str, order: Order = Order.NEWEST, view: Opened | None = None, **more: str) -> str:
    """The query string that leads to this list, without `?`. `q` beside a view says that its query was changed."""
    given = {"q": text, "instance": number, "order": "" if order == Order.NEWEST else order, **more}
    if view is None:
        kept = {name: value for name, value in given.items() if value}
    elif (text, order) == (view.text, view.order):
        kept = {"view": str(view.pk), "instance": number, **more}
    else:
        kept = {"view": str(view.pk)} | {name: value for name, value in given.items() if value or name == "q"}
    return urlencode(kept, safe=":,")


def _terms(params: QueryDict, vocabulary: Vocabulary) -> Iterator[Term]:
    wanted = [_label(value, vocabulary) for value in dict.fromkeys(params.getlist("label"))]
    if wanted and params.get("match") != "all":
        yield Named("label", tuple(wanted))
    elif wanted:
        yield from (Named("label", (ref,)) for ref in wanted)
    without = (_label(value, vocabulary) for value in dict.fromkeys(params.getlist("not")))
    yield from (Named("label", (ref,), negated=True) for ref in without)
    if params.get("nolabel") == "1":
        yield Choice("no", ("label",))
    if params.get("unanswered") == "1":
        yield Choice("is", ("unanswered",))
    if (kind := params.get("kind", "")) in CHOICES["type"]:
        yield Choice("type", (kind,))
    if text := params.get("q", "").strip():
        yield Text(text)


def _label(value: str, vocabulary: Vocabulary) -> Ref:
    pk = int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0
    return vocabulary.ref(pk) if vocabulary.has(pk) else Ref(cleaned(value).strip() or "?")
