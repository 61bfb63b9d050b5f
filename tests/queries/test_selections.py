"""Shares of labels among chosen chats. What the picker makes of them is in tests/views/test_selections.py."""

import pytest

from labelapp.models import Instance, Label, User
from labelapp.queries.facets import Number
from labelapp.queries.language.reading import read
from labelapp.queries.scopes import scope_of
from labelapp.queries.selections import Selection, all_matching, ticked
from tests.conftest import MakeChat

Labels = dict[str, Label]


def shares(found: Selection) -> dict[str, tuple[int, int, int, int, str]]:
    every = (share for group in found.groups for share in group.shares)
    return {share.tag.name: (share.have, share.of, share.adds, share.takes, share.state) for share in every}


def test_labels_that_were_deleted_or_have_no_name_are_not_offered(
    number: Instance, make_chat: MakeChat, labels: Labels
) -> None:
    Label.objects.create(instance=number, wa_id="31")
    Label.objects.filter(name="Paid").update(deleted_at=number.imported_at)
    found = ticked([make_chat(labels=(labels["VIP"],)).pk, make_chat().pk])
    assert list(shares(found)) == ["New lead", "Quoted", "VIP", "On hold"]
    assert (found.size, found.used, shares(found)["VIP"]) == (Number(2), 5, (1, 2, 1, 1, "mixed"))


def test_chats_that_are_gone_do_not_count(make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(labels=(labels["VIP"],))
    assert shares(ticked([chat.pk, 999]))["VIP"] == (1, 1, 0, 1, "true")


def test_what_nobody_counted_to_its_end_is_never_all(
    lead: User, number: Instance, make_chat: MakeChat, labels: Labels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labelapp.queries.facets.CAP", 2)
    for _ in range(3):
        make_chat(labels=(labels["VIP"],))
    scope = scope_of(lead, [number])
    found = all_matching(scope, read("label:VIP", scope.vocabulary).query)
    assert (found.size, shares(found)["VIP"]) == (Number(2, True), (2, 2, 0, 2, "mixed"))
