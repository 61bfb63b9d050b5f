"""Text becomes a query. Nothing is refused: what can't be understood is kept, marked as a problem, and the rest runs."""

from dataclasses import dataclass
from itertools import islice

from labelapp.queries.language.problems import Problem, problems_of
from labelapp.queries.language.terms import (
    CHOICES,
    NAMED,
    SPAN,
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
    `age:stage>3d`, `last:<2h` and `due:<1d` are times in m, h, d or w.
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
        return Choice(field, tuple(_value(field, item) for item in items), negated)
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


def _value(field: str, item: Item) -> str:
    """One of a field's own words; of `due` a span too, in one spelling."""
    word = _plain(item).casefold()
    found = SPAN.fullmatch(word) if field == "due" else None
    return f"{found[1]}{int(found[2])}{found[3]}" if found else word


def _elapsed(field: str, items: tuple[Item, ...], negated: bool) -> Elapsed | None:
    if field not in ("last", "age") or len(items) != 1:
        return None
    what = "stage" if field == "age" else ""
    word = _plain(items[0]).casefold()
    found = SPAN.fullmatch(word.removeprefix(what)) if word.startswith(what) else None
    return Elapsed(field, found[1] == ">", int(found[2]), found[3], negated) if found else None
