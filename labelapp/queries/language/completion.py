"""What may be meant by a query of which somebody is still typing the end, or a place in its middle."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from labelapp.queries.language.folding import fold
from labelapp.queries.language.lexicon import FIELD_WORDS, VALUE_WORDS
from labelapp.queries.language.terms import CHOICES, FIELDS, ME, NOBODY
from labelapp.queries.language.tokens import COMMAS, QUOTES, Token, cleaned, tokens
from labelapp.queries.language.vocabulary import Vocabulary
from labelapp.queries.language.writing import quoted, write_ref

MOST = 20
FAR = 3  # does not fit
COMMON_FIRST = ("d", "h", "w", "m")
SHORTEST = 2  # letters of a free word before labels are offered for it
REST = re.compile(rf"(?:(?!\.\.)[^\s\"{COMMAS}])*")  # of the piece, behind the cursor
TIME = re.compile(r"(?:stage)?([<>]?)(\d{0,5})([mhdw]?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Offer:
    """Text that can stand in the place of the piece. `names`: what it is found by, the first is shown where it is a name."""

    insert: str
    names: tuple[str, ...]
    words: str = ""  # what it means
    kind: str = "value"  # field, label, person, number, value
    pk: int = 0  # the label that it shows

    @property
    def is_whole(self) -> bool:
        """A term that says something: a field still needs a value."""
        return self.kind != "field"


@dataclass(frozen=True, slots=True)
class Completion:
    """`head` + an offer + `tail` is the text with the offer taken. `sure`: the first one is so likely that Enter may take it."""

    head: str
    tail: str
    offers: tuple[Offer, ...] = ()
    sure: bool = False


@dataclass(frozen=True, slots=True)
class _Piece:
    """What stands under the cursor."""

    start: int
    word: str = ""
    is_quoted: bool = False
    is_hashed: bool = False


def complete(before: str, after: str, vocabulary: Vocabulary) -> Completion:
    """Offers for the piece that ends at the cursor, nearest first, at most MOST. Any text can be completed."""
    before = cleaned(before)
    token = _last(before)
    piece = _piece(before, token)
    found = _values(token, piece, vocabulary) if token and token.field else _free(piece, vocabulary)
    offers = tuple(islice(_nearest(piece.word, found), MOST))
    return Completion(before[: piece.start], _behind(piece, after), offers, _is_sure(token, piece, offers))


def _last(text: str) -> Token | None:
    """The token that the text ends with."""
    return next((token for token in tokens(text) if token.span[1] == len(text)), None)


def _piece(text: str, token: Token | None) -> _Piece:
    if token is None or not token.items or token.items[-1].span[1] != len(text):
        return _Piece(len(text))  # behind a space, a colon or a comma
    if not token.field and token.items[0].word == "-":
        return _Piece(len(text))  # what is refused comes yet
    piece = token.items[-1].pieces[-1]
    word = token.items[-1].word if token.field in ("last", "age") else piece.word
    start = token.items[-1].span[0] if token.field in ("last", "age") else piece.span[0]
    return _Piece(start, word, piece.quoted, piece.hashed)


def _behind(piece: _Piece, after: str) -> str:
    """What follows the piece. Quotes reach to the next ones."""
    after = cleaned(after)
    if piece.is_quoted:
        end = min((at for at in map(after.find, {*QUOTES, *"".join(QUOTES.values())}) if at >= 0), default=-1)
        return after[end + 1 :]
    found = REST.match(after)
    return after[found.end() :] if found else after


def _free(piece: _Piece, vocabulary: Vocabulary) -> Iterator[Offer]:
    """Fields, and for a word of some letters the terms that it may stand for."""
    if piece.is_quoted:
        return
    yield from _fields(vocabulary)
    if len(piece.word) >= SHORTEST:
        yield from _named_labels(vocabulary)
        for field, values in CHOICES.items():
            yield from (
                Offer(f"{field}:{value}", (f"{field}:{value}", value), str(VALUE_WORDS[field, value]))
                for value in values
            )


def _fields(vocabulary: Vocabulary) -> Iterator[Offer]:
    fields = (field for field in FIELDS if field != "number" or len(vocabulary.numbers) > 1)
    return (Offer(f"{field}:", (f"{field}:",), str(FIELD_WORDS[field]), "field") for field in fields)


def _named_labels(vocabulary: Vocabulary) -> Iterator[Offer]:
    stages = set(vocabulary.stage_pks)
    for offer in _labels(vocabulary, [label.pk for label in vocabulary.labels]):
        field = "stage" if offer.pk in stages else "label"
        yield Offer(f"{field}:{offer.insert}", offer.names, f"{field}:", "label", offer.pk)


def _labels(vocabulary: Vocabulary, pks: Iterable[int], *, by_id: bool = False) -> Iterator[Offer]:
    """Each name once, however many numbers have it."""
    refs = (vocabulary.ref_by_id(pk) if by_id else vocabulary.ref(pk) for pk in pks)
    for ref in dict.fromkeys(refs):
        yield Offer(write_ref(ref), (ref.word,), kind="label", pk=ref.pks[0])


def _values(token: Token, piece: _Piece, vocabulary: Vocabulary) -> Iterable[Offer]:
    """Values of the field, without those that the list before the cursor has already."""
    field = token.field.lower()
    sources: dict[str, Callable[[], Iterable[Offer]]] = {
        "label": lambda: _labels(vocabulary, [each.pk for each in vocabulary.labels], by_id=piece.is_hashed),
        "stage": lambda: _labels(vocabulary, vocabulary.stage_pks, by_id=piece.is_hashed),
        "assigned": lambda: _people(vocabulary),
        "number": lambda: (Offer(quoted(each.slug), (each.slug, each.name), each.name) for each in vocabulary.numbers),
        "last": lambda: _times("last", piece.word),
        "age": lambda: _times("age", piece.word),
        "due": lambda: (*_choices("due"), *_times("due", piece.word)),
    }
    offers = sources.get(field, lambda: _choices(field))()
    used = {fold(item.word) for item in token.items if item.span[1] < piece.start}
    return (offer for offer in offers if fold(offer.names[0]) not in used)


def _choices(field: str) -> Iterator[Offer]:
    return (Offer(value, (value,), str(VALUE_WORDS[field, value])) for value in CHOICES.get(field, ()))


def _people(vocabulary: Vocabulary) -> Iterator[Offer]:
    yield from (Offer(word, (word,), str(VALUE_WORDS["assigned", word])) for word in (ME, NOBODY))
    for person in vocabulary.known_people:
        yield Offer(quoted(person.username), (person.username, person.name), person.name, "person")


def _times(field: str, word: str) -> Iterator[Offer]:
    """Both ways to write a time, with what of it was written already."""
    found = TIME.fullmatch(word.casefold())
    if found is None:
        return
    sign, amount, unit = found.groups()
    what = "stage" if field == "age" else ""
    for each in sign or "><":
        for its in (unit or COMMON_FIRST) if amount or unit else "d":
            text = f"{what}{each}{int(amount or 2)}{its}"
            yield Offer(text, (text, text.removeprefix(what)), str(VALUE_WORDS[field, each]))


def _nearest(word: str, offers: Iterable[Offer]) -> Iterator[Offer]:
    """Those whose name begins so, then those with a word that does, then those that hold it."""
    asked = fold(word) if word else ""
    ranked = [(_distance(asked, offer), n, offer) for n, offer in enumerate(offers)]
    return (offer for distance, _n, offer in sorted(ranked, key=lambda each: each[:2]) if distance < FAR)


def _distance(asked: str, offer: Offer) -> int:
    if not asked:
        return 0
    forms = [fold(name) for name in offer.names]
    if any(form.startswith(asked) for form in forms):
        return 0
    if any(f" {asked}" in form for form in forms):
        return 1
    return 2 if offer.is_whole and any(asked in form for form in forms) else FAR


def _is_sure(token: Token | None, piece: _Piece, offers: tuple[Offer, ...]) -> bool:
    """Only for a value that was begun: a word may be meant as it stands, and what is a name already is complete."""
    if not (token and token.field and piece.word and offers):
        return False
    asked = fold(piece.word)
    is_name = any(asked == fold(name) for offer in offers for name in offer.names)
    return not is_name and _distance(asked, offers[0]) == 0
