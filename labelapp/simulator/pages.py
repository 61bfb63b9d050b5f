"""The pages for people: the tour that `make demo` opens, the phone, and a shop. Their modules under static/ ask /sim/ for data."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from labelapp.simulator import numbers

# The demo people of the product: login, what the button says, its language, what this person may do.
ROLES: tuple[dict[str, str], ...] = (
    {"login": "agent", "name": "Salma, agent", "lang": "en", "does": "Reads and tags chats"},
    {"login": "agent2", "name": "Paulo, second agent", "lang": "en", "does": "A colleague at another desk"},
    {"login": "lead", "name": "Rui, lead", "lang": "en", "does": "Looks after the whole inbox"},
    {"login": "admin", "name": "Mona, admin", "lang": "en", "does": "Labels, numbers and people"},
    {"login": "agent_ar", "name": "هدى، باللغة العربية", "lang": "ar", "does": "The same inbox from right to left"},
)
PASSWORD = "demo"  # noqa: S105  these people exist in the demo only

# What a person would call WhatsApp's twenty colours, by index.
COLOR_NAMES = (
    "Salmon", "Sky blue", "Yellow", "Lilac", "Blue grey", "Teal", "Pink", "Ochre", "Indigo", "Lime",
    "Cyan", "Rose", "Sage", "Red", "Blue", "Green", "Orange", "Pale blue", "Periwinkle", "Purple",
)  # fmt: skip

TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOLDER: Path = settings.STATIC_DIR / "simulator"
FILES: dict[str, Path] = {path.name: path for path in FOLDER.iterdir() if path.suffix in TYPES}


async def demo(request: HttpRequest) -> HttpResponse:
    """What a person sees first: who to be, the phone, six things to try, and two more numbers."""
    return _page(request, "demo", roles=ROLES, password=PASSWORD)


async def phone(request: HttpRequest) -> HttpResponse:
    """The handset of a simulated number, `?instance=` of which. `?chat=<jid>` opens a chat."""
    chosen = request.GET.get("instance", numbers.FIRST)
    if chosen not in numbers.NUMBERS:
        raise Http404(chosen)
    number, others = numbers.NUMBERS[chosen], numbers.NUMBERS.values()
    keep = "" if chosen == numbers.FIRST else f"instance={chosen}&"
    return _page(request, "phone", colors=list(enumerate(COLOR_NAMES)), number=number, numbers=others, keep=keep)


async def shop(request: HttpRequest) -> HttpResponse:
    """A shop's open orders, each with a button for its payment."""
    return _page(request, "shop")


async def static(request: HttpRequest, name: str) -> HttpResponse:
    """The few files of the pages; read anew each time, so that an edit shows."""
    if name not in FILES:
        raise Http404(name)
    return HttpResponse(FILES[name].read_bytes(), content_type=f"{TYPES[FILES[name].suffix]}; charset=utf-8")


def _page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    return render(request, f"simulator/{name}.html", {"product": settings.PRODUCT_URL.rstrip("/"), **context})
