"""The phone and the guided demo. The pages hold almost no data: their modules under static/ ask /sim/ for it."""

from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

ROLES = [
    ("agent", "Agent"),
    ("agent2", "Second agent"),
    ("lead", "Lead"),
    ("admin", "Admin"),
    ("agent_ar", "Agent, in Arabic"),
]
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FILES: dict[str, Path] = {path.name: path for path in settings.STATIC_DIR.iterdir() if path.suffix in TYPES}


async def demo(request: HttpRequest) -> HttpResponse:
    facts = {"product": settings.PRODUCT_URL.rstrip("/"), "roles": ROLES, "colors": range(20)}
    return render(request, "simulator/demo.html", facts)


async def phone(request: HttpRequest) -> HttpResponse:
    return render(request, "simulator/phone.html", {"colors": range(20)})


async def static(request: HttpRequest, name: str) -> HttpResponse:
    """The few files of the package; read anew each time, so that an edit shows."""
    if name not in FILES:
        raise Http404(name)
    return HttpResponse(FILES[name].read_bytes(), content_type=f"{TYPES[FILES[name].suffix]}; charset=utf-8")
