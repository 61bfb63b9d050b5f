"""The app, and the groups that come with it."""

from django.apps import AppConfig, apps
from django.db import connections, transaction
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from labelapp.sqlite.search import mend_index

ROLES = {
    "Agent": ["apply_labels"],
    "Lead": ["apply_labels", "run_bulk", "share_views", "see_operations"],
    "Admin": [
        "apply_labels",
        "run_bulk",
        "share_views",
        "manage_labels",
        "manage_rules",
        "see_operations",
        "manage_instances",
    ],
}


def make_roles(sender: AppConfig, using: str, **kwargs: object) -> None:
    """Make the groups Agent, Lead and Admin. A permission that someone took away by hand from an existing group stays away."""
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    groups = apps.get_model("auth", "Group").objects.using(using)
    for name, codenames in ROLES.items():
        group, made = groups.get_or_create(name=name)
        if made:
            group.permissions.set(permissions.filter(content_type__app_label="labelapp", codename__in=codenames))


def keep_search_index(sender: AppConfig, using: str, **kwargs: object) -> None:
    """Keep SQLite's search true after a migration that made one of its tables anew."""
    if connections[using].vendor == "sqlite":
        with transaction.atomic(using), connections[using].cursor() as cursor:
            mend_index(cursor)


class LabelappConfig(AppConfig):
    name = "labelapp"
    verbose_name = _("labelapp")

    def ready(self) -> None:
        # auth, which makes the permissions, stands before us in INSTALLED_APPS: its handler runs first
        post_migrate.connect(make_roles, sender=self, dispatch_uid="labelapp.roles")
        post_migrate.connect(keep_search_index, sender=self, dispatch_uid="labelapp.search")
