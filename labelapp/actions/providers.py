"""From an instance to a client of its provider, and from its errors to sentences."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from labelapp.actions.actor import Refused
from labelapp.models import Instance
from labelapp.models.reasons import Reason, sentence
from labelapp.whatsapp.errors import ProviderError
from labelapp.whatsapp.provider import Provider, connect


class Unavailable(Refused):
    """The provider could not be asked."""

    status = 503


class ProviderRefused(Refused):
    """The provider said no; the message holds its own words. `about_name`: it does not like the name that was sent."""

    status = 422

    def __init__(self, message: Any, *, about_name: bool = False) -> None:
        super().__init__(message)
        self.about_name = about_name


def client_for(instance: Instance, *, seconds: float | None = None) -> Provider:
    """A client for the instance; close it after use. An answer may take `seconds`, PROVIDER_SECONDS by default.

    Raises Unavailable when the stored token can't be read any more.
    """
    if instance.locked or not instance.credentials:
        raise Unavailable(_("The access token of this number can't be read. An admin has to enter it again."))
    try:
        return connect(
            instance.provider,
            base_url=instance.base_url,
            instance_id=instance.instance_id,
            token=instance.credentials,
            allow_private=instance.allow_private,
            options=instance.options,
            transport=getattr(settings, "PROVIDER_TRANSPORT", None),
            seconds=settings.PROVIDER_SECONDS if seconds is None else seconds,
        )
    except ValueError as error:
        raise Unavailable(str(error)) from error


def reason(error: ProviderError) -> str:
    """The error as a stored reason: that the provider was silent, lacks keys, refused the token, or its own words."""
    if error.unreachable:
        return Reason.SILENT(error.message)
    if error.keyless:
        return Reason.KEYS(error.message)
    return (Reason.TOKEN if error.refused else Reason.SAID)(error.message)


def refusal(error: ProviderError) -> Refused:
    """The error of a provider as the refusal of an action."""
    words = sentence(reason(error))
    if error.unreachable or not error.permanent:
        return Unavailable(words)
    return ProviderRefused(words, about_name=error.about_name)
