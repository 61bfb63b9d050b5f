"""What a run is told."""

import pytest

from tests.chaos.options import NAMES, Options


@pytest.fixture(autouse=True)
def _nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_the_provider_is_chosen_by_its_dialect(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Options.of_environment() == Options()
    monkeypatch.setenv("DIALECT", "waha")
    assert Options.of_environment().dialect == "waha"


def test_a_dialect_that_there_is_not_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALECT", "telegram")
    with pytest.raises(ValueError, match="DIALECT takes wawp or waha"):
        Options.of_environment()
