import pytest
from django.utils import translation

from labelapp.models.reasons import Reason, sentence


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_is_a_sentence_in_every_language(reason: Reason) -> None:
    stored = reason("slow down: wait")
    assert sentence(stored) != stored
    with translation.override("ar"):
        arabic = sentence(stored)
    assert arabic != sentence(stored)


def test_the_providers_words_are_kept() -> None:
    assert sentence(Reason.SAID("Use: a business account")) == "The provider says: Use: a business account"
    assert len(Reason.SAID("x" * 999)) == 300


def test_a_text_of_unknown_form_is_shown_as_it_is() -> None:
    assert [sentence(text) for text in ("", "plain", "odd: text", "100 % odd")] == [
        "",
        "plain",
        "odd: text",
        "100 % odd",
    ]
