"""Publishing over HTTP: chosen, shown, done; files in and out."""

import json
from datetime import timedelta
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains

from labelapp.forms.taxonomies import starters
from labelapp.forms.taxonomy_file import BadFile, read_taxonomy
from labelapp.forms.taxonomy_writing import write_taxonomy
from labelapp.models import Instance, Label, LedgerEntry, User
from labelapp.queries.taxonomies import taxonomy_of
from tests.conftest import make_number
from tests.wire import FarSide

Labels = dict[str, Label]
PUBLISH, EXPORT = "/labels/publish/?instance=demo", "/labels/export/?instance=demo"


@pytest.fixture
def desk(client: Client, admin: User, labels: Labels, far: FarSide) -> Client:
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    client.force_login(admin)
    return client


def file_of(text: str | bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("labels.json", text if isinstance(text, bytes) else text.encode())


def hidden(page: str, name: str) -> str:
    part = page.split(f'name="{name}"')[1].split(">")[0]
    return unescape(part.split('value="')[1].split('"')[0]) if "value=" in part else ""


@pytest.fixture
def asked(far: FarSide, desk: Client, labels: Labels) -> dict[str, str]:
    """A ready set for the number: 9 more labels than it has."""
    return {"source": "starter:orders.en", "numbers": "demo"}


# The starters


@pytest.mark.parametrize("key", ["sales.en", "sales.ar", "support.en", "support.ar", "orders.en", "orders.ar"])
def test_each_ready_set_can_be_published(key: str) -> None:
    taxonomy = starters()[key]
    assert taxonomy.title
    assert 8 <= len(taxonomy.labels) <= 14
    assert {group.kind for group in taxonomy.groups} == {"funnel", "free"}
    assert all(label.description and label.color is not None for label in taxonomy.labels)
    assert len({label.color for label in taxonomy.labels}) == len(taxonomy.labels)
    assert taxonomy.urgent
    assert any(isinstance(label.stuck_after, timedelta) for label in taxonomy.labels)
    assert any(label.takes_off for label in taxonomy.labels)
    assert read_taxonomy(write_taxonomy(taxonomy)).labels == taxonomy.labels


# Publishing


def test_first_the_difference_then_the_deed(
    desk: Client, asked: dict[str, str], number: Instance, far: FarSide
) -> None:
    shown = desk.post(PUBLISH, asked).content.decode()
    assert "New label “Shipped”" in shown
    assert "It keeps besides:" in shown
    assert ("<bdi>VIP</bdi>" in shown, far.calls, LedgerEntry.objects.count()) == (True, [], 0)
    done = desk.post(PUBLISH, asked | {"do": "publish", "seen": hidden(shown, "seen")})
    assertContains(done, "is up to date.")
    assertContains(done, "Nothing to change.")
    assertNotContains(done, "publish-go")
    assert {"Shipped", "VIP"} <= {label["name"] for label in far.labels.values()}


def test_what_has_changed_since_it_was_shown_is_shown_again(
    desk: Client, asked: dict[str, str], far: FarSide, labels: Labels
) -> None:
    shown = desk.post(PUBLISH, asked).content.decode()
    Label.objects.filter(pk=labels["Paid"].pk).update(color_index=5)
    for seen in (hidden(shown, "seen"), "", "x"):
        answer = desk.post(PUBLISH, asked | {"do": "publish", "seen": seen})
        assertContains(answer, "Something has changed since you looked.")
    assert (far.calls, LedgerEntry.objects.count()) == ([], 0)


def test_a_refusal_stands_beside_its_number(desk: Client, asked: dict[str, str], far: FarSide) -> None:
    shown = desk.post(PUBLISH, asked).content.decode()
    far.status_of = {"POST /labels": 422}
    answer = desk.post(PUBLISH, asked | {"do": "publish", "seen": hidden(shown, "seen")})
    assertContains(answer, "The provider says: Said 422")
    assertContains(answer, "publish-go")


def test_limits_and_what_comes_off_are_shown_in_words(desk: Client, labels: Labels) -> None:
    Label.objects.filter(pk=labels["Paid"].pk).update(stuck_after=timedelta(days=7))
    shown = desk.post(PUBLISH, {"source": "starter:orders.en", "numbers": "demo"}).content.decode()
    for said in (
        "“Paid”: limit 1w becomes 2d",
        "“New order”: limit never becomes 12h",
        "“Delivered”: comes off when a chat enters it: Courier late",
    ):
        assert said in shown


def test_one_number_is_the_model_of_another(desk: Client, number: Instance, far: FarSide) -> None:
    second = make_number("second")
    far.labels = {}
    asked = {"source": "number:demo", "numbers": "second"}
    shown = desk.post(PUBLISH, asked).content.decode()
    desk.post(PUBLISH, asked | {"do": "publish", "seen": hidden(shown, "seen")})
    assert taxonomy_of(second) == taxonomy_of(number)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"source": ""}, "Choose what is published."),
        ({"source": "starter:cats.en"}, "Choose what is published."),
        ({"source": "number:nobody"}, "Choose what is published."),
        ({"numbers": ""}, "Choose at least one number."),
        ({"numbers": "nobody"}, "Choose at least one number."),
        ({"source": "file"}, "Choose a file."),
    ],
)
def test_what_is_missing_is_said(desk: Client, asked: dict[str, str], bad: dict[str, str], said: str) -> None:
    assertContains(desk.post(PUBLISH, asked | bad), said, status_code=422)


