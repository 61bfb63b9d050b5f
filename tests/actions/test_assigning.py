"""Who looks after a chat."""

import pytest
from django.contrib.auth.models import Group

from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.actions.assigning import assign, assign_many, give_back, release_chats
from labelapp.models import Change, Chat, Instance, LedgerEntry, User
from labelapp.models.reasons import Reason
from labelapp.queries.people import may_see, people_of
from tests.conftest import MakeChat, person


@pytest.fixture
def chat(make_chat: MakeChat) -> Chat:
    return make_chat()


def assignee_of(chat: Chat) -> User | None:
    return Chat.objects.get(pk=chat.pk).assignee


def told() -> list[tuple[object, ...]]:
    return list(LedgerEntry.objects.order_by("pk").values_list("verb", "source", "actor", "person", "cause"))


def test_a_chat_is_given_with_ledger_and_change(agent: User, agent2: User, chat: Chat) -> None:
    assign(Actor.of(agent), chat, agent2)
    assert assignee_of(chat) == agent2
    assert told() == [("assign", "agent", agent.pk, agent2.pk, "")]
    assert list(Change.objects.values_list("kind", "chat", "instance")) == [("chat", chat.pk, chat.instance_id)]


def test_twice_is_once_and_nobody_takes_it_back(agent: User, chat: Chat) -> None:
    assign(Actor.of(agent), chat, agent)
    assign(Actor.of(agent), chat, agent)
    assign(Actor.of(agent), chat, None)
    assign(Actor.of(agent), chat, None)
    assert assignee_of(chat) is None
    assert [row[3] for row in told()] == [agent.pk, None]


def test_without_the_permission_nothing_changes(agent: User, chat: Chat) -> None:
    with pytest.raises(NotAllowed):
        assign(Actor.of(person("guest")), chat, agent)
    assert (assignee_of(chat), told()) == (None, [])


def test_only_people_who_may_see_the_number_get_its_chats(
    admin: User, agent: User, other_number: Instance, make_chat: MakeChat
) -> None:
    chat = make_chat(instance=other_number)
    with pytest.raises(Refused, match="Agent Demo may not see this number") as refused:
        assign(Actor.of(admin), chat, agent)
    assert (refused.value.status, assignee_of(chat), told()) == (422, None, [])


def test_who_is_locked_out_gets_no_chat(admin: User, agent: User, chat: Chat) -> None:
    User.objects.filter(pk=agent.pk).update(is_active=False)
    agent.refresh_from_db()
    with pytest.raises(Refused):
        assign(Actor.of(admin), chat, agent)


def test_people_of_a_number_are_those_it_names_and_the_admins(
    agent: User, agent2: User, lead: User, admin: User, number: Instance, other_number: Instance
) -> None:
    other_number.people.add(lead)
    User.objects.filter(pk=agent2.pk).update(is_active=False)
    assert set(people_of(number)) == {agent, lead, admin}
    assert set(people_of(other_number)) == {lead, admin}
    for each in (agent, lead, admin):
        assert [may_see(each, home) for home in (number, other_number)] == [True, each != agent]


def test_a_closed_account_gives_its_chats_back(agent: User, agent2: User, make_chat: MakeChat) -> None:
    mine, other = make_chat(assignee=agent), make_chat(assignee=agent2)
    User.objects.filter(pk=agent.pk).update(is_active=False)
    assert (release_chats(), release_chats()) == (1, 0)
    assert (assignee_of(mine), assignee_of(other)) == (None, agent2)
    assert told() == [("assign", "reconcile", None, None, Reason.AWAY("Agent Demo"))]
    assert list(Change.objects.values_list("kind", "chat")) == [("chat", mine.pk)]


def test_who_loses_a_number_gives_back_the_chats_of_that_number_only(
    agent: User, lead: User, number: Instance, other_number: Instance, make_chat: MakeChat
) -> None:
    other_number.people.add(agent)
    here, there = make_chat(assignee=agent), make_chat(instance=other_number, assignee=agent)
    other_number.people.remove(agent)
    assert release_chats(number) == 0
    assert release_chats(other_number) == 1
    assert (assignee_of(here), assignee_of(there)) == (agent, None)


def test_who_stops_being_an_admin_gives_back_what_only_admins_see(
    admin: User, lead: User, other_number: Instance, make_chat: MakeChat
) -> None:
    other_number.people.set([lead])
    chat = make_chat(instance=other_number, assignee=admin)
    assert release_chats() == 0
    admin.groups.set(Group.objects.filter(name="Agent"))
    assert release_chats() == 1
    assert assignee_of(chat) is None


# Many at once


def test_many_change_hands_with_a_row_each(agent: User, agent2: User, make_chat: MakeChat) -> None:
    chats = [make_chat() for _ in range(3)]
    assign(Actor.of(agent), chats[0], agent)
    given = assign_many(Actor.of(agent), [chat.pk for chat in chats], agent2)
    assert sorted((each.before, each.chats) for each in given if each.before) == [(agent.pk, (chats[0].pk,))]
    assert [assignee_of(chat) for chat in chats] == [agent2] * 3
    assert [row[:4] for row in told()[1:]] == [("assign", "agent", agent.pk, agent2.pk)] * 3
    assert assign_many(Actor.of(agent), [chat.pk for chat in chats], agent2) == []


def test_giving_back_says_so_and_spares_who_lost_the_number(
    agent: User, agent2: User, number: Instance, make_chat: MakeChat
) -> None:
    chats = [make_chat(), make_chat()]
    assign(Actor.of(agent), chats[0], agent2)
    given = assign_many(Actor.of(agent), [chat.pk for chat in chats], agent)
    number.people.add(agent)
    assert sum(give_back(Actor.of(agent), each) for each in given) == 1  # agent2 may not see the number any more
    assert [assignee_of(chat) for chat in chats] == [agent, None]
    assert told()[-1] == ("assign", "agent", agent.pk, None, Reason.UNDONE())


def test_many_need_the_permission(agent: User, make_chat: MakeChat) -> None:
    chats = [make_chat().pk]
    with pytest.raises(NotAllowed):
        assign_many(Actor.of(person("guest")), chats, agent)
    given = assign_many(Actor.of(agent), chats, agent)
    with pytest.raises(NotAllowed):
        give_back(Actor.of(person("guest2")), given[0])
    assert Chat.objects.get().assignee == agent
