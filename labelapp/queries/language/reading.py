"""Text becomes a query. Nothing is refused: what can't be understood is kept, marked as a problem, and the rest runs."""

import re
from dataclasses import dataclass
from itertools import islice

from labelapp.queries.language.problems import Problem, problems_of
from labelapp.queries.language.terms import (
    CHOICES,
    NAMED,
    UNITS,
    Broken,
    Choice,
    Elapsed,
    Named,
    Query,
    Range,
    Ref,
    Stages,
    Term,
    Text,
)
from labelapp.queries.language.tokens import ITEMS, TOKENS, Item, Piece, Token, cleaned, tokens
from labelapp.queries.language.vocabulary import Vocabulary
from labelapp.queries.language.writing import write_item

ELAPSED = re.compile(rf"(stage)?([<>])(\d{{1,5}})([{''.join(UNITS)}])")


@dataclass(frozen=True, slots=True)
class Reading:
    """A query, and what of its text could not be understood. Bulk work must not run a query that has problems."""

    query: Query
    problems: tuple[Problem, ...]
    text: str  # the problems' places are in it


def read(text: str, vocabulary: Vocabulary) -> Reading:
    """The query that the text asks for.

    `field:value` terms, words and "exact words", each optionally refused by a `-` before it; a chat has to meet all of them.
    A comma means any: `label:vip,hot`. Names with spaces are quoted, `label:#31` is WhatsApp's id, `stage:lead..won` a range,
    `age:stage>3d` and `last:<2h` are times in m, h, d or w.
    """
    text = cleaned(text)
    found = list(islice(tokens(text), TOKENS + 1))
    kept = found[:TOKENS]
    query = Query(tuple(_term(token, vocabulary) for token in kept))
    problems = problems_of(query, kept, vocabulary)
    if len(found) > TOKENS:
        problems = (*problems, Problem("long", (found[TOKENS].span[0], len(text)), TOKENS))
    return Reading(query, problems, text)


def _term(token: Token, vocabulary: Vocabulary) -> Term:
    if not token.field:
        return Text(token.items[0].word, token.negated, token.items[0].pieces[0].quoted)
    field, items = token.field.lower(), token.items[:ITEMS]
    term = _understood(field, items, token.negated, vocabulary) if items else None
    return term or Broken(field, ",".join(map(write_item, items)), token.negated)


def _understood(field: str, items: tuple[Item, ...], negated: bool, vocabulary: Vocabulary) -> Term | None:
    if field in NAMED:
        return Named(field, tuple(_ref(field, item, vocabulary) for item in items), negated)
    if field == "stage":
        return Stages(tuple(_range(item, vocabulary) for item in items), negated)
    if field in CHOICES:
        return Choice(field, tuple(_plain(item).casefold() for item in items), negated)
    return _elapsed(field, items, negated)


def _ref(field: str, item: Item, vocabulary: Vocabulary) -> Ref:
    if field == "label":
        return vocabulary.label(item.word, by_id=item.hashed)
    return vocabulary.number(_plain(item)) if field == "number" else vocabulary.person(_plain(item))


def _plain(item: Item) -> str:
    """The value where `#` means nothing."""
    return ("#" if item.hashed else "") + item.word


def _range(item: Item, vocabulary: Vocabulary) -> Range:
    whole = vocabulary.label(item.word, by_id=item.hashed, stages_only=True)
    if len(item.pieces) == 1 or whole.is_known:
        return vocabulary.stages(whole, whole)
    return vocabulary.stages(_end(item.pieces[0], vocabulary), _end(item.pieces[-1], vocabulary))


def _end(piece: Piece, vocabulary: Vocabulary) -> Ref | None:
    if not (piece.word or piece.quoted or piece.hashed):
        return None
    return vocabulary.label(piece.word, by_id=piece.hashed, stages_only=True)


def _elapsed(field: str, items: tuple[Item, ...], negated: bool) -> Elapsed | None:
    found = ELAPSED.fullmatch(_plain(items[0]).casefold()) if field in ("last", "age") and len(items) == 1 else None
    if found is None or bool(found[1]) != (field == "age"):
        return None
    return Elapsed(field, found[2] == ">", int(found[3]), found[4], negated)