# Files


def test_what_is_exported_can_be_imported(desk: Client, number: Instance, far: FarSide) -> None:
    answer = desk.get(EXPORT)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="labels-demo.json"'
    text = answer.content.decode()
    assert text.count('\n    {"name": ') == 1 + 5  # a line for each group and label
    assert read_taxonomy(text) == taxonomy_of(number)
    make_number("second")
    far.labels = {}
    asked = {"source": "file", "numbers": "second"}
    shown = desk.post(PUBLISH, asked | {"file": file_of("\ufeff" + text)}).content.decode()  # type: ignore[arg-type]
    kept = {"text": hidden(shown, "text"), "seen": hidden(shown, "seen"), "do": "publish"}
    assertContains(desk.post(PUBLISH, asked | kept), "is up to date.")
    assert taxonomy_of(Instance.objects.get(slug="second")) == taxonomy_of(number)


def one(**label: object) -> str:
    """A file with a fault in its fifth line."""
    return (
        '{\n  "version": 1,\n  "labels": [\n    {"name": "Fine", "color": 3},\n    '
        + json.dumps({"name": "VIP", "color": 1} | label)
        + "\n  ]\n}"
    )


FAULTS = [
    ("{\n  nonsense", 2, "This is not JSON"),
    ("", 1, ""),
    ("[]", 1, "one object"),
    ("[" * 20000, 1, "This is not JSON"),
    ('{"version": 1, "labels": [' + "9" * 5000 + "]}", 1, "This is not JSON"),
    ('{"version": 2}', 1, "“version” has to be 1."),
    ('{"version": 1,\n"colors": []}', 2, "“colors” means nothing here."),
    ('{"version": 1,\n"labels": {}}', 2, "“labels” has to be a list."),
    ('{"version": 1,\n"labels": [1]}', 2, "a list of objects"),
    (one(color=20), 5, "a number from 0 to 19"),
    (one(color="red"), 5, "a number from 0 to 19"),
    (one(color=True), 5, "a number from 0 to 19"),
    (one(name=""), 5, "people can see"),
    (one(name="x" * 101), 5, "more than 100 characters"),
    (one(name="a\nb"), 5, "control characters"),
    (one(name="a\0"), 5, "control characters"),
    (one(description="\ud800"), 5, "control characters"),
    (one(name=7), 5, "“name” has to be text."),
    (one(name="FINE"), 5, "“FINE” is there twice."),
    (one(group="Nowhere"), 5, "There is no group “Nowhere” in the file."),
    (one(size=3), 5, "“size” means nothing here."),
    ('{"version": 1,\n"groups": [\n{"name": "A", "kind": "odd"}]}', 3, "has to be one of: free, exclusive, funnel."),
    ('{"version": 1,\n"urgent": ["Ghost"]}', 2, "There is no label “Ghost” in the file."),
    ('{"version": 1,\n"urgent": 3}', 2, "a list of names"),
    ('{"version": 1,\n"title": "labels",\n"labels": 3}', 3, "“labels” has to be a list."),
    (
        '\n\n{"version": 1, "groups" : [{"name": "} ], \\"", "kind"\n:"odd"}, {},\n{"kind": "odd"}]}',
        3,
        "has to be one of",
    ),
]


