from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labelapp.models import Instance
from labelapp.queries.checkup_work import check_work, check_workers
from labelapp.queries.metrics import NumberFigures


def levels(checks: Any) -> set[str]:
    return {check.level.value for check in checks}


def quiet(**more: Any) -> NumberFigures:
    return NumberFigures("demo", True, 1.0, 1.0, 60.0, 30.0, **more)


@pytest.mark.parametrize(("alive", "level"), [(0, "failure"), (1, "ok"), (3, "ok")])
def test_somebody_has_to_work(alive: int, level: str) -> None:
    assert check_workers(alive).level == level


@pytest.mark.parametrize(
    ("age", "level", "words"),
    [
        (30, "ok", "Nothing waits for long."),
        (90, "warning", "4 deliveries wait, the oldest for 2 min."),
        (900, "failure", "4 deliveries wait, the oldest for 15 min."),
    ],
)
def test_deliveries_that_wait(number: Instance, age: float, level: str, words: str) -> None:
    (found,) = check_work(number, quiet(deliveries_waiting=4, deliveries_age=age))
    assert (found.level, found.words, found.instance) == (level, words, "demo")


def test_changes_wait_without_blame_while_the_number_is_away(number: Instance) -> None:
    number.status = "FAILED"
    (found,) = check_work(number, quiet(pairs_open=2, pairs_age=7200.0))
    assert (found.level, found.words) == ("warning", "2 changes are on their way, the oldest for 2 h.")


def test_what_a_person_has_to_look_at(number: Instance) -> None:
    found = list(check_work(number, quiet(deliveries_parked=1, pairs_failed=2, findings=3, pairs_held=4)))
    assert levels(found) == {"warning"}
    assert [(check.code, check.words.split()[0]) for check in found] == [
        ("work.deliveries_parked", "1"),
        ("work.wishes_failed", "2"),
        ("work.findings", "3"),
        ("work.wishes_held", "4"),
    ]
    assert found[0].todo.endswith("/deliveries/?instance=demo.")
    assert found[3].todo.endswith("/chats/held/?instance=demo.")


def test_a_number_that_is_not_compared_or_asked(number: Instance, settings: Any) -> None:
    """Its engine tells nothing of labels, so it should have been compared every five minutes."""
    late = NumberFigures("demo", True, None, None, 2 * 3600.0, None)
    words = [check.words for check in check_work(number, late)]
    assert words == [
        "It was last compared with WhatsApp 2 h ago; it should be every 5 min.",
        "It was never asked for its chats.",
    ]
    Instance.objects.update(label_event_at=timezone.now(), last_event_at=timezone.now() - timedelta(seconds=1))
    number.refresh_from_db()
    assert levels(check_work(number, NumberFigures("demo", True, 1.0, 1.0, 2 * 3600.0, 60.0))) == {"ok"}


def test_a_comparison_that_failed_says_why(number: Instance) -> None:
    number.reconcile_error = "said:No such session"
    (found,) = check_work(number, quiet())
    words = "It could not be compared with WhatsApp: The provider says: No such session"
    assert (found.code, found.level, found.words) == ("work.compare_failed", "warning", words)


def test_a_comparison_that_left_something_out_names_it(number: Instance) -> None:
    number.reconcile_error = "part:VIP (Said 500)"
    (found,) = check_work(number, quiet())
    words = "Some labels or chats could not be read: VIP (Said 500)"
    assert (found.code, found.level, found.words) == ("work.compare_failed", "warning", words)


def test_an_import_that_stands_still(number: Instance) -> None:
    number.import_error = "silent:refused"
    (found,) = check_work(number, quiet())
    assert (found.level, found.words.startswith("The import stands still: ")) == ("failure", True)
