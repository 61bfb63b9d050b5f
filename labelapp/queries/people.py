"""Who people are at the login."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from labelapp.models import Instance, User
from labelapp.queries.language.vocabulary import PersonName

ADMINS = "labelapp.manage_instances"
BACKEND = "django.contrib.auth.backends.ModelBackend"  # whose groups and permissions people have


def account_name(typed: str) -> str:
    """The username behind a typed username or e-mail address, the typed text in one spelling where there is none.

    The login throttle counts by this name, so an address in other letters does not buy more tries.
    """
    if User.objects.filter(username=typed).exists():
        return typed
    found = User.objects.filter(email__iexact=typed).exclude(email="").values_list("username", flat=True).first()
    return found or typed.casefold()


def pickable_people() -> QuerySet[User]:
    """People that a number can be limited to, by name."""
    return User.objects.filter(is_active=True).order_by("first_name", "last_name", "username")


def people_of(instance: Instance) -> QuerySet[User]:
    """The active people who may see a number, by name: all, or those it names and the admins. As `visible_to` has it."""
    named = instance.people.through.objects.filter(instance=instance).values("user")
    people = pickable_people()
    if not named.exists():
        return people
    admins = User.objects.with_perm(ADMINS, backend=BACKEND).values("pk")
    return people.filter(Q(pk__in=named) | Q(pk__in=admins))


def colleagues(numbers: Iterable[Instance]) -> tuple[PersonName, ...]:
    """The people whom chats of these numbers can be assigned to. Two queries for each number."""
    found = {user.pk: user for number in numbers for user in people_of(number)}
    return tuple(PersonName(user.pk, user.username, user.display_name) for user in found.values())


def people_of_all(numbers: Iterable[Instance]) -> QuerySet[User]:
    """The active people who may see each of these numbers, by name."""
    people = pickable_people()
    for number in numbers:
        people = people.filter(pk__in=people_of(number).values("pk"))
    return people


def may_see(user: User, instance: Instance) -> bool:
    """Whether somebody may be given chats of a number."""
    return user.is_active and Instance.objects.visible_to(user).filter(pk=instance.pk).exists()
