"""One change to a query: what a click on a label or a switch asks for."""

from dataclasses import replace
from typing import Literal

from labelapp.queries.language.terms import CHOICES, Choice, Named, Query, Ref, Stages, Term

Side = Literal["included", "excluded", ""]
AFTER: dict[Side, Side] = {"": "included", "included": "excluded", "excluded": ""}  # what a click leads to
NO_LABEL = Choice("no", ("label",))
ANY_LABEL = Choice("no", ("label",), negated=True)


def side_of(query: Query, pk: int) -> Side:
    """Whether this label is asked for, refused, or neither. A stage within a range is not asked for by itself."""
    for term in query.terms:
        if _names(term, pk):
            return "excluded" if term.negated else "included"
    return ""


def _names(term: Term, pk: int) -> bool:
    if isinstance(term, Stages):
        return any(part.first == part.last and pk in part.pks for part in term.ranges)
    return isinstance(term, Named) and term.field == "label" and pk in term.pks


def dropping(query: Query, ref: Ref) -> Query:
    """Without this label, on either side."""
    found = (_less(term, ref) if any(_names(term, pk) for pk in ref.pks) else term for term in query.terms)
    return Query(tuple(term for term in found if term is not None))


def _less(term: Term, ref: Ref) -> Term | None:
    gone = set(ref.pks)
    if isinstance(term, Stages):
        ranges = tuple(part for part in term.ranges if part.first != part.last or not gone & set(part.pks))
        return replace(term, ranges=ranges) if ranges else None
    if isinstance(term, Named):
        refs = tuple(each for each in term.refs if not gone & set(each.pks))
        return replace(term, refs=refs) if refs else None
    return term


def including(query: Query, ref: Ref) -> Query:
    """With this label asked for: beside the others where all are asked for, else as one of them."""
    terms = tuple(term for term in dropping(query, ref).terms if term != NO_LABEL)
    wanted = [n for n, term in enumerate(terms) if _is_wish(term)]
    if len(wanted) != 1:
        return Query((*terms, Named("label", (ref,))))
    at = wanted[0]
    return Query((*terms[:at], _joined((terms[at], Named("label", (ref,)))), *terms[at + 1 :]))


def excluding(query: Query, ref: Ref) -> Query:
    """With this label refused."""
    return Query((*dropping(query, ref).terms, Named("label", (ref,), negated=True)))


def side_of_name(query: Query, ref: Ref) -> Side:
    """The same for a name, which several numbers may have a label of."""
    return next(filter(None, (side_of(query, pk) for pk in ref.pks)), "")


def turned(query: Query, ref: Ref, side: Side) -> Query:
    """With this label asked for, refused, or neither."""
    if side == "included":
        return including(query, ref)
    return excluding(query, ref) if side == "excluded" else dropping(query, ref)


def _is_wish(term: Term) -> bool:
    return isinstance(term, Named) and term.field == "label" and not term.negated


def _joined(terms: tuple[Term, ...]) -> Named:
    refs = (ref for term in terms if isinstance(term, Named) for ref in term.refs)
    return Named("label", tuple(dict.fromkeys(refs)))


def wishes(query: Query) -> tuple[Ref, ...]:
    """The labels that are asked for by name."""
    return _joined(tuple(filter(_is_wish, query.terms))).refs


def needs_all(query: Query) -> bool:
    """Whether each of the labels is asked for, not any of them. Tells something only where there is more than one."""
    return sum(map(_is_wish, query.terms)) > 1


def matching_any(query: Query) -> Query:
    """Any of the labels that are asked for will do."""
    return _with_wishes(query, (Named("label", wishes(query)),))


def matching_all(query: Query) -> Query:
    """Each of the labels that are asked for has to be there."""
    return _with_wishes(query, tuple(Named("label", (ref,)) for ref in wishes(query)))


def _with_wishes(query: Query, wanted: tuple[Term, ...]) -> Query:
    """With these in the place of the first."""
    at = next((n for n, term in enumerate(query.terms) if _is_wish(term)), None)
    if at is None:
        return query
    rest = tuple(term for term in query.terms[at:] if not _is_wish(term))
    return Query((*query.terms[:at], *wanted, *rest))


def unlabelled_side(query: Query) -> Side:
    """Whether chats without any label are asked for, refused, or neither."""
    return "included" if NO_LABEL in query.terms else "excluded" if ANY_LABEL in query.terms else ""


def unlabelled(query: Query, side: Side) -> Query:
    """With chats without any label asked for, refused, or neither."""
    terms = tuple(term for term in query.terms if term not in (NO_LABEL, ANY_LABEL))
    if side == "included":
        return Query((*(term for term in terms if not _is_wish(term)), NO_LABEL))
    return Query((*terms, ANY_LABEL)) if side == "excluded" else Query(terms)


def has_choice(query: Query, field: str, value: str) -> bool:
    """Whether exactly this is asked for."""
    return Choice(field, (value,)) in query.terms


def switching(query: Query, field: str, value: str) -> Query:
    """With this value asked for or, when it was, no longer. Of `type` another value goes: a chat has one."""
    terms = tuple(term for term in query.terms if term != Choice(field, (value,)))
    if len(terms) < len(query.terms):
        return Query(terms)
    others = [Choice(field, (other,)) for other in CHOICES[field]] if field == "type" else []
    return Query((*(term for term in terms if term not in others), Choice(field, (value,))))


def without_term(query: Query, n: int) -> Query:
    """Without its nth term."""
    return Query(query.terms[:n] + query.terms[n + 1 :])


def without_ref(query: Query, n: int, ref: Ref) -> Query:
    """Without one of the names of its nth term."""
    term = query.terms[n]
    if not isinstance(term, Named) or set(term.refs) == {ref}:
        return without_term(query, n)
    refs = tuple(each for each in term.refs if each != ref)
    return Query((*query.terms[:n], replace(term, refs=refs), *query.terms[n + 1 :]))
