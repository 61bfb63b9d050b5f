"""The one error of this layer, so that callers decide by its fields and not by what a library happened to raise."""

import re

GATEWAYS = frozenset({502, 504, *range(520, 525)})  # from 520 on Cloudflare's: unknown, down, time-outs, no way there

# A label's name is taken or too long. Neither provider says which rules names have: what else it refuses with 422 is about the name,
# unless it speaks of the slots or the colour (`Maximum 20 labels allowed`, `Invalid 'colorHex'`).
_NAME = re.compile(r"already exists|\bname\b|too long|length|characters", re.I)
_NOT_THE_NAME = re.compile(r"maximum|limit|colou?r", re.I)


class ProviderError(Exception):
    """A call to the provider failed, or its answer can't be used.

    message      the provider's own words on one line, at most 300 characters, never an address or a credential
    permanent    the same call will fail again; retrying is no use
    refused      the credentials (or the plan) are at fault, not the wish: nothing will pass until a person acts
    retry_after  seconds that the provider asked us to wait (at most 15 minutes), or None
    status       HTTP status, or None when no answer came
    unreachable  no usable answer came (no connection, timeout, reset, or a gateway's word that it got none)
    timed_out    the call may have acted although it failed
    asleep       the number is not connected to WhatsApp right now; the wish was not heard
    unsure       nothing was sent: the provider's lists contradict what is known, and may be right or wrong
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        refused: bool = False,
        retry_after: float | None = None,
        status: int | None = None,
        unreachable: bool = False,
        timed_out: bool = False,
        asleep: bool = False,
        unsure: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.refused = refused
        self.retry_after = retry_after
        self.status = status
        self.unreachable = unreachable
        self.timed_out = timed_out
        self.asleep = asleep
        self.unsure = unsure

    @property
    def busy(self) -> bool:
        """The call was not made, or turned away unheard by the provider or a gateway before it: too much at once, out of service."""
        return self.unsure or self.status in (429, 503)

    @property
    def by_gateway(self) -> bool:
        """A gateway answered for the server behind it, which may have done the thing, or may be down for long."""
        return self.status in GATEWAYS

    @property
    def keyless(self) -> bool:
        """The phone has not shared the keys that label changes need. Nothing passes until the number is linked again."""
        return "no app state keys" in self.message.lower()

    @property
    def about_name(self) -> bool:
        """Of a label that is made or changed: its name is refused, and another one may pass."""
        if not self.permanent or self.refused or self.keyless:
            return False
        return bool(_NAME.search(self.message)) or (self.status == 422 and not _NOT_THE_NAME.search(self.message))

    @property
    def gone(self) -> bool:
        """The thing asked for does not exist. A bare 404 does not say so: it may be a gateway's page or a lost session."""
        return self.permanent and self.status == 404
