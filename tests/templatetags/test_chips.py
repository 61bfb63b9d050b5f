"""What a chip says of its state, and that nothing in a label's name is taken for HTML."""

import pytest
from django.utils import translation

from labelapp.queries.directory import Tag
from labelapp.templatetags.chips import _chip, chip_html, swatch, tag_name

VIP = Tag(pk=7, wa_id="31", name="VIP", color="c3")
QUOTED = Tag(pk=2, wa_id="2", name="Quoted", color="c2", exclusive=True, stage=2, stages=6)
NASTY = "<script>\"&'</script>"


def classes(html: str) -> set[str]:
    return set(html.split('class="', 1)[1].split('"', 1)[0].split())


@pytest.mark.parametrize(
    ("state", "wanted", "expected"),
    [
        ("confirmed", True, {"chip", "c3"}),
        ("pending", True, {"chip", "c3", "pending"}),
        ("sent", True, {"chip", "c3", "pending"}),
        ("sent", False, {"chip", "c3", "pending", "leaving"}),
        ("held", True, {"chip", "c3", "pending"}),
        ("held", False, {"chip", "c3", "pending", "leaving"}),
        ("failed", True, {"chip", "c3", "failed"}),
        ("failed", False, {"chip", "c3", "failed", "leaving"}),
    ],
)
def test_only_a_confirmed_chip_is_filled(state: str, wanted: bool, expected: set[str]) -> None:
    html = chip_html(VIP, state, wanted)
    assert classes(html) == expected
    assert f'data-label="31" data-pk="7" data-state="{state}" data-wanted="{"on" if wanted else "off"}"' in html


def test_a_failed_removal_says_that_the_label_is_still_there() -> None:
    html = chip_html(VIP, "failed", False, "The provider says: no")
    assert 'title="VIP is still on WhatsApp. The provider says: no"' in html
    assert "still on WhatsApp</span>" in html


@pytest.mark.parametrize(
    ("wanted", "title", "said"),
    [
        (True, "Waits for your word: VIP is to be put on.", ", waits for your word"),
        (False, "Waits for your word: VIP is to come off.", ", coming off, waits for your word"),
    ],
)
def test_an_old_wish_says_that_it_waits_for_a_person(wanted: bool, title: str, said: str) -> None:
    html = chip_html(VIP, "held", wanted)
    assert (f'title="{title}"' in html, f'<span class="vh">{said}</span>' in html) == (True, True)
    assert ("#pause" in html, "#clock" in html, "#minus" in html) == (True, False, False)


def test_a_stage_is_round_with_its_pie_and_a_free_label_has_none() -> None:
    assert "stage" in classes(chip_html(QUOTED))
    assert "#pie-4" in chip_html(QUOTED)
    assert "#pie" not in chip_html(VIP)


def test_the_last_stage_is_a_full_pie_and_the_first_never_an_empty_one() -> None:
    assert '#pie-12"' in chip_html(QUOTED._replace(stage=6))
    assert '#pie-1"' in chip_html(QUOTED._replace(stage=1, stages=20))
    assert '#pie-11"' in chip_html(QUOTED._replace(stage=19, stages=20))


def test_an_unknown_label_says_so_and_is_a_ghost() -> None:
    ghost = VIP._replace(name="", ghost=True, color="cx")
    assert tag_name(ghost) == "Unknown label #31"
    assert 'data-state="ghost"' in chip_html(ghost)
    assert "ghost" in classes(chip_html(ghost))


def test_a_name_is_text() -> None:
    html = chip_html(VIP._replace(name=NASTY, wa_id='"><b>'), error=NASTY, state="failed")
    assert "<script>" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;&quot;&amp;&#x27;&lt;/script&gt;" in html


def test_each_language_has_its_own_chip() -> None:
    english = chip_html(VIP, "pending")
    made = _chip.cache_info().misses
    with translation.override("ar"):
        chip_html(VIP, "pending")
    assert _chip.cache_info().misses == made + 1
    assert chip_html(VIP, "pending") is english


def test_the_same_chip_is_made_once() -> None:
    assert chip_html(VIP) is chip_html(VIP._replace())
    assert chip_html(VIP) != chip_html(VIP._replace(name="Very important"))


def test_swatches_have_the_shape_of_their_chip() -> None:
    assert swatch(VIP) == '<i class="sw c3"></i>'
    assert 'stroke-dasharray="2 6"' in swatch(QUOTED)
