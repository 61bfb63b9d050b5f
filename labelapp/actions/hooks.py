"""Where a number's provider posts to: the address, its secret, the key of signatures. Only for people who manage instances."""

from contextlib import closing

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Actor, Refused
from labelapp.actions.providers import client_for, refusal
from labelapp.models import Instance
from labelapp.models.instances import new_secret
from labelapp.whatsapp.errors import ProviderError

PERMISSION = "manage_instances"
# message.any holds what comes in and what goes out; `message` as well would deliver every incoming one twice
HOOK_EVENTS = (
    "label.upsert",
    "label.deleted",
    "label.chat.added",
    "label.chat.deleted",
    "message.any",
    "session.status",
    "chat.archive",
)


def rotate_secret(actor: Actor, number: Instance) -> Instance:
    """Make a new hook address. The one before is accepted for OLD_SECRET_HOURS more, any older one no longer."""
    actor.must(PERMISSION)
    number.old_hook_secret, number.hook_secret = number.hook_secret, new_secret()
    number.rotated_at, number.hook_registered_at = timezone.now(), None
    number.save(update_fields=["old_hook_secret", "hook_secret", "rotated_at", "hook_registered_at"])
    return number


def set_hmac_key(actor: Actor, number: Instance, key: str) -> Instance:
    """Demand signed deliveries from now on; "" stops demanding it. The provider has to be told as well."""
    actor.must(PERMISSION)
    number.hmac_key, number.hook_registered_at = key, None
    number.save(update_fields=["hmac_key", "hook_registered_at"])
    return number


def hook_address(number: Instance) -> str:
    """Where the provider has to post to; "" when the stored secret can't be read. A secret: for managers of instances only."""
    return _address(number, number.hook_secret)


def _address(number: Instance, secret: str) -> str:
    if not secret:
        return ""
    return str(settings.PUBLIC_URL) + reverse("hooks.receive", args=[number.slug, secret])


def register_hook(actor: Actor, number: Instance) -> Instance:
    """Have the provider post to our address. Refused with its own words: some plans have no hooks. Safe to repeat."""
    actor.must(PERMISSION)
    address = hook_address(number)
    if not address:
        raise Refused(_("The secret of the address can't be read any more. Change it first."))
    with closing(client_for(number)) as client:
        try:
            client.register_hook(
                address, HOOK_EVENTS, number.hmac_key, replaces=_address(number, number.old_hook_secret)
            )
        except ProviderError as error:
            raise refusal(error) from error
    number.hook_registered_at = timezone.now()
    number.save(update_fields=["hook_registered_at"])
    return number
