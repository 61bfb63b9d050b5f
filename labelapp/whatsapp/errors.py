"""The one error of this layer, so that callers decide by its fields and not by what a library happened to raise."""


class ProviderError(Exception):
    """A call to the provider failed, or its answer can't be used.

    message      the provider's own words on one line, at most 300 characters, never an address or a credential
    permanent    the same call will fail again; retrying is no use
    refused      the credentials (or the plan) are at fault, not the wish: nothing will pass until a person acts
    retry_after  seconds that the provider asked us to wait, or None
    status       HTTP status, or None when no answer came
    unreachable  no usable answer came (no connection, timeout, reset)
    timed_out    the call may have acted although it failed
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
    ) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.refused = refused
        self.retry_after = retry_after
        self.status = status
        self.unreachable = unreachable
        self.timed_out = timed_out

    @property
    def busy(self) -> bool:
        """The provider, or a gateway before it, turned the call away unheard: too much at once, or out of service."""
        return self.status in (429, 503)

    @property
    def gone(self) -> bool:
        """The thing asked for does not exist. A bare 404 does not say so: it may be a gateway's page or a lost session."""
        return self.permanent and self.status == 404
