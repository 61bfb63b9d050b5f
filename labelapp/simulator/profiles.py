"""What WAHA's engines do differently: who emits what, what a row holds, how old a reading may be (provider contract 3, 7)."""

from dataclasses import dataclass

LABEL_EVENTS = frozenset({"label.upsert", "label.deleted", "label.chat.added", "label.chat.deleted"})
ARCHIVED = "chat.archive"


@dataclass(frozen=True, slots=True)
class Profile:
    """`echo`: whether a change by API comes back as an event. `stale_ms`: how old what is read of labels is."""

    engine: str
    silent: frozenset[str]
    echo: str
    label_given: bool = False
    stale_ms: int = 0

    def emits(self, event: str, dialect: str) -> bool:
        """Wawp's event list has chat.archive without naming an engine; WAHA's matrix has it on WEBJS only."""
        return event not in self.silent or (event == ARCHIVED and dialect == "wawp")


PROFILES = {
    one.engine: one
    for one in (
        Profile("GOWS", frozenset({ARCHIVED}), echo="after"),
        # Baileys fires nothing for what the API changed, and reads lag behind its writes.
        Profile("NOWEB", frozenset({ARCHIVED}), echo="none", label_given=True, stale_ms=1500),
        Profile("WEBJS", LABEL_EVENTS, echo="none"),
    )
}
