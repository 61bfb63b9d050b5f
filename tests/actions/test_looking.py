"""Who has a chat open, and what saying so costs."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labelapp.actions import looking
from labelapp.actions.looking import Signs, leave, look
from labelapp.actions.pruning import prune
from labelapp.models import Change, Chat, Looker, User
from labelapp.queries.lookers import AT_IT, lookers
from tests.conftest import MakeChat


@pytest.fixture(autouse=True)
def signs(monkeypatch: pytest.MonkeyPatch) -> Signs:
    """A process that has collected nothing."""
    signs = Signs()
    monkeypatch.setattr(looking, "signs", signs)
    return signs


@pytest.fixture
def chat(make_chat: MakeChat) -> Chat:
    return make_chat()


def told() -> int:
    return Change.objects.filter(kind=Change.Kind.LOOKERS).count()


def age(user: User, by: timedelta) -> None:
    Looker.objects.filter(user=user).update(seen_at=timezone.now() - by)


def test_two_people_see_each_other(agent: User, agent2: User, chat: Chat) -> None:
    assert (look(agent, chat), told()) == ([], 0)  # nobody need be told
    assert (look(agent2, chat), told()) == ([agent], 1)
    assert (look(agent, chat), told()) == ([agent2], 1)


def test_of_another_chat_nobody_hears(agent: User, agent2: User, chat: Chat, make_chat: MakeChat) -> None:
    look(agent, chat)
    assert look(agent2, make_chat()) == []


def test_who_leaves_is_gone_and_the_others_are_told(agent: User, agent2: User, chat: Chat) -> None:
    look(agent, chat)
    look(agent2, chat)
    leave(agent2, chat)
    leave(agent2, chat)
    assert (look(agent, chat), told()) == ([], 2)
    leave(agent, chat)
    assert (Looker.objects.count(), told()) == (0, 2)


def test_who_falls_silent_is_gone_within_a_minute(agent: User, agent2: User, chat: Chat) -> None:
    assert AT_IT + timedelta(seconds=looking.GATHER) < timedelta(seconds=60)
    look(agent, chat)
    age(agent, AT_IT - timedelta(seconds=5))
    assert look(agent2, chat) == [agent]
    age(agent, AT_IT)
    assert look(agent2, chat) == []


def test_who_comes_back_is_told_again(agent: User, agent2: User, chat: Chat) -> None:
    look(agent, chat)
    look(agent2, chat)
    age(agent, AT_IT)
    look(agent, chat)
    assert (told(), [row.user for row in lookers(chat)]) == (2, [agent, agent2])


def test_a_closed_account_is_not_shown(agent: User, agent2: User, chat: Chat) -> None:
    look(agent, chat)
    User.objects.filter(pk=agent.pk).update(is_active=False)
    assert look(agent2, chat) == []


def test_signs_of_life_are_written_together(
    agent: User, agent2: User, lead: User, chat: Chat, django_assert_num_queries: Any, signs: Signs
) -> None:
    for user in (agent, agent2, lead):
        look(user, chat)
        age(user, timedelta(seconds=30))
    with django_assert_num_queries(2):  # the first after a pause reads and writes
        look(agent, chat)
    with django_assert_num_queries(2):  # these only read
        look(agent2, chat)
        look(lead, chat)
    old = timezone.now() - timedelta(seconds=20)
    assert set(Looker.objects.filter(seen_at__lt=old).values_list("user", flat=True)) == {agent2.pk, lead.pk}
    signs._written -= looking.GATHER
    look(agent, chat)
    assert not Looker.objects.filter(seen_at__lt=old).exists()


def test_what_is_long_over_is_thrown_away(agent: User, chat: Chat) -> None:
    look(agent, chat)
    age(agent, timedelta(days=2))
    assert (prune(), Looker.objects.count()) == (1, 0)