@pytest.mark.parametrize(("text", "line", "reason"), FAULTS)
def test_a_fault_is_told_with_its_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(BadFile) as bad:
        read_taxonomy(text)
    assert bad.value.faults[0].line == line
    assert reason in bad.value.faults[0].reason


STAGES = (
    '{"version": 1, "groups": [{"name": "A", "kind": "funnel"}, {"name": "B", "kind": "exclusive"}, {"name": "C"}],\n"labels": [\n'
    '{"name": "Done", "group": "%s", %s},\n{"name": "Late", "group": "A"}, {"name": "Hold"}]}'
)


@pytest.mark.parametrize(
    ("home", "field", "reason"),
    [
        ("A", '"stuck_after": "soon"', "“stuck_after” has to be 12h, 3d or 2w, or empty."),
        ("A", '"stuck_after": "0d"', "“stuck_after” has to be 12h, 3d or 2w, or empty."),
        ("A", '"stuck_after": 3', "“stuck_after” has to be 12h, 3d or 2w, or empty."),
        ("A", '"stuck_after": ["3d"]', "“stuck_after” has to be 12h, 3d or 2w, or empty."),
        ("B", '"stuck_after": "3d"', "“stuck_after” is for stages of a funnel only."),
        ("", '"stuck_after": "3d"', "“stuck_after” is for stages of a funnel only."),
        ("A", '"takes_off": "Hold"', "“takes_off” has to be a list of names."),
        ("A", '"takes_off": [1]', "“takes_off” has to be a list of names."),
        ("A", '"takes_off": ["Ghost"]', "There is no label “Ghost” in the file."),
        ("a", '"takes_off": ["Late"]', "“Late” comes off by itself: it is of the same group."),
        ("A", '"takes_off": ["Done"]', "“Done” comes off by itself: it is of the same group."),
        ("B", '"takes_off": ["Hold", "Hold"]', "A label is named twice in “takes_off”."),
        ("C", '"takes_off": ["Hold"]', "“takes_off” is for labels of a funnel or an exclusive group only."),
        ("", '"takes_off": ["Hold"]', "“takes_off” is for labels of a funnel or an exclusive group only."),
    ],
)
def test_a_stage_with_a_fault_is_told_with_its_line(home: str, field: str, reason: str) -> None:
    with pytest.raises(BadFile) as bad:
        read_taxonomy(STAGES % (home, field))
    assert [(fault.line, fault.reason) for fault in bad.value.faults] == [(3, reason)]


@pytest.mark.parametrize(
    ("home", "field", "limit", "off"),
    [
        ("a", '"stuck_after": " 3D ", "takes_off": ["Hold"]', timedelta(days=3), ("Hold",)),
        ("A", '"stuck_after": "", "takes_off": []', None, ()),
        ("A", '"stuck_after": null, "takes_off": null', ..., None),
        ("B", '"stuck_after": "", "takes_off": ["Hold", "Late"]', ..., ("Hold", "Late")),
        ("C", '"stuck_after": "", "takes_off": []', ..., None),
    ],
)
def test_what_a_file_says_of_a_stage(home: str, field: str, limit: object, off: tuple[str, ...] | None) -> None:
    taxonomy = read_taxonomy(STAGES % (home, field))
    assert (taxonomy.labels[0].stuck_after, taxonomy.labels[0].takes_off) == (limit, off)
    assert read_taxonomy(write_taxonomy(taxonomy)) == taxonomy


