"""Connected WhatsApp numbers."""

from datetime import datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.crypto import constant_time_compare, get_random_string
from django.utils.translation import gettext_lazy as _

from labelapp.models.fields import EncryptedTextField, Locked, never
from labelapp.models.people import User
from labelapp.models.reasons import Reason, sentence

SEES_ALL = "labelapp.manage_instances"
ALL = "all"  # in addresses, in the place of a short name: every number that the person may see


def new_secret() -> str:
    """An unguessable part of a hook address (about 190 bits)."""
    return get_random_string(32)


def _as_written(jid: str) -> str:
    digits = jid.partition("@")[0]
    return f"+{digits}" if digits.isdigit() and not jid.endswith("@lid") else ""


class OpenTo(models.Func):
    """Whether a number names this person (None: somebody without a key), or nobody at all. `instance`: the path to the number's key.

    SQL as it is, because nearly every request asks for it: to put it together from two subqueries takes as long as the rest of a query.
    """

    template = (
        "COALESCE((SELECT MAX(CASE WHEN named.user_id = %(user)d THEN 1 ELSE 0 END) FROM labelapp_instance_people named"
        " WHERE named.instance_id = %(expressions)s), 1) = 1"
    )
    output_field = models.BooleanField()

    def __init__(self, instance: str, user: int | None) -> None:
        super().__init__(models.F(instance), user=user or 0)


def seen_by(user: User, instance: str) -> models.Q:
    """Rows of the numbers that this person may see, as `visible_to` has it. `instance`: the path from the row to its number."""
    connected = models.Q((f"{instance}__removed_at", None))
    return connected if user.has_perm(SEES_ALL) else connected & models.Q(OpenTo(instance, user.pk))


class InstanceQuerySet(models.QuerySet["Instance"]):
    def connected(self) -> "InstanceQuerySet":
        """Instances that were not removed."""
        return self.filter(removed_at=None)

    def ready(self) -> "InstanceQuerySet":
        """Instances for which `is_ready` holds."""
        return self.filter(status__in=["", "WORKING"], frozen_at=None, session_due_at=None)

    def visible_to(self, user: User) -> "InstanceQuerySet":
        """Instances that this person may see: those that name nobody, those that name them, all for people who manage instances."""
        return self.connected().open_to(user)

    def open_to(self, user: User) -> "InstanceQuerySet":
        """As `visible_to`, and those that were removed since."""
        return self.all() if user.has_perm(SEES_ALL) else self.filter(OpenTo("pk", user.pk))


