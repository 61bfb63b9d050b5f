"""How labels are spread over the chats of the world: few are on most chats, most on few, and some are there to be a nuisance."""

from dataclasses import dataclass

MEAN = 4.5  # labels on a chat, beside its stage
SLOPE = 1.2
MOST = 0.6  # no label is on more of the chats
STAGES = {"New lead": 0.2, "Quoted": 0.15, "Pending payment": 0.1, "Paid": 0.07, "Shipped": 0.05, "Closed": 0.03}
FEW = 20  # chats that carry a label of which there are next to none
OLD = 0.9  # from this age on: the oldest tenth
APART = 0.125  # of the chats without the most frequent label: 5 % of all


@dataclass(frozen=True, slots=True)
class Shape:
    """A number of the world: its label names, the most frequent first, and whether it has a funnel and the awkward labels."""

    slug: str
    topics: tuple[str, ...]
    is_whole: bool

    @property
    def names(self) -> list[str]:
        """All labels, in the order of WhatsApp's ids."""
        return [*STAGES, *self.topics, *AWKWARD] if self.is_whole else list(self.topics)


AWKWARD = ("few a", "few b", "old", "apart")
WIDE = Shape("wide", tuple(f"topic {n}" for n in range(1, 101)), is_whole=True)
NARROW = Shape("narrow", tuple(f"topic {n}" for n in range(1, 21)), is_whole=False)  # as many as WhatsApp allows


def shares(labels: int, mean: float = MEAN) -> list[float]:
    """On which share of the chats the label of each rank is: Zipf's law, with `mean` labels on a chat."""
    low, high = 0.0, float(labels) ** 2
    for _halving in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(_zipf(middle, labels)) < mean else (low, middle)
    return _zipf(low, labels)


def _zipf(first: float, labels: int) -> list[float]:
    return [min(MOST, first / rank**SLOPE) for rank in range(1, labels + 1)]
