"""Headers that every answer carries. Async on both sides, so that no request costs a thread."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import async_only_middleware

Handler = Callable[[HttpRequest], Awaitable[HttpResponse]]


def _policy() -> str:
    product = urlsplit(settings.PRODUCT_URL)
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
        f"base-uri 'none'; frame-ancestors 'self'; form-action 'self' {product.scheme}://{product.netloc}"
    )


@async_only_middleware
def secure(get_response: Handler) -> Handler:
    fixed = {
        "Content-Security-Policy": _policy(),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
    }

    async def handle(request: HttpRequest) -> HttpResponse:
        try:
            request.get_host()
        except DisallowedHost:
            return HttpResponse(
                "This simulator answers on loopback names only.\n", status=400, content_type="text/plain"
            )
        response = await get_response(request)
        for name, value in fixed.items():
            response.headers.setdefault(name, value)
        return response

    return handle
