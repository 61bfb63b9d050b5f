"""Views that people keep: made, changed, shared, pinned."""

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, NotAllowed, Refused
from labelapp.models import SavedView, User, ViewPin

MOST = 100  # views that a person owns
NAME_LENGTH = 60
FIELDS = ("name", "terms", "order", "shared")


def keep_view(actor: Actor, *, name: str, terms: list[dict[str, Any]], order: str, shared: bool = False) -> SavedView:
    """Keep a query (in its kept form) under a name, as the person's last tab.

    Raises NotAllowed for sharing without `share_views`, Refused (422) for a name that is empty, too long or taken.
    """
    owner = _person(actor)
    if SavedView.objects.filter(owner=owner).count() >= MOST:
        raise Refused(_("You have %(n)s views already. Delete one first.") % {"n": MOST})
    view = SavedView(owner=owner, terms=terms, order=order)
    _write(actor, view, name=name, shared=shared)
    pin_view(actor, view, on=True)
    return view


def change_view(actor: Actor, view: SavedView, **values: Any) -> SavedView:
    """Give a view another name, query or order, or share it. Safe to run twice. Raises as `keep_view` does."""
    _must_own(actor, view)
    _write(actor, view, **values)
    return view


def forget_view(actor: Actor, view: SavedView) -> None:
    """Delete a view, and with it everybody's tab of it. Safe to run twice."""
    _must_own(actor, view)
    SavedView.objects.filter(pk=view.pk).delete()


def pin_view(actor: Actor, view: SavedView, *, on: bool) -> None:
    """Make the view the person's last tab, or no tab any more. Safe to run twice."""
    person = _person(actor)
    if not on:
        ViewPin.objects.filter(user=person, view=view).delete()
        return
    last = ViewPin.objects.filter(user=person).aggregate(last=Max("position"))["last"]
    ViewPin.objects.get_or_create(user=person, view=view, defaults={"position": 0 if last is None else last + 1})


def order_pins(actor: Actor, views: Sequence[int]) -> None:
    """Put the person's tabs in the order of these views; tabs that are not named come after them. Safe to run twice."""
    place = {pk: n for n, pk in enumerate(views)}
    with transaction.atomic():
        pins = list(ViewPin.objects.select_for_update().filter(user=_person(actor)))
        pins.sort(key=lambda pin: (place.get(pin.view_id, len(place)), pin.position, pin.pk))
        for n, pin in enumerate(pins):
            pin.position = n
        ViewPin.objects.bulk_update(pins, ["position"])


def set_default_view(actor: Actor, view: SavedView | None) -> None:
    """Open the inbox with this view from now on; None: with all chats. Safe to run twice."""
    User.objects.filter(pk=_person(actor).pk).update(default_view=view)


def _person(actor: Actor) -> User:
    if actor.user is None:
        raise NotAllowed(_("Views belong to people."))
    return actor.user


def may_change(actor: Actor, view: SavedView) -> bool:
    """Whether the view is the person's own, or for everybody and theirs to change."""
    if view.shared:
        return actor.may("share_views")
    return actor.user is not None and view.owner_id == actor.user.pk


def _must_own(actor: Actor, view: SavedView) -> None:
    if view.shared:
        actor.must("share_views")
    elif not may_change(actor, view):
        raise NotAllowed(_("This view belongs to somebody else."))


def _write(actor: Actor, view: SavedView, **values: Any) -> None:
    if values.get("shared"):
        actor.must("share_views")
    for field, value in values.items():
        setattr(view, field, value)
    view.name = " ".join(view.name.replace("\x00", "").split())
    if not view.name:
        raise Refused(_("Give the view a name."))
    if len(view.name) > NAME_LENGTH:
        raise Refused(_("The name has more than %(n)s characters.") % {"n": NAME_LENGTH})
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise Refused(_("There is a view of this name already.")) from error
