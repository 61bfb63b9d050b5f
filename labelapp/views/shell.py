"""What every page's frame needs."""

from django.conf import settings
from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, object]:
    """Context of base.html. Costs no query: pages that show numbers pass them themselves."""
    return {"DEMO": settings.DEMO}
