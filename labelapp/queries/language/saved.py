"""The form in which a query is kept: labels by their keys, so that renaming one breaks nothing; all else as text."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labelapp.queries.language.problems import problems_of
from labelapp.queries.language.reading import Reading, read
from labelapp.queries.language.terms import Named, Query, Range, Ref, Stages, Term
from labelapp.queries.language.tokens import tokens
from labelapp.queries.language.vocabulary import LabelName, Vocabulary
from labelapp.queries.language.writing import write, write_term

Saved = list[dict[str, Any]]  # JSON
HIDDEN = Ref("?", hidden=True)


def save(query: Query) -> Saved:
    """The query as JSON: `{"text": …}` for a term without labels, else `{"field", "any", "not"?}` with the labels' keys and names."""
    return [_saved(term) for term in query.terms]


def _saved(term: Term) -> dict[str, Any]:
    negated = {"not": True} if term.negated else {}
    match term:
        case Named(field="label"):
            return {"field": "label", "any": [_ref(ref) for ref in term.refs]} | negated
        case Stages():
            ends = [{"from": _ref(part.first), "to": _ref(part.last)} for part in term.ranges]
            return {"field": "stage", "any": ends} | negated
    return {"text": write_term(term)}


def _ref(ref: Ref | None) -> dict[str, Any] | None:
    if ref is None:
        return None
    return {"id" if ref.by_id else "name": ref.word, "labels": list(ref.pks)}


def label_pks(saved: Saved) -> set[int]:
    """The labels that a kept query names."""
    return {pk for term in saved for ref in _refs(term) for pk in ref["labels"]}


