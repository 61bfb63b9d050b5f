"""The stage of every story: a provider and its mirror that agree, and someone who clicks."""

from collections.abc import Callable

import pytest

from labelapp.actions.actor import Actor
from labelapp.actions.tagging import set_label
from labelapp.models import Chat, ChatLabel, Instance, Label, User
from tests.wire import FarSide, far

__all__ = ["far"]
Click = Callable[..., ChatLabel]


@pytest.fixture
def phone(far: FarSide, number: Instance, labels: dict[str, Label]) -> FarSide:
    """The far side with the same labels as the mirror."""
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    return far


@pytest.fixture
def click(agent: User, labels: dict[str, Label]) -> Click:
    """An agent clicks a label on, or off."""

    def wish(chat: Chat, name: str, *, on: bool = True) -> ChatLabel:
        return set_label(Actor.of(agent), chat, labels[name], on=on)

    return wish
