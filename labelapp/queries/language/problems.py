"""What of a query could not be understood, where it stands, and what may have been meant."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from labelapp.queries.language.guesses import guesses
from labelapp.queries.language.terms import (
    CHOICES,
    FIELDS,
    ME,
    NOBODY,
    UNITS,
    Broken,
    Choice,
    Named,
    Query,
    Range,
    Ref,
    Stages,
    Term,
    Text,
)
from labelapp.queries.language.tokens import ITEMS, Item, Span, Token
from labelapp.queries.language.vocabulary import Vocabulary
from labelapp.queries.language.writing import quoted, write_ref


@dataclass(frozen=True, slots=True)
class Problem:
    """`span` of the text means nothing. Each suggestion is text that can stand there instead.

    Codes: field (there is no such field), empty (nothing behind the colon), value, label, stage, range (no funnel has both ends),
    number, person (no such one), gone (a kept view's label that was deleted), hidden (a kept view's label or number that its reader
    may not see), text (nothing to look for),
    long (more than a query may hold: left out).
    """

    code: str
    span: Span
    term: int  # its place among the query's terms; their number for what was left out
    word: str = ""
    suggestions: tuple[str, ...] = ()


def problems_of(query: Query, tokens: Sequence[Token], vocabulary: Vocabulary) -> tuple[Problem, ...]:
    """The problems of a query in the text that these tokens, one per term, were cut from."""
    pairs = enumerate(zip(query.terms, tokens, strict=True))
    return tuple(problem for n, (term, token) in pairs for problem in _problems(n, term, token, vocabulary))


def _problems(n: int, term: Term, token: Token, vocabulary: Vocabulary) -> Iterator[Problem]:
    match term:
        case Broken():
            yield _broken(n, term, token)
        case Choice():
            yield from _choices(n, term, token)
        case Text(is_idle=True):
            yield Problem("text", token.span, n, term.words)
        case Named():
            for ref, item in zip(term.refs, token.items, strict=False):
                if not term.knows(ref):
                    yield _unknown(n, term.field, ref, item, vocabulary)
        case Stages():
            for part, item in zip(term.ranges, token.items, strict=False):
                if not part.pks:
                    yield from _stage(n, part, item, vocabulary)
    for piece in (piece for item in token.items for piece in item.pieces if piece.is_cut):
        yield Problem("long", piece.span, n)
    if len(token.items) > ITEMS:
        yield Problem("long", (token.items[ITEMS].span[0], token.span[1]), n)


def _broken(n: int, term: Broken, token: Token) -> Problem:
    start, end = token.value_span
    if term.field not in FIELDS:
        name = (token.span[0] + token.negated, start - 1)
        return Problem("field", name, n, term.field, guesses(term.field, FIELDS))
    if not term.value:
        return Problem("empty", token.span, n, term.field)
    return Problem("value", (start, end), n, term.value, _examples(term))


def _examples(term: Broken) -> tuple[str, ...]:
    what = "stage" if term.field == "age" else ""
    return tuple(f"{what}{span}" for span in _spans(term.value))


def _spans(value: str) -> Iterator[str]:
    """Both ways to write a time, with the number that was written where there is one."""
    number = "".join(filter(str.isdecimal, value))[:5]
    unit = next((char for char in value.casefold()[::-1] if char in UNITS), "d")
    return (f"{sign}{int(number or 2)}{unit}" for sign in "><")


def _choices(n: int, term: Choice, token: Token) -> Iterator[Problem]:
    known = CHOICES[term.field]
    for value, item in zip(term.values, token.items, strict=False):
        if not term.knows(value):
            yield Problem("value", item.span, n, value, guesses(value, known) or _likely(term.field, value))


def _likely(field: str, value: str) -> tuple[str, ...]:
    is_time = field == "due" and any(map(str.isdecimal, value))
    return tuple(_spans(value))[::-1] if is_time else CHOICES[field][:3]


def _unknown(n: int, field: str, ref: Ref, item: Item, vocabulary: Vocabulary) -> Problem:
    if ref.gone or ref.hidden:
        return Problem("gone" if ref.gone else "hidden", item.span, n, ref.word)
    if field == "label":
        return Problem(
            "label", item.span, n, _asked(ref), _labels(ref, (each.pk for each in vocabulary.labels), vocabulary)
        )
    if field == "number":
        numbers = guesses(ref.word, (each.slug for each in vocabulary.numbers))
        return Problem("number", item.span, n, ref.word, tuple(map(quoted, numbers)))
    people = guesses(ref.word, (*(each.username for each in vocabulary.known_people), ME, NOBODY))
    return Problem("person", item.span, n, ref.word, tuple(map(quoted, people)))


def _stage(n: int, part: Range, item: Item, vocabulary: Vocabulary) -> Iterator[Problem]:
    ends = [(ref, piece) for ref, piece in zip((part.first, part.last), (item.pieces[0], item.pieces[-1]), strict=True)]
    unknown = {piece.span: ref for ref, piece in ends if ref is not None and not ref.is_known}
    for span, ref in unknown.items():
        code = "gone" if ref.gone else "hidden" if ref.hidden else "stage"
        known = () if code != "stage" else _labels(ref, vocabulary.stage_pks, vocabulary)
        yield Problem(code, span, n, _asked(ref), known)
    if not unknown:
        yield Problem("range", item.span, n, item.word)


def _asked(ref: Ref) -> str:
    return f"#{ref.word}" if ref.by_id else ref.word


def _labels(ref: Ref, pks: Iterable[int], vocabulary: Vocabulary) -> tuple[str, ...]:
    names = {found.word: found for found in map(vocabulary.ref, pks) if not found.by_id}
    return tuple(write_ref(names[name]) for name in guesses(ref.word, names))