def _refs(term: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for each in term.get("any", ()):
        ends = (each["from"], each["to"]) if term["field"] == "stage" else (each,)
        yield from (end for end in ends if end is not None)


def hand_over(saved: Saved, old: LabelName, new: LabelName) -> Saved | None:
    """The kept query with one label of a number in the place of another, each named once. None where that can't be: stages that are
    asked for where the new label is none (or of another funnel than the other end), or terms that refuse what others want."""
    if any(term.get("field") == "stage" and not _can_be_staged(term, old, new) for term in saved):
        return None
    handed = [_handed(term, old.pk, new) for term in saved]
    once = [term for n, term in enumerate(handed) if term not in handed[:n]]
    return None if once != saved and is_void(once) else once


def _can_be_staged(term: dict[str, Any], old: LabelName, new: LabelName) -> bool:
    named = [part for part in term["any"] if any(end and old.pk in end["labels"] for end in (part["from"], part["to"]))]
    return all(new.funnel and (part["from"] == part["to"] or new.funnel == old.funnel) for part in named)


def _handed(term: dict[str, Any], old: int, new: LabelName) -> dict[str, Any]:
    if "any" not in term or not any(old in ref["labels"] for ref in _refs(term)):
        return term
    if term["field"] == "stage":
        parts = [{end: _instead(part[end], old, new) for end in ("from", "to")} for part in term["any"]]
        return term | {"any": [part for n, part in enumerate(parts) if part not in parts[:n]]}
    refs = [ref for each in term["any"] if (ref := _instead(each, old, new))]
    ours = max((ref for ref in refs if new.pk in ref["labels"]), key=lambda ref: len(ref["labels"]))
    return term | {
        "any": [
            ref for ref in refs if ref is ours or not set(ref["labels"]) <= set(ours["labels"]) or not ref["labels"]
        ]
    }


def _instead(ref: dict[str, Any] | None, old: int, new: LabelName) -> dict[str, Any] | None:
    if ref is None or old not in ref["labels"]:
        return ref
    pks = list(dict.fromkeys(new.pk if pk == old else pk for pk in ref["labels"]))
    return {"name": new.name, "labels": pks} if pks == [new.pk] else ref | {"labels": pks}


def is_void(saved: Saved, *, has: Collection[int] = (), lacks: Collection[int] = ()) -> bool:
    """Whether no chat can match, because a term wants only labels that others refuse. `has`: one of these is wanted as well, `lacks`:
    none of these. Open stages, which hold more than they name, are taken to match."""
    named = [(bool(term.get("not")), pks) for term in saved if (pks := _closed(term))]
    refused = {pk for is_refused, pks in named if is_refused for pk in pks} | set(lacks)
    wanted = [pks for is_refused, pks in named if not is_refused] + ([set(has)] if has else [])
    return any(pks <= refused for pks in wanted)


def _closed(term: dict[str, Any]) -> set[int]:
    """All labels that a term is about; none for a range of stages."""
    if term.get("field") == "stage" and any(part["from"] != part["to"] for part in term["any"]):
        return set()
    return label_pks([term])


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the labels that kept queries name. `living` are those that were not deleted, whatever their number; `hidden`
    those, living or not, of numbers that the reader may not see: their names must not be told."""

    living: Mapping[int, LabelName]
    hidden: frozenset[int] = frozenset()


def load(saved: Saved, vocabulary: Vocabulary, kept: Kept) -> Reading:
    """The kept query over the numbers in view.

    A name binds by what its living labels are called now; a name whose labels were all deleted is a problem "gone", even if a new label
    has taken the name. What only numbers out of the reader's sight have is a problem "hidden".
    """
    loaded = Query(tuple(term for each in saved for term in _loaded(each, vocabulary, kept)))
    text = write(loaded)
    return Reading(loaded, problems_of(loaded, list(tokens(text)), vocabulary), text)


def _loaded(term: dict[str, Any], vocabulary: Vocabulary, kept: Kept) -> Sequence[Term]:
    if "text" in term:
        return [_masked(each) for each in read(term["text"], vocabulary).query.terms]
    negated = bool(term.get("not"))
    if term["field"] == "label":
        refs = (ref for each in term["any"] for ref in _bound(each, vocabulary, kept))
        return [Named("label", tuple(dict.fromkeys(refs)), negated)]
    return [Stages(tuple(_range(each, vocabulary, kept) for each in term["any"]), negated)]


def _masked(term: Term) -> Term:
    """A number that the reader does not know may be one of somebody else."""
    if not (isinstance(term, Named) and term.field == "number"):
        return term
    refs = tuple(ref if ref.is_known else HIDDEN for ref in term.refs)
    return Named("number", tuple(dict.fromkeys(refs)), term.negated)


def _bound(ref: dict[str, Any], vocabulary: Vocabulary, kept: Kept) -> list[Ref]:
    """The names by which the labels go now: one, unless only some of them were renamed."""
    if not ref["labels"]:
        return [_unbound(ref, vocabulary)]
    alive = [kept.living[pk] for pk in ref["labels"] if pk in kept.living]
    in_view = [label for label in alive if vocabulary.has(label.pk)]
    found = list(dict.fromkeys(_now(label, vocabulary) for label in in_view or alive))
    return [each for each in found if each.is_known] or [_unknown(ref, alive, vocabulary, kept)]


def _unbound(ref: dict[str, Any], vocabulary: Vocabulary) -> Ref:
    by_id = "id" in ref
    return vocabulary.label(ref["id" if by_id else "name"], by_id=by_id)


def _unknown(ref: dict[str, Any], alive: Sequence[LabelName], vocabulary: Vocabulary, kept: Kept) -> Ref:
    """A name that means nothing here, as far as it may be told."""
    if told := [label for label in alive if label.pk not in kept.hidden]:
        return _now(told[0], vocabulary)
    if alive or kept.hidden.issuperset(ref["labels"]):
        return HIDDEN
    return Ref(ref["id"] if "id" in ref else ref["name"], (), "id" in ref, gone=True)


def _now(label: LabelName, vocabulary: Vocabulary) -> Ref:
    if vocabulary.has(label.pk):
        return vocabulary.ref(label.pk)
    return vocabulary.label(label.name or label.wa_id, by_id=not label.name)


def _range(part: dict[str, Any], vocabulary: Vocabulary, kept: Kept) -> Range:
    ends = (part["from"], part["to"])
    first, last = (None if end is None else _bound(end, vocabulary, kept)[0] for end in ends)
    return vocabulary.stages(first, last)
