"""Kept queries survive renames, and say which of their labels are gone."""

import json

import pytest

from labelapp.queries.language.reading import read
from labelapp.queries.language.saved import Kept, hand_over, is_void, label_pks, load, save
from labelapp.queries.language.vocabulary import LabelName, Vocabulary
from labelapp.queries.language.writing import write
from tests.queries.language.words import LABELS, NUMBERS, SALES, SUPPORT, vocabulary

TEXT = 'label:VIP,#31 -label:"On hold" stage:"New lead"..Paid is:unanswered "two words" nope:x label:nope'


def world(*numbers: int, seen: tuple[int, ...] = (SALES, SUPPORT), **renamed: str) -> tuple[Vocabulary, Kept]:
    """The vocabulary of these numbers, and all labels, after renames `_pk=name` ("" for a deletion), for a reader who may see `seen`."""
    labels = [label._replace(name=renamed.get(f"_{label.pk}", label.name)) for label in LABELS]
    alive = [label for label in labels if renamed.get(f"_{label.pk}") != ""]
    kept = tuple(label for label in alive if label.number in numbers)
    hidden = frozenset(label.pk for label in LABELS if label.number not in seen)
    words = Vocabulary(tuple(each for each in NUMBERS if each.pk in numbers), kept)
    return words, Kept({label.pk: label for label in alive}, hidden)


def test_what_is_kept_is_json_and_loads_as_the_same_query() -> None:
    reading = read(TEXT, vocabulary())
    kept = json.loads(json.dumps(save(reading.query)))
    loaded = load(kept, *world(SALES, SUPPORT))
    assert loaded.query == reading.query
    assert loaded.text == TEXT
    assert loaded.problems == reading.problems
    assert label_pks(kept) == {14, 21, 16, 15, 11, 13, 25}


@pytest.mark.parametrize(
    ("renamed", "numbers", "text", "pks"),
    [
        ({"_14": "Very important", "_21": "Very important"}, (SALES, SUPPORT), 'label:"Very important"', (14, 21)),
        ({"_14": "Very important"}, (SALES, SUPPORT), 'label:"Very important",vip', (14, 21)),
        ({"_14": "Very important"}, (SUPPORT,), "label:vip", (21,)),
        ({"_14": "Hot"}, (SUPPORT,), "label:vip", (21,)),
        ({"_14": ""}, (SALES, SUPPORT), "label:vip", (21,)),
        ({"_14": "", "_15": "VIP"}, (SALES, SUPPORT), "label:VIP", (15, 21)),
    ],
)
def test_names_are_bound_as_they_are_now(
    renamed: dict[str, str], numbers: tuple[int, ...], text: str, pks: tuple[int, ...]
) -> None:
    kept = save(read("label:VIP", vocabulary()).query)
    loaded = load(kept, *world(*numbers, **renamed))
    (term,) = loaded.query.terms
    assert (loaded.text, term.pks, loaded.problems) == (text, pks, ())  # type: ignore[union-attr]


def test_a_label_that_was_deleted_is_named_and_a_new_one_of_its_name_is_another() -> None:
    kept = save(read("is:unread label:VIP,Quoted", vocabulary(SALES)).query)
    words, living = world(SALES, _14="")
    words.labels = (*words.labels, LabelName(99, SALES, "9", "VIP"))
    loaded = load(kept, words, living)
    (problem,) = loaded.problems
    assert (problem.code, problem.word, loaded.text[slice(*problem.span)]) == ("gone", "VIP", "VIP")
    assert loaded.query.terms[1].pks == (12,)  # type: ignore[union-attr]


def test_a_stage_that_was_deleted_is_named() -> None:
    kept = save(read("stage:Quoted..Paid", vocabulary(SALES)).query)
    loaded = load(kept, *world(SALES, _13=""))
    assert [(problem.code, problem.word) for problem in loaded.problems] == [("gone", "Paid")]
    assert loaded.query.terms[0].is_idle
    assert write(loaded.query) == "stage:Quoted..Paid"


@pytest.mark.parametrize("deleted", [{}, {"_12": "", "_15": ""}])
@pytest.mark.parametrize("text", ['label:Quoted,"On hold"', "stage:Quoted", "number:sales", '-label:"On hold"'])
def test_what_a_reader_may_not_see_is_said_without_its_name(text: str, deleted: dict[str, str]) -> None:
    kept = save(read(text, vocabulary(SALES)).query)
    loaded = load(kept, *world(SUPPORT, seen=(SUPPORT,), **deleted))
    assert {(problem.code, problem.word) for problem in loaded.problems} == {("hidden", "?")}
    assert loaded.text in ("label:?", "stage:?", "number:?", "-label:?")
    assert loaded.query.terms[0].is_idle


