"""Two labels of a group that allows one, because the phone did it: what the group's rule does about it, and what is no conflict."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labelapp.actions.actor import Actor, NotAllowed
from labelapp.actions.arranging import arrange_labels
from labelapp.actions.conflicts import SETTLING, settle_by_rule, settle_conflicts
from labelapp.actions.directory import update_label
from labelapp.actions.drift import settle_clash
from labelapp.actions.drift_rows import Changed
from labelapp.actions.groups import update_group
from labelapp.actions.tagging import move_to_stage
from labelapp.lanes import moves
from labelapp.models import Chat, ChatLabel, Instance, Label, LabelGroup, LedgerEntry, Move, User, Verb
from labelapp.models.reasons import Reason
from labelapp.queries.clashes import clash_rows
from labelapp.queries.differences import Ref
from labelapp.queries.directory import directory_of
from labelapp.queries.drift import ruled_refs
from tests.conftest import MakeChat
from tests.posted import deliver, fresh, known, tagged

Labels = dict[str, Label]
Policy = LabelGroup.ConflictPolicy
MakeConflict = Callable[..., Chat]


@pytest.fixture
def conflict(make_chat: MakeChat, labels: Labels) -> MakeConflict:
    """A chat at Paid, which the phone gave New lead a minute (or so) ago."""

    def make(minutes: float = 1) -> Chat:
        chat = make_chat(labels=(labels["Paid"], labels["New lead"]))
        at = timezone.now() - timedelta(minutes=minutes)
        ChatLabel.objects.filter(chat=chat, label=labels["New lead"]).update(wanted_at=at)
        return chat

    return make


def rule(policy: str) -> None:
    LabelGroup.objects.update(conflict_policy=policy)


def stages(chat: Chat) -> set[str]:
    rows = ChatLabel.objects.filter(chat=chat, wanted=True, label__group__isnull=False)
    return set(rows.values_list("label__name", flat=True))


def settle(number: Instance) -> int:
    return settle_conflicts(number, timezone.now() - timedelta(hours=1))


@pytest.mark.parametrize(("policy", "left"), [(Policy.FURTHEST, "Paid"), (Policy.LATEST, "New lead")])
def test_the_rule_decides_by_a_move(
    number: Instance, conflict: MakeConflict, labels: Labels, policy: str, left: str
) -> None:
    chat = conflict()
    rule(policy)
    assert settle(number) == 1
    assert stages(chat) == {left}
    move = Move.objects.select_related("label").get()
    assert (str(move.label), move.source, move.cause) == (left, "reconcile", Reason.POLICY())
    kept = ChatLabel.objects.get(chat=chat, label__name=left)
    assert kept.is_open  # WhatsApp confirms it anew before the other one comes off
    assert ChatLabel.objects.get(waits_for=kept).wanted is False
    assert settle(number) == 0


def test_a_group_that_asks_is_left_to_people(number: Instance, conflict: MakeConflict) -> None:
    chat = conflict()
    assert settle(number) == 0
    assert stages(chat) == {"Paid", "New lead"}


def test_the_phone_may_be_in_the_middle_of_a_move(number: Instance, conflict: MakeConflict, labels: Labels) -> None:
    chat = conflict(0)
    rule(Policy.LATEST)
    assert settle(number) == 0
    ChatLabel.objects.filter(chat=chat).update(wanted_at=timezone.now() - 2 * SETTLING)
    assert settle(number) == 1


def test_what_somebody_left_as_it_is_stays(number: Instance, conflict: MakeConflict) -> None:
    chat = conflict()
    rule(Policy.LATEST)
    ChatLabel.objects.filter(chat=chat).update(ignored_at=timezone.now())
    assert (settle(number), stages(chat)) == (0, {"Paid", "New lead"})


def test_the_lane_settles_what_the_phone_did(number: Instance, make_chat: MakeChat, labels: Labels) -> None:
    """From the delivery to the wish."""
    rule(Policy.FURTHEST)
    chat = make_chat(labels=(labels["Quoted"],))
    deliver(number, tagged(chat.jid, labels["Paid"].wa_id, at=1))
    assert stages(chat) == {"Quoted", "Paid"}
    ChatLabel.objects.filter(chat=chat).update(wanted_at=timezone.now() - 2 * SETTLING)
    moves.run_due(fresh(number), known())
    assert stages(chat) == {"Paid"}


def test_a_move_under_way_is_no_conflict(number: Instance, agent: User, make_chat: MakeChat, labels: Labels) -> None:
    chat = make_chat(labels=(labels["Quoted"],))
    move_to_stage(Actor.of(agent), chat, labels["Paid"])
    assert clash_rows(number, directory_of(number), None) == ([], [])
    rule(Policy.LATEST)
    assert settle(number) == 0


def test_looking_costs_what_changed(
    number: Instance, conflict: MakeConflict, django_assert_num_queries: Callable[[int], Any]
) -> None:
    for _n in range(3):
        conflict(minutes=300)
    rule(Policy.LATEST)
    with django_assert_num_queries(3):  # groups, their labels, what came on since
        assert settle(number) == 0


def ref_of(number: Instance) -> Ref:
    (row,), _left = clash_rows(number, directory_of(number), None)
    return row.ref


def test_a_person_has_the_rule_settle_it(number: Instance, agent: User, conflict: MakeConflict) -> None:
    chat = conflict(0)  # a person need not wait
    ref = ref_of(number)
    with pytest.raises(Changed):  # the group asks
        settle_clash(Actor.of(agent), ref)
    rule(Policy.FURTHEST)
    assert settle_clash(Actor.of(agent), ref) is True
    assert (stages(chat), LedgerEntry.objects.get().actor) == ({"Paid"}, agent)
    with pytest.raises(Changed):
        settle_clash(Actor.of(agent), ref)


def test_without_the_permission_nothing_happens(number: Instance, conflict: MakeConflict) -> None:
    chat, nobody = conflict(), Actor.of(User.objects.create_user("nobody", password="x"))
    rule(Policy.FURTHEST)
    with pytest.raises(NotAllowed):
        settle_clash(nobody, ref_of(number))
    with pytest.raises(NotAllowed):
        settle_by_rule(nobody, chat.pk, LabelGroup.objects.get())
    assert stages(chat) == {"Paid", "New lead"}


def test_the_row_tells_who_put_each_label_on(
    number: Instance, agent: User, conflict: MakeConflict, labels: Labels
) -> None:
    chat = conflict()
    for source, user in (("agent", agent), ("phone", None)):
        LedgerEntry.objects.create(
            instance=number, chat=chat, label=labels["New lead"], verb=Verb.ADD, source=source, actor=user
        )
    (row,), _left = clash_rows(number, directory_of(number), None)
    assert {pk: entry.source for pk, entry in row.came.items()} == {labels["New lead"].pk: "phone"}


def test_only_ruled_groups_are_settled_all_at_once(number: Instance, conflict: MakeConflict) -> None:
    conflict()
    assert ruled_refs(number, directory_of(number)) == []
    rule(Policy.LATEST)
    assert len(ruled_refs(number, directory_of(number))) == 1


@pytest.mark.parametrize("what", ["rule", "label", "form"])
def test_conflicts_that_are_older_than_the_rule_are_left_to_people(
    number: Instance, conflict: MakeConflict, labels: Labels, admin: User, what: str
) -> None:
    """A label that is dragged into a group, or a new rule, takes nothing off old chats."""
    rule(Policy.FURTHEST)
    group, chat = labels["Paid"].group, conflict()
    assert group is not None
    if what == "rule":
        values = {"name": group.name, "kind": group.kind}
        update_group(Actor.of(admin), group, **values, conflict_policy=Policy.LATEST)
    elif what == "label":
        Label.objects.filter(pk=labels["Paid"].pk).update(group=None)
        rows = list(Label.objects.living().in_order())
        arrange_labels(
            Actor.of(admin),
            number,
            [(group.pk, [row.pk for row in rows if row.group_id or row.name == "Paid"])]
            + [(0, [row.pk for row in rows if not row.group_id and row.name != "Paid"])],
        )
    else:
        Label.objects.filter(pk=labels["Paid"].pk).update(group=None)
        values = {"name": "Paid", "color": None, "description": ""}
        update_label(Actor.of(admin), labels["Paid"], **values, group=group)
    assert (settle(number), stages(chat)) == (0, {"Paid", "New lead"})
    group.refresh_from_db()
    assert settle_by_rule(Actor.of(admin), chat.pk, group) is True
