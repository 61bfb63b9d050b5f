"""The pieces of the label directory's page."""

from labelapp.forms.labels import LabelForm
from labelapp.models import Instance, Label
from labelapp.queries.directory import Tag
from labelapp.queries.labels import Directory, LabelRow, LabelSection
from labelapp.templatetags.labels import placed, preview

QUOTED = Label(pk=2, wa_id="2", name="Quoted", color_index=2)
STAGE = Tag(2, "2", "Quoted", "c2", exclusive=True, stage=2, stages=4)
LISTING = Directory([LabelSection(None, [LabelRow(QUOTED, STAGE, 1)])])


def test_a_label_has_the_place_that_its_directory_gives_it() -> None:
    assert placed(QUOTED, LISTING) == STAGE
    assert placed(QUOTED, Directory()).stages == 0


def test_the_preview_of_a_stage_has_its_pie_and_what_the_form_holds() -> None:
    form = LabelForm({"name": "<b>Paid", "color": "5"}, instance=Instance(), label=QUOTED)
    html = preview(form, QUOTED, LISTING)
    assert html.count("#pie-6") == 2  # the third chip waits: a clock stands there
    assert (html.count("&lt;b&gt;Paid</span>"), "<b>" in html) == (3, False)
    assert html.count("c5 stage") == 3


def test_a_new_label_has_no_pie() -> None:
    form = LabelForm(None, instance=Instance(), initial={"color": 3})
    assert "#pie" not in preview(form, None, LISTING)
