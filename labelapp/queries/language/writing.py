"""Terms back into text: what is written is read as the same query."""

from labelapp.queries.language.terms import Broken, Choice, Elapsed, Named, Query, Range, Ref, Stages, Term, Text
from labelapp.queries.language.tokens import COMMAS, FIELD, QUOTES, Item, Piece

SPECIAL = frozenset(COMMAS) | frozenset(QUOTES) | frozenset(":#\\")


def write(query: Query) -> str:
    """The query as a person would type it."""
    return " ".join(map(write_term, query.terms))


def write_term(term: Term) -> str:
    """One term, one token."""
    return ("-" if term.negated else "") + _positive(term)


def _positive(term: Term) -> str:
    match term:
        case Text():
            return term.words if _is_bare(term) else in_quotes(term.words)
        case Named():
            return f"{term.field}:{','.join(map(write_ref, term.refs))}"
        case Stages():
            return f"stage:{','.join(map(_range, term.ranges))}"
        case Choice():
            return f"{term.field}:{','.join(map(quoted, term.values))}"
        case Elapsed():
            what = "stage" if term.field == "age" else ""
            return f"{term.field}:{what}{'>' if term.older else '<'}{term.amount}{term.unit}"
        case Broken():
            return f"{term.field}:{term.value}"


def _is_bare(term: Text) -> bool:
    """Whether it is read as it stands: quotes around words that need none would ask that they stand together."""
    words = term.words
    if term.together or not words or any(map(str.isspace, words)):
        return False
    is_minus = words.startswith("-") and words != "-" and not term.negated
    return not (is_minus or words[0] in QUOTES or FIELD.match(words))


def write_ref(ref: Ref) -> str:
    return ("#" if ref.by_id else "") + quoted(ref.word)


def _range(part: Range) -> str:
    ends = [write_ref(ref) if ref else "" for ref in (part.first, part.last)]
    return ends[0] if part.first == part.last and part.first else "..".join(ends)


def write_item(item: Item) -> str:
    """A value as it was written, in our own spelling."""
    return "..".join(_piece(piece) for piece in item.pieces)


def _piece(piece: Piece) -> str:
    bare = not piece.word and not piece.quoted  # an open end
    return ("#" if piece.hashed else "") + ("" if bare else quoted(piece.word))


def quoted(word: str) -> str:
    """The word, in quotes where it would be taken for something else without them."""
    is_plain = word and not word.startswith(("-", "/")) and ".." not in word and word[-1] != "."
    if is_plain and not any(char.isspace() or char in SPECIAL for char in word):
        return word
    return in_quotes(word)


def in_quotes(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
