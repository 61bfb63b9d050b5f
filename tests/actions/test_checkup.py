"""What the doctor learns by asking: the far side is on the other side of the wire."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labelapp.actions import asking
from labelapp.actions.checkup import examine
from labelapp.actions.heartbeats import beat
from labelapp.actions.hooks import HOOK_EVENTS, hook_address
from labelapp.models import Instance, Label
from labelapp.models.fields import NEVER, Locked
from labelapp.queries.checkup import Check
from tests.conftest import make_number
from tests.wire import FarSide, far

__all__ = ["far"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def side(far: FarSide, number: Instance, labels: dict[str, Label], settings: Any) -> FarSide:
    """A number that is well: connected, compared, asked, with a hook that posts."""
    settings.PUBLIC_URL = "https://labels.example.com"
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    far.hooks = [{"url": hook_address(number), "events": list(HOOK_EVENTS), "is_active": 1}]
    now = timezone.now()
    Instance.objects.update(
        reconciled_at=now, polled_at=now, last_event_at=now, label_event_at=now, hmac_key="", hook_registered_at=now
    )
    beat("here:1")
    return far


def about(area: str, slug: str = "") -> list[Check]:
    return [check for check in examine(slug) if check.area == area]


def told(area: str) -> list[tuple[str, str]]:
    return [(check.level.value, check.words) for check in about(area)]


def test_a_number_that_is_well(side: FarSide) -> None:
    assert told("provider") == [
        ("ok", "The token is accepted and the session is WORKING."),
        ("ok", "The directory can be read: 5 labels."),
    ]
    assert told("work") == [("ok", "1 worker alive."), ("ok", "Nothing waits for long.")]
    first, last = (words for level, words in told("hooks") if level == "ok")
    assert first == "The provider posts to the address of this number."
    assert re.fullmatch(r"The last delivery came \d+ s ago\.", last)


def test_nothing_is_changed_by_looking(side: FarSide) -> None:
    before = Instance.objects.values().get()
    list(examine())
    assert Instance.objects.values().get() == before
    assert [call.split()[1] for call in side.calls] == ["/session/info", "/labels", "/session/webhook"]


def test_a_refused_token(side: FarSide) -> None:
    side.status = 401
    (found,) = about("provider")
    assert (found.code, found.level) == ("provider.refused", "failure")
    assert found.words == "The provider refuses the access token: Said 401"
    assert found.todo == "Enter the token again on https://labels.example.com/settings/numbers/demo/."


def test_a_provider_that_does_not_answer(side: FarSide) -> None:
    side.down = True
    (found,) = about("provider")
    assert (found.code, "does not answer" in found.words) == ("provider.unreachable", True)


def test_a_token_that_can_not_be_read_any_more(side: FarSide, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = ["MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDI="]
    (found,) = about("provider")
    assert found.level == "failure"
    assert "enter it again" in found.words


def test_a_session_that_is_not_connected(side: FarSide) -> None:
    side.session["status"] = "SCAN_QR_CODE"
    assert ("failure", "The session is SCAN_QR_CODE, not WORKING.") in told("provider")


def test_another_account_answers(side: FarSide) -> None:
    side.session["me"]["id"] = "201999999999@c.us"
    assert ("failure", "Another WhatsApp account answers than the known one.") in told("provider")
    assert not Instance.objects.get().is_frozen


def test_a_frozen_number(side: FarSide) -> None:
    Instance.objects.update(frozen_at=timezone.now())
    assert told("provider")[0] == ("failure", "Another WhatsApp account answered: nothing is sent or taken over.")


def test_an_empty_directory_is_no_proof(side: FarSide) -> None:
    side.labels = {}
    assert ("warning", "Its label directory is empty, although 5 labels are known.") in told("provider")


@pytest.mark.parametrize(
    ("hook", "words"),
    [
        (None, "The provider does not know the address of this number."),
        (
            {"url": "https://labels.example.com/hooks/demo/old/"},
            "The provider posts to an address with another secret.",
        ),
        (
            {"url": "https://labels.example.com/hooks/demo2/theirs/"},
            "The provider does not know the address of this number.",
        ),
        ({"is_active": 0}, "The provider does not know the address of this number."),
        ({"events": ["message.any"]}, "The provider does not post chat.archive, label."),
    ],
)
def test_hooks_that_do_not_come_here(side: FarSide, hook: dict[str, Any] | None, words: str) -> None:
    side.hooks = [] if hook is None else [side.hooks[0] | hook]
    found = about("hooks")[0]
    assert (found.level, found.words[: len(words)]) == ("warning", words)


def test_a_provider_that_does_not_tell_its_hooks(side: FarSide) -> None:
    side.status_of = {"GET /session/webhook": 403}
    assert about("hooks")[0].level == "warning"


def test_silence_is_told_with_its_length(side: FarSide) -> None:
    Instance.objects.update(
        last_event_at=timezone.now() - timedelta(hours=3), hook_registered_at=timezone.now() - timedelta(days=1)
    )
    assert ("warning", "The last delivery came 3 h ago. No event for 3 h, although the number is connected.") in told(
        "hooks"
    )


def test_an_engine_that_sends_no_label_events_is_told_as_one(side: FarSide) -> None:
    Instance.objects.update(label_event_at=NEVER)
    assert [check.code for check in about("hooks")][-1] == "hooks.heard"  # nobody may have touched a label yet
    side.session["engine"] = "WEBJS"
    found = about("hooks")[-1]
    assert (found.code, found.level) == ("hooks.no_label_events", "warning")
    assert "This number's engine sends no label events; polling every 5 min." in found.words


def test_secrets_of_the_hook_that_can_not_be_read(side: FarSide) -> None:
    number = Instance.objects.get()
    number.hook_secret = Locked("gibberish")
    number.save(update_fields=["hook_secret"])
    assert told("hooks") == [
        ("failure", "The secrets of its hook can't be read any more: nothing it posts is accepted.")
    ]


def test_unsigned_deliveries_are_a_warning_in_the_world(side: FarSide) -> None:
    assert ("warning", "Deliveries are not signed.") in told("hooks")
    Instance.objects.update(hmac_key="a-key")
    assert ("warning", "Deliveries are not signed.") not in told("hooks")


def test_one_number_alone(side: FarSide) -> None:
    make_number("other")
    assert {check.instance for check in examine()} == {"", "demo", "other"}
    assert {check.instance for check in examine("demo")} == {"", "demo"}


def test_without_a_number_it_says_how_to_connect_one(db: None) -> None:
    assert told("provider") == [("warning", "No number is connected.")]


def test_no_secret_and_no_customer_is_told(side: FarSide) -> None:
    side.hooks = []
    number = Instance.objects.get()
    text = "".join(check.words + check.todo for check in examine())
    assert not any(secret in text for secret in (number.credentials, number.hook_secret, "Chat 1"))


def test_a_provider_that_hangs_does_not_hang_the_doctor(side: FarSide, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "SECONDS", 0.2)
    side.delay = 1.0
    assert told("provider") == [("failure", "The provider took longer than 0.2 s.")]


def test_keys_that_are_none_leave_the_numbers_out(side: FarSide, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = ["no-key"]
    found = list(examine())
    assert ("failure", "Number 1 of ENCRYPTION_KEYS is no key.") in [(check.level, check.words) for check in found]
    assert side.calls == []


@pytest.mark.parametrize("many", [1, 6])
def test_any_number_of_numbers_costs_the_same_queries(side: FarSide, many: int) -> None:
    for n in range(many):
        make_number(f"n{n}")
    with CaptureQueriesContext(connection) as before:
        found = list(examine())
    assert len({check.instance for check in found}) == many + 2
    own = [row["sql"] for row in before if "labelapp_" in row["sql"]]
    assert len(own) == 10, own  # three more for each AT_ONCE numbers