def test_a_name_that_the_reader_has_binds_though_the_other_number_is_hidden() -> None:
    kept = save(read("label:VIP,Quoted", vocabulary(SALES)).query)
    loaded = load(kept, *world(SUPPORT, seen=(SUPPORT,)))
    assert loaded.text == "label:vip,?"
    assert loaded.query.terms[0].pks == (21,)  # type: ignore[union-attr]


def test_of_several_labels_only_the_name_that_may_be_told_is() -> None:
    kept = save(read("label:Paid", vocabulary()).query)
    loaded = load(kept, *world(SUPPORT, seen=(SUPPORT,), _13="Secret", _25=""))
    assert [(problem.code, problem.word) for problem in loaded.problems] == [("hidden", "?")]


# One label instead of another


def handed(text: str, old: int, new: int, *numbers: int) -> str | None:
    """The query as it reads once `old` has become `new` and is gone."""
    by_pk = {label.pk: label for label in LABELS}
    saved = hand_over(save(read(text, vocabulary(*numbers)).query), by_pk[old], by_pk[new])
    if saved is None:
        return None
    loaded = load(saved, *world(*(numbers or (SALES, SUPPORT)), **{f"_{old}": ""}))
    assert loaded.problems == ()
    return loaded.text


@pytest.mark.parametrize(
    ("text", "old", "new", "expected"),
    [
        ("label:VIP is:unread", 14, 15, 'label:"On hold" is:unread'),
        ("label:#4", 14, 15, 'label:"On hold"'),
        ('label:VIP,"On hold"', 14, 15, 'label:"On hold"'),
        ('label:VIP label:"On hold" last:>2d', 14, 15, 'label:"On hold" last:>2d'),
        ("-label:VIP,Quoted", 14, 15, '-label:"On hold",Quoted'),
        ("label:VIP", 15, 14, "label:VIP"),
        ("stage:Quoted", 12, 13, "stage:Paid"),
        ('stage:"New lead"..Quoted', 12, 13, 'stage:"New lead"..Paid'),
        ("stage:Quoted..Paid", 12, 13, "stage:Paid"),
        ("stage:Quoted,Paid", 12, 13, "stage:Paid"),
        ("label:Quoted", 12, 14, "label:VIP"),
        ("stage:Quoted", 12, 14, None),  # which is no stage
        ('label:VIP -label:"On hold"', 14, 15, None),
        ("stage:Quoted -label:Paid", 12, 13, None),
        ('label:VIP,Quoted -label:"On hold"', 14, 15, 'label:"On hold",Quoted -label:"On hold"'),
        ('stage:"New lead"..Quoted -label:Paid', 12, 13, 'stage:"New lead"..Paid -label:Paid'),
    ],
)
def test_one_label_instead_of_another(text: str, old: int, new: int, expected: str | None) -> None:
    assert handed(text, old, new, SALES) == expected


def test_the_labels_of_other_numbers_keep_their_names() -> None:
    assert handed("label:VIP", 14, 15) == 'label:"On hold",vip'
    assert handed('label:"On hold",VIP', 15, 14) == "label:VIP"


def test_the_kept_word_is_that_of_the_label_that_is_left() -> None:
    by_pk = {label.pk: label for label in LABELS}
    saved = hand_over(save(read("label:#4", vocabulary(SALES)).query), by_pk[14], by_pk[15])
    assert saved == [{"field": "label", "any": [{"name": "On hold", "labels": [15]}]}]


def test_a_query_that_wants_what_it_refuses_finds_nothing() -> None:
    def saved(text: str) -> list[dict[str, object]]:
        return save(read(text, vocabulary(SALES)).query)

    assert is_void(saved("label:VIP -label:VIP"))
    assert not is_void(saved("label:VIP,Quoted -label:VIP"))
    assert not is_void(saved("is:unread -label:VIP"))
    assert is_void(saved("-label:VIP"), has={14})
    assert is_void(saved("label:VIP"), lacks={14})
    assert not is_void([], has={14}, lacks={15})
