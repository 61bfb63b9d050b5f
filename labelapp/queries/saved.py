"""The views that a person has at hand, and what they find."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from labelapp.models import Instance, Label, SavedView, User, ViewPin
from labelapp.queries.language.reading import Reading
from labelapp.queries.language.saved import Kept, label_pks, load
from labelapp.queries.language.vocabulary import LabelName
from labelapp.queries.scopes import Scope


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the inbox offers a person: their tabs in order, and the other views that they might pin."""

    tabs: list[SavedView]
    others: list[SavedView]


def views_for(user: User) -> QuerySet[SavedView]:
    """The person's own views and those that are for everybody."""
    return SavedView.objects.filter(Q(owner=user) | Q(shared=True))


def tabs_of(user: User) -> list[SavedView]:
    """The person's tabs in order, without those of views that are no longer shared with them. One query."""
    place = F("pins__position").asc(nulls_last=True)
    pinned = views_for(user).filter(Q(pins__user=user)).select_related("owner")
    return list(pinned.order_by(place, "pins__pk"))


def shelf(user: User) -> Shelf:
    """Two queries."""
    pinned = tabs_of(user)
    at_hand = {view.pk for view in pinned}
    others = views_for(user).select_related("owner").order_by("name", "pk")
    return Shelf(pinned, [view for view in others if view.pk not in at_hand])


def read_views(scope: Scope, views: Sequence[SavedView]) -> dict[int, Reading]:
    """What these views ask of the numbers in view. One query."""
    kept = kept_labels(scope.user, {pk for view in views for pk in label_pks(view.terms)})
    return {view.pk: load(view.terms, scope.vocabulary, kept) for view in views}


def kept_labels(user: User, pks: Iterable[int]) -> Kept:
    """What became of the labels that views name, as far as this person may know. One query, none for no labels."""
    seen = Exists(Instance.objects.visible_to(user).filter(pk=OuterRef("instance")))
    columns = ("pk", "instance_id", "wa_id", "name")
    rows = list(Label.objects.filter(pk__in=set(pks)).annotate(seen=seen).values_list(*columns, "deleted_at", "seen"))
    living = {row[0]: LabelName(*row[:4]) for row in rows if row[4] is None}
    return Kept(living, frozenset(row[0] for row in rows if not row[5]))


def others_with(view: SavedView, user: User) -> int:
    """How many colleagues have the view as a tab."""
    return ViewPin.objects.filter(view=view).exclude(user=user).count()