class Instance(models.Model):
    """One WhatsApp number at a provider. Never row-deleted: `removed_at` hides it."""

    class Provider(models.TextChoices):
        WAWP = "wawp", "Wawp"
        WAHA = "waha", "WAHA"

    class ImportStage(models.TextChoices):
        WAITING = "waiting", _("Waiting to start")
        LABELS = "labels", _("Reading labels")
        CHATS = "chats", _("Reading chats")
        ASSIGNMENTS = "assignments", _("Reading who has which label")
        DONE = "done", _("Done")

    slug = models.SlugField(_("short name"), unique=True, max_length=40)
    name = models.CharField(_("name"), max_length=80)
    provider = models.CharField(_("provider"), max_length=16, choices=Provider.choices, default=Provider.WAWP)
    base_url = models.URLField(_("address of the API"), max_length=200)
    instance_id = models.CharField(_("instance id"), max_length=80)
    credentials = EncryptedTextField(_("access token"))
    options = models.JSONField(default=dict, blank=True)  # of the provider's client, e.g. where the credentials go
    hook_secret = EncryptedTextField(default=new_secret)
    old_hook_secret = EncryptedTextField(blank=True, default="")
    rotated_at = models.DateTimeField(default=never)
    hmac_key = EncryptedTextField(blank=True, default="")
    hook_registered_at = models.DateTimeField(null=True, blank=True)
    allow_private = models.BooleanField(_("may be on a private network"), default=False)
    people = models.ManyToManyField(User, blank=True, related_name="instances", verbose_name=_("people"))
    pace = models.FloatField(_("changes a second"), default=settings.PUSH_PACE)
    quiet_from = models.TimeField(_("no runs from"), null=True, blank=True)  # in the site's zone; both or none
    quiet_until = models.TimeField(_("no runs until"), null=True, blank=True)

    status = models.CharField(max_length=40, blank=True, default="")  # the provider's own word, e.g. WORKING
    status_at = models.DateTimeField(default=never)  # the newest word about it
    status_since = models.DateTimeField(default=never)  # the first word of the present status
    session_due_at = models.DateTimeField(null=True, blank=True)  # ask who answers before anything else is sent
    trouble = models.CharField(max_length=300, blank=True, default="")  # why the last call failed, "" when it did not
    trouble_at = models.DateTimeField(null=True, blank=True)
    me_jid = models.CharField(max_length=80, blank=True, default="")
    me_name = models.CharField(max_length=200, blank=True, default="")
    import_stage = models.CharField(max_length=16, choices=ImportStage.choices, default=ImportStage.WAITING)
    import_cursor = models.PositiveIntegerField(default=0)  # where the stage goes on after a crash
    import_done = models.PositiveIntegerField(default=0)
    import_total = models.PositiveIntegerField(default=0)  # 0 = not known
    import_error = models.CharField(max_length=300, blank=True, default="")
    imported_at = models.DateTimeField(null=True, blank=True)
    import_due_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    directory_due_at = models.DateTimeField(
        null=True, blank=True
    )  # the label directory should be read again from then on
    last_event_at = models.DateTimeField(default=never)
    label_event_at = models.DateTimeField(default=never)  # the last event about labels: some engines send none
    polled_at = models.DateTimeField(default=never)  # the overview was last read then
    poll_due_at = models.DateTimeField(null=True, blank=True)
    reconciled_at = models.DateTimeField(default=never)  # the last whole cycle began then
    caught_up_at = models.DateTimeField(default=never)  # all that happened while it was away has been found
    misreads = models.PositiveIntegerField(default=0)  # opened chats whose labels could not be read again
    reconcile_due_at = models.DateTimeField(null=True, blank=True)
    reconcile_started_at = models.DateTimeField(null=True, blank=True)  # a cycle is running since
    reconcile_done = models.PositiveIntegerField(default=0)
    reconcile_total = models.PositiveIntegerField(default=0)  # lists to read in the running cycle
    reconcile_error = models.CharField(max_length=300, blank=True, default="")
    frozen_at = models.DateTimeField(null=True, blank=True)  # another account answered: an admin has to decide
    rival_jid = models.CharField(max_length=80, blank=True, default="")  # that account
    past_jids = models.JSONField(default=list, blank=True)  # accounts that once answered and are not the number's
    rival_name = models.CharField(max_length=200, blank=True, default="")
    kept_at = models.DateTimeField(null=True, blank=True)  # an admin decided to wait for the known account
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = InstanceQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name", "pk"]
        verbose_name = _("number")
        verbose_name_plural = _("numbers")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["provider", "base_url", "instance_id"],
                condition=models.Q(removed_at=None),
                name="instance_once",
            ),
            models.CheckConstraint(condition=models.Q(pace__gt=0), name="instance_pace_positive"),
        ]
        permissions: ClassVar = [
            ("apply_labels", _("Apply labels")),
            ("run_bulk", _("Run bulk changes")),
            ("manage_labels", _("Manage labels")),
            ("manage_rules", _("Manage rules")),
            ("see_operations", _("See operations")),
            ("manage_instances", _("Manage instances")),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def locked(self) -> bool:
        """True when the stored token can't be decrypted any more: an admin has to enter it again."""
        return isinstance(self.credentials, Locked)

    @property
    def is_working(self) -> bool:
        """False only when the provider said that the number is not connected."""
        return self.status in ("", "WORKING")

    @property
    def is_frozen(self) -> bool:
        """Whether another account answered under this number: nothing is sent or taken over until an admin decides."""
        return self.frozen_at is not None

    @property
    def is_ready(self) -> bool:
        """Whether labels may be sent and taken over now: connected, and it is known that the same account answers."""
        return self.is_working and not self.is_frozen and self.session_due_at is None

    def is_quiet(self, moment: datetime) -> bool:
        """Whether runs rest at this moment. A quiet time may go over midnight."""
        if self.quiet_from is None or self.quiet_until is None:
            return False
        now = timezone.localtime(moment, ZoneInfo(settings.TIME_ZONE)).time()
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= now < self.quiet_until
        return now >= self.quiet_from or now < self.quiet_until

    @property
    def reason(self) -> str:
        """Why the last call failed, as a sentence in the active language; "" when it did not."""
        return sentence(self.trouble) if self.trouble else ""

    @property
    def is_compared_in_part(self) -> bool:
        """Whether the last comparison came to its end although something could not be read; `reconcile_error` names it."""
        return self.reconcile_error.startswith(Reason.PART())

    @property
    def import_reason(self) -> str:
        """Why the import does not go on, as a sentence in the active language; "" when it does."""
        return sentence(self.import_error) if self.import_error else ""

    @property
    def phone(self) -> str:
        """The number as people write it, "" when not known."""
        return _as_written(self.me_jid)

    @property
    def rival_phone(self) -> str:
        """The number of the account that answered instead, "" when not known."""
        return _as_written(self.rival_jid)

    def accepts_secret(self, secret: str) -> bool:
        """Whether a hook address with this secret is ours: the present one, or the one before for a day after a rotation."""
        if self.hook_secret and constant_time_compare(secret, self.hook_secret):
            return True
        fresh = timezone.now() - self.rotated_at < timedelta(hours=settings.OLD_SECRET_HOURS)
        return bool(self.old_hook_secret) and fresh and constant_time_compare(secret, self.old_hook_secret)
