"""The other side of the wire: answers what a test prepared and remembers what it was asked."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from labelapp.whatsapp.wawp import Wawp

TOKEN = "tok-5f2e9c/secret+token"
INSTANCE = "inst-77aa88bb"


class FarEnd:
    """Answers in turn, the last one again and again. An answer is JSON, bytes, a ready response, or an exception."""

    def __init__(self, *answers: object, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self.answers, self.status, self.headers = list(answers), status, headers
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return answer
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return httpx.Response(self.status, content=body, headers=self.headers)

    @property
    def line(self) -> str:
        """Method and path of the last request, as on the wire."""
        request = self.requests[-1]
        return f"{request.method} {request.url.raw_path.decode().partition('?')[0]}"

    @property
    def query(self) -> dict[str, str]:
        return dict(self.requests[-1].url.params)

    @property
    def body(self) -> Any:
        content = self.requests[-1].content
        return json.loads(content) if content else None


def client(far_end: FarEnd, **options: str) -> Wawp:
    return Wawp(
        base_url="https://api.wawp.example",
        instance_id=INSTANCE,
        token=TOKEN,
        options=options,
        transport=httpx.MockTransport(far_end),
    )
