"""How far apart colours look: CIEDE2000, also as people see them who lack one of the three kinds of cones. Pure functions.

The simulation is that of Machado, Oliveira and Fernandes (2009) at full severity, on linear light.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt

from labelapp.whatsapp.palette import PALETTE

Triple = tuple[float, float, float]
Matrix = tuple[Triple, Triple, Triple]
REDS = (0, 13)  # Coral and Red: for what is urgent
CLOSE = 10.0  # less than that apart: chips of these colours are mixed up at a glance
CLOSE_BLIND = 6.0  # the simulation exaggerates, as most people lack no cones but have weak ones
WHITE = (0.95047, 1.0, 1.08883)  # D65
TO_XYZ: Matrix = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
EYES: dict[str, Matrix] = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two colours of the palette (indexes) that are mixed up, by which eyes, and how far apart they look to these."""

    one: int
    other: int
    eyes: str
    distance: float


def distance(one: str, other: str, eyes: str = "normal") -> float:
    """How different two colours ("#rrggbb") look; 1 is just noticed side by side."""
    return ciede2000(_lab(one, eyes), _lab(other, eyes))


@cache
def likeness(one: int, other: int) -> Likeness | None:
    """Whether two colours of the palette are mixed up: by everybody first, else by the eyes that tell them apart least."""
    if one == other:
        return Likeness(one, other, "normal", 0.0)
    apart = {eyes: distance(PALETTE[one], PALETTE[other], eyes) for eyes in EYES}
    if apart["normal"] < CLOSE:
        return Likeness(one, other, "normal", apart["normal"])
    eyes = min(apart, key=lambda each: apart[each])
    return Likeness(one, other, eyes, apart[eyes]) if apart[eyes] < CLOSE_BLIND else None


@cache
def alike() -> tuple[Likeness, ...]:
    """All pairs of the palette that are mixed up, the lower index first."""
    pairs = (likeness(one, other) for one, other in combinations(range(len(PALETTE)), 2))
    return tuple(found for found in pairs if found)


@cache
def confusable() -> dict[int, frozenset[int]]:
    """Colour -> the others that somebody takes for it."""
    every = range(len(PALETTE))
    return {one: frozenset(other for other in every if other != one and likeness(one, other)) for one in every}


def offered_to(*, urgent: bool) -> list[int]:
    """The colours that a label may be advised: red only to one that is in the order by urgency."""
    return [color for color in range(len(PALETTE)) if urgent or color not in REDS]


def clear_of(used: Collection[int], *, but: Collection[int] = (), urgent: bool = False) -> list[int]:
    """The colours for a label that nobody mixes up with those in use, farthest from them first; without those of `but`."""
    offered = [color for color in offered_to(urgent=urgent) if color not in but]
    clear = [color for color in offered if not any(likeness(color, n) for n in used)]
    return sorted(clear, key=lambda color: -min((_nearest(color, other) for other in used), default=0.0))


@cache
def _nearest(one: int, other: int) -> float:
    return min(distance(PALETTE[one], PALETTE[other], eyes) for eyes in EYES)


def _lab(color: str, eyes: str) -> Triple:
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    light = tuple(each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels)
    seen = tuple(min(1.0, max(0.0, each)) for each in _times(EYES[eyes], (light[0], light[1], light[2])))
    xyz = _times(TO_XYZ, (seen[0], seen[1], seen[2]))
    x, y, z = (_bent(each / white) for each, white in zip(xyz, WHITE, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _times(matrix: Matrix, vector: Triple) -> Triple:
    x, y, z = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
    return x, y, z


def _bent(share: float) -> float:
    return share ** (1 / 3) if share > 216 / 24389 else (24389 / 27 * share + 16) / 116


def ciede2000(one: Triple, other: Triple) -> float:
    """The difference of two CIELAB colours, as Sharma, Wu and Dalal (2005) tell how to compute it."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (hypot(a1, b1) + hypot(a2, b2)) / 2
    stretch = 1 + (1 - sqrt(mean**7 / (mean**7 + 25**7))) / 2
    c1, c2 = hypot(a1 * stretch, b1), hypot(a2 * stretch, b2)
    h1, h2 = degrees(atan2(b1, a1 * stretch)) % 360, degrees(atan2(b2, a2 * stretch)) % 360
    turn = 0.0 if not c1 * c2 else (h2 - h1 + 180) % 360 - 180
    hue = h1 + h2 if not c1 * c2 else _mean_hue(h1, h2)
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    t = 1 - 0.17 * cos(radians(hue - 30)) + 0.24 * cos(radians(2 * hue))
    t += 0.32 * cos(radians(3 * hue + 6)) - 0.20 * cos(radians(4 * hue - 63))
    s_l = 1 + 0.015 * (light - 50) ** 2 / sqrt(20 + (light - 50) ** 2)
    d_l, d_c = (l2 - l1) / s_l, (c2 - c1) / (1 + 0.045 * chroma)
    d_h = 2 * sqrt(c1 * c2) * sin(radians(turn / 2)) / (1 + 0.015 * chroma * t)
    bend = 2 * sqrt(chroma**7 / (chroma**7 + 25**7)) * sin(radians(60 * exp(-(((hue - 275) / 25) ** 2))))
    return sqrt(d_l**2 + d_c**2 + d_h**2 - bend * d_c * d_h)


def _mean_hue(one: float, other: float) -> float:
    if abs(one - other) <= 180:
        return (one + other) / 2
    return (one + other + 360) / 2 if one + other < 360 else (one + other - 360) / 2