def test_a_file_with_faults_applies_nothing(desk: Client, far: FarSide) -> None:
    text = one(color=99, group="Nowhere")
    asked = {"source": "file", "numbers": "demo", "do": "publish", "file": file_of(text)}
    answer = desk.post(PUBLISH, asked)  # type: ignore[arg-type]
    assertContains(answer, "Line 5: “color” has to be a number from 0 to 19.", status_code=422)
    assertContains(answer, escape("Line 5: There is no group “Nowhere” in the file."), status_code=422)
    assert (far.calls, LedgerEntry.objects.count()) == ([], 0)


@pytest.mark.parametrize("source", ["", "starter:orders.en", "number:demo"])
def test_a_chosen_file_is_the_source_whatever_is_chosen_above(desk: Client, far: FarSide, source: str) -> None:
    asked = {"source": source, "numbers": "demo"}
    shown = desk.post(PUBLISH, asked | {"file": file_of(one(name="Only mine"))}).content.decode()  # type: ignore[arg-type]
    assert "New label “Only mine”" in shown
    assert "New label “Shipped”" not in shown
    assert '<option value="file" selected>' in shown
    kept = {"source": "file", "text": hidden(shown, "text"), "seen": hidden(shown, "seen"), "do": "publish"}
    assertContains(desk.post(PUBLISH, asked | kept), "is up to date.")
    assert "Only mine" in {label["name"] for label in far.labels.values()}
    again = desk.post(PUBLISH, asked | {"text": kept["text"], "source": "starter:orders.en"})
    assertNotContains(again, "Only mine”")  # another source is chosen after it


def test_a_file_that_is_none_does_not_fall_back_to_what_is_chosen_above(desk: Client, far: FarSide) -> None:
    asked = {"source": "starter:orders.en", "numbers": "demo", "file": file_of("{}")}
    answer = desk.post(PUBLISH, asked)  # type: ignore[arg-type]
    assertContains(answer, "“version” has to be 1.", status_code=422)
    assertContains(answer, '<option value="file" selected>', status_code=422)


@pytest.mark.parametrize(("raw", "said"), [(b"\xff\xfe\x00", "not UTF-8"), (b" " * 500_000, "too large")])
def test_what_is_no_file_of_ours_is_refused(desk: Client, raw: bytes, said: str) -> None:
    answer = desk.post(PUBLISH, {"source": "file", "numbers": "demo", "file": file_of(raw)})
    assertContains(answer, said, status_code=422)


def test_twenty_one_labels_are_too_many() -> None:
    labels = [{"name": f"L{n}", "color": n % 20} for n in range(21)]
    with pytest.raises(BadFile) as bad:
        read_taxonomy(json.dumps({"version": 1, "labels": labels}))
    assert [fault.reason for fault in bad.value.faults] == ["WhatsApp allows 20 labels."]


# Who may


@pytest.mark.parametrize("path", [PUBLISH, EXPORT])
def test_only_for_people_who_manage_labels(client: Client, agent: User, lead: User, labels: Labels, path: str) -> None:
    assert client.get(path).headers["Location"].startswith("/login/")
    for person in (agent, lead):
        client.force_login(person)
        assert client.get(path).status_code == 403


@pytest.mark.parametrize("path", [PUBLISH, EXPORT])
def test_a_stranger_sees_nothing(
    client: Client, admin: User, number: Instance, other_number: Instance, path: str
) -> None:
    manager = User.objects.create_user("manager")
    manager.user_permissions.set(admin.groups.get().permissions.filter(codename="manage_labels"))
    client.force_login(manager)
    assert client.get(path.replace("demo", "other")).status_code == 404
    assertNotContains(client.get(PUBLISH), "Other")
    asked = {"source": "starter:sales.en", "numbers": "other"}
    assert client.post(PUBLISH, asked).status_code == 422


@pytest.mark.parametrize("many", [1, 20])
def test_the_number_of_queries_does_not_grow(
    desk: Client, number: Instance, many: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Label.objects.filter(instance=number).delete()
    for n in range(many):
        Label.objects.create(instance=number, wa_id=str(n), name=f"L{n}", color_index=n, known_at=number.imported_at)
    desk.get(PUBLISH)
    asked = {"source": "number:demo", "numbers": "demo"}
    with django_assert_num_queries(12):
        desk.post(PUBLISH, asked)
