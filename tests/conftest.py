"""The same cast in every test: an agent, a second one, a lead, an admin, a stranger, and a number with labels and chats."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.utils import timezone, translation
from hypothesis import HealthCheck, settings

from labelapp.actions.texts import write_texts
from labelapp.models import Chat, ChatAlias, ChatLabel, Instance, Label, LabelGroup, Receipt, User

# What an example says must not hang on how busy the machine is
settings.register_profile("labelapp", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("labelapp")

PASSWORD = "secret-demo-1"
MakeChat = Callable[..., Chat]


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _no_language_left() -> Iterator[None]:
    """A request in Arabic leaves its language switched on in this thread: the next test is not its page."""
    yield
    translation.deactivate()


def person(username: str, *groups: str) -> User:
    user = User.objects.create_user(
        username, f"{username}@example.com", PASSWORD, first_name=username.title(), last_name="Demo"
    )
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


@pytest.fixture
def agent(db: None) -> User:
    return person("agent", "Agent")


@pytest.fixture
def agent2(db: None) -> User:
    return person("agent2", "Agent")


@pytest.fixture
def lead(db: None) -> User:
    return person("lead", "Lead")


@pytest.fixture
def admin(db: None) -> User:
    return person("admin", "Admin")


@pytest.fixture
def stranger(db: None) -> User:
    """Logged in and an agent, but `number` is limited to others once the test says so with `close_to`."""
    return person("stranger", "Agent")


def make_number(slug: str, **more: object) -> Instance:
    values: dict[str, object] = {
        "name": slug.title(),
        "base_url": "http://127.0.0.1:9",
        "instance_id": slug,
        "credentials": f"{slug}-token",
        "allow_private": True,
        "status": "WORKING",
        "me_jid": "201000000000@c.us",
        "import_stage": Instance.ImportStage.DONE,
        "imported_at": timezone.now(),
        "import_due_at": None,
    }
    return Instance.objects.create(slug=slug, **(values | more))


@pytest.fixture
def number(db: None) -> Instance:
    """A connected, imported number that everyone may see. Nothing listens at its address."""
    return make_number("demo")


@pytest.fixture
def other_number(admin: User) -> Instance:
    """A second number, for the admin alone: everybody else is a stranger to it."""
    instance = make_number("other")
    instance.people.add(admin)
    return instance


@pytest.fixture
def labels(number: Instance) -> dict[str, Label]:
    """Three stages of a funnel and two free labels, by name."""
    funnel = LabelGroup.objects.create(instance=number, name="Sales funnel", kind=LabelGroup.Kind.FUNNEL)
    made = [
        ("New lead", 1, funnel),
        ("Quoted", 2, funnel),
        ("Paid", 12, funnel),
        ("VIP", 3, None),
        ("On hold", 18, None),
    ]
    return {
        name: Label.objects.create(
            instance=number,
            wa_id=str(n),
            name=name,
            color_index=color,
            group=group,
            position=n,
            known_at=timezone.now(),
        )
        for n, (name, color, group) in enumerate(made, 1)
    }


@pytest.fixture
def make_chat(number: Instance) -> MakeChat:
    """A chat of `number` that already holds the given labels, confirmed."""
    start = datetime(2026, 11, 1, 9, tzinfo=UTC)

    def make(
        jid: str = "", name: str = "", labels: tuple[Label, ...] = (), instance: Instance | None = None, **more: object
    ) -> Chat:
        home = instance or number
        n = Chat.objects.count() + 1
        jid = jid or f"2010000000{n:02d}@c.us"
        at = more.pop("at", start + timedelta(minutes=n))
        kind = Chat.Kind.GROUP if jid.endswith("@g.us") else Chat.Kind.PERSON
        chat = Chat.objects.create(
            instance=home,
            jid=jid,
            name=name or f"Chat {n}",
            kind=kind,
            last_message_at=at,
            last_message_text=f"Hello {n}",
            **more,
        )
        ChatAlias.objects.create(instance=home, jid=jid, chat=chat)
        write_texts([chat.pk])
        for label in labels:
            ChatLabel.objects.create(
                chat=chat,
                label=label,
                wanted=True,
                remote=True,
                told=True,
                receipt=Receipt.CONFIRMED,
                last_message_at=at,
            )
            Label.objects.filter(pk=label.pk).update(chat_count=label.chat_count + 1)
            label.refresh_from_db()
        return chat

    return make
