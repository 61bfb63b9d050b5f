"""The label page over HTTP: what it shows, who may, and that each change goes to the provider and back in its words."""

from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from labelapp.actions.actor import Actor
from labelapp.actions.directory import create_label, remove_label
from labelapp.actions.tagging import set_label
from labelapp.models import Instance, Label, LabelGroup, LedgerEntry, SavedView, User, Verb
from labelapp.models.fields import NEVER
from tests.conftest import MakeChat
from tests.runs import begin_run
from tests.wire import FarSide

Labels = dict[str, Label]
HTMX = {"HX-Request": "true"}
EVERYWHERE = {"how": "everywhere"}
GIFT = {"name": "Gift wrap", "color": "6", "description": "Paper and a ribbon"}
NEW, INDEX = "/labels/new/?instance=demo", "/labels/?instance=demo"


@pytest.fixture
def desk(client: Client, admin: User, labels: Labels, far: FarSide) -> Client:
    """An admin's browser; the provider has the same labels as we have."""
    far.labels = {label.wa_id: {"name": label.name, "color": label.color_index} for label in labels.values()}
    client.force_login(admin)
    return client


def html(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def names(number: Instance) -> list[str]:
    return [label.name for label in Label.objects.living().filter(instance=number).order_by("pk")]


# Looking


def test_the_directory_with_counts_and_slots(desk: Client, labels: Labels, make_chat: MakeChat) -> None:
    for _n in range(2):
        make_chat(labels=(labels["VIP"],))
    page = html(desk, INDEX)
    assert "5 of 20" in page
    assert page.count('class="slot free"') == 15
    places = [page.index(f'id="label-{labels[name].pk}"') for name in ("New lead", "Paid", "VIP")]
    assert [page.index("Sales funnel"), *places] == sorted([page.index("Sales funnel"), *places])
    row = page[page.index(f'id="label-{labels["VIP"].pk}"') :]
    assert '<td class="num">2</td>' in row[: row.index("</tr>")]


def test_a_label_met_in_an_event_only_is_listed_apart(desk: Client, number: Instance) -> None:
    ghost = Label.objects.create(instance=number, wa_id="31")
    page = html(desk, INDEX)
    assert "Unknown label #31" in page[page.index("Unknown labels") :]
    assert "5 of 20" in page
    assertRedirects(desk.get(f"/labels/{ghost.pk}/"), INDEX)


def test_names_are_text_and_not_markup(desk: Client, labels: Labels) -> None:
    Label.objects.filter(pk=labels["VIP"].pk).update(name="<script>x</script>", description="<b>")
    assert "<script>x" not in html(desk, f"/labels/{labels['VIP'].pk}/")


@pytest.mark.parametrize("many", [1, 18])
def test_the_number_of_queries_does_not_grow(
    desk: Client, number: Instance, many: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Label.objects.filter(instance=number).delete()
    group = LabelGroup.objects.create(instance=number, name="Needs")
    for n in range(many):
        Label.objects.create(instance=number, wa_id=str(n), name=f"L{n}", group=group, color_index=n, known_at=NEVER)
    html(desk, INDEX)
    with django_assert_num_queries(13):
        assert f"{many} of 20" in html(desk, INDEX)


def test_the_page_follows_the_number(desk: Client, labels: Labels) -> None:
    page = html(desk, f"/labels/{labels['VIP'].pk}/")
    assert 'hx-trigger="labels-demo from:body, live-resync from:body"' in page
    assert f'id="labels-at" name="at" value="{labels["VIP"].pk}"' in page  # it goes with the question for fresh rows
    marked = f'<tr id="label-{labels["VIP"].pk}" data-pk="{labels["VIP"].pk}" class="at">'
    assert marked in html(desk, f"{INDEX}&at={labels['VIP'].pk}")
    assert marked not in html(desk, f"{INDEX}&at=x")


def test_without_a_number_the_page_says_so(client: Client, admin: User) -> None:
    client.force_login(admin)
    assertContains(client.get("/labels/"), "No number is connected yet")
    assertRedirects(client.get("/labels/new/"), "/labels/")


# Who may


@pytest.mark.parametrize("path", ["", "new/?instance=demo", "{pk}/", "{pk}/delete/"])
def test_only_for_people_who_manage_labels(
    client: Client, agent: User, lead: User, labels: Labels, far: FarSide, path: str
) -> None:
    address = "/labels/" + path.format(pk=labels["VIP"].pk)
    wanted = f"/login/?{urlencode({'next': address}, safe='/')}"
    assertRedirects(client.get(address), wanted, fetch_redirect_response=False)
    for person in (agent, lead):
        client.force_login(person)
        assert client.get(address).status_code == 403
        assert client.post(address, GIFT | {"typed": "0"}).status_code == 403
    assert far.calls == []
    assert labels["VIP"] in Label.objects.living()


def test_a_stranger_sees_nothing(client: Client, admin: User, other_number: Instance) -> None:
    manager = User.objects.create_user("manager")
    manager.user_permissions.set(admin.groups.get().permissions.filter(codename="manage_labels"))
    hidden = Label.objects.create(instance=other_number, wa_id="1", name="Hidden", color_index=1, known_at=NEVER)
    client.force_login(manager)
    for path in ("?instance=other", "new/?instance=other", f"{hidden.pk}/", f"{hidden.pk}/delete/", "?instance=%00"):
        assert client.get(f"/labels/{path}").status_code == 404


# Creating


def test_create_goes_to_the_provider(desk: Client, number: Instance, far: FarSide, admin: User) -> None:
    assertRedirects(desk.post(NEW, GIFT), INDEX)
    assert far.labels["6"] == {"name": "Gift wrap", "color": 6}
    made = Label.objects.get(instance=number, wa_id="6")
    assert (made.name, made.color_index, made.description) == ("Gift wrap", 6, "Paper and a ribbon")
    assert LedgerEntry.objects.get(label=made).actor == admin


def test_a_new_label_gets_a_free_colour_and_sees_who_has_the_others(desk: Client) -> None:
    page = html(desk, NEW)
    assert 'value="4" checked' in page
    assert "Coral, free" in page
    assert "Lilac, used by VIP" in page


def test_the_providers_words_stand_beside_the_form(desk: Client, number: Instance, far: FarSide) -> None:
    far.status_of = {"POST /labels": 422}
    before = names(number)
    answer = desk.post(NEW, GIFT)
    assertContains(answer, "The provider says: Said 422", status_code=422)
    assertContains(answer, 'value="Gift wrap"', status_code=422)  # nothing has to be typed again
    assert names(number) == before


def beside_the_name(page: str) -> str:
    """What is said beside the name, unescaped; "" for nothing."""
    field = page[page.index('<label for="id_name"') :].split("<fieldset")[0]
    return unescape(field.split('id="id_name_error"')[1].split("</div>")[0]) if "id_name_error" in field else ""


@pytest.mark.parametrize(
    "words", ["Label with 'Gift wrap' already exists, id: 7", "The name is too long", "Not like this"]
)
def test_what_the_provider_says_of_the_name_stands_beside_it(
    desk: Client, far: FarSide, labels: Labels, words: str
) -> None:
    far.says = words
    for path in (NEW, f"/labels/{labels['VIP'].pk}/"):
        answer = desk.post(path, GIFT)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert f"The provider says: {words}" in beside_the_name(page)
        assert page.count(escape(words)) == 1
        assert 'value="Gift wrap"' in page
        assert 'aria-invalid="true"' in page.split('name="name"')[1].split(">")[0]


@pytest.mark.parametrize(
    ("path", "sent", "words"),
    [
        (NEW, {}, "Maximum 20 labels allowed"),
        (NEW, {}, "Invalid 'colorHex'. Possible values: #ff9485"),
        (NEW, {}, "no app state keys present"),
        ("/labels/{vip}/", {"name": "VIP"}, "Not like this"),  # its name stays as it is
    ],
)
def test_what_is_not_about_the_name_stands_above_the_form(
    desk: Client, far: FarSide, labels: Labels, path: str, sent: dict[str, str], words: str
) -> None:
    far.says = words
    answer = desk.post(path.format(vip=labels["VIP"].pk), GIFT | sent)
    page = answer.content.decode()
    assert (answer.status_code, beside_the_name(page)) == (422, "")
    assert words in unescape(page)


def test_a_provider_that_is_down_refuses_in_a_sentence(desk: Client, number: Instance, far: FarSide) -> None:
    far.down = True
    before = names(number)
    assertContains(desk.post(NEW, GIFT), "The provider does not answer", status_code=422)
    assert names(number) == before


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"name": "   "}, "Give the label a name."),
        ({"name": "a\nb"}, "control characters"),
        ({"name": "a\u202eb"}, "control characters"),
        ({"name": "\u200b\u200d"}, "that people can see"),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"name": "vip"}, "There is already a label “VIP”."),
        ({"color": "20"}, "Choose one of the 20 colours."),
        ({"color": ""}, "Choose one of the 20 colours."),
        ({"color": "1e3"}, "Choose one of the 20 colours."),
        ({"name": "a\0"}, "Null characters are not allowed."),
    ],
)
def test_bad_entries_are_refused_before_anyone_is_asked(
    desk: Client, far: FarSide, bad: dict[str, str], said: str
) -> None:
    assertContains(desk.post(NEW, GIFT | bad), said, status_code=422)
    assert far.calls == []


@pytest.mark.parametrize("name", ["👨‍👩‍👧 Family", "يحتاج مدير", "می‌خواهد", "x" * 100, "  VIP 2  "])
def test_any_script_and_emoji(desk: Client, far: FarSide, name: str) -> None:
    assertRedirects(desk.post(NEW, GIFT | {"name": name}), INDEX)
    assert far.labels["6"]["name"] == name.strip()


def test_a_second_click_makes_no_second_label(desk: Client, number: Instance, far: FarSide) -> None:
    for _n in range(2):
        assertRedirects(desk.post(NEW, GIFT), INDEX)
    assert names(number).count("Gift wrap") == 1
    assert [call for call in far.calls if call.startswith("POST")] == ["POST /labels"]


def test_two_clicks_at_once_end_well(desk: Client, number: Instance, far: FarSide, admin: User) -> None:
    """The first one is done while the second one waits for the provider, which then refuses it."""

    def overtake(line: str) -> None:
        far.before = lambda line: None
        create_label(Actor.of(admin), number, name="Gift wrap", color=6)

    far.before = overtake
    assertRedirects(desk.post(NEW, GIFT), INDEX)
    assert names(number).count("Gift wrap") == 1


def test_an_old_label_of_that_name_is_no_second_click(desk: Client, number: Instance, labels: Labels) -> None:
    assertContains(desk.post(NEW, GIFT | {"name": "VIP", "color": "3"}), "already a label", status_code=422)


# Changing


def test_rename_and_recolour(desk: Client, labels: Labels, far: FarSide) -> None:
    assertRedirects(desk.post(f"/labels/{labels['VIP'].pk}/", GIFT | {"name": "هدية"}), INDEX)
    labels["VIP"].refresh_from_db()
    assert (labels["VIP"].name, labels["VIP"].color_index) == ("هدية", 6)
    assert far.labels["4"] == {"name": "هدية", "color": 6}


def test_the_own_name_and_colour_are_no_conflict(desk: Client, labels: Labels, far: FarSide) -> None:
    same = {"name": "VIP", "color": "3", "description": "Only ours"}
    assertRedirects(desk.post(f"/labels/{labels['VIP'].pk}/", same), INDEX)
    labels["VIP"].refresh_from_db()
    assert (labels["VIP"].description, far.calls) == ("Only ours", [])


def test_a_refused_change_changes_nothing(desk: Client, labels: Labels, far: FarSide) -> None:
    far.status_of = {"PUT": 422}
    assertContains(desk.post(f"/labels/{labels['VIP'].pk}/", GIFT), "Said 422", status_code=422)
    labels["VIP"].refresh_from_db()
    assert (labels["VIP"].name, labels["VIP"].color_index, labels["VIP"].description) == ("VIP", 3, "")


def test_the_drawer_marks_its_row(desk: Client, labels: Labels) -> None:
    assert f'<tr id="label-{labels["VIP"].pk}" data-pk="{labels["VIP"].pk}" class="at">' in html(
        desk, f"/labels/{labels['VIP'].pk}/"
    )


# Deleting


def test_delete_shows_the_number_and_wants_it_typed(
    desk: Client, labels: Labels, make_chat: MakeChat, far: FarSide
) -> None:
    for _n in range(3):
        make_chat(labels=(labels["VIP"],))
    address = f"/labels/{labels['VIP'].pk}/delete/"
    assert "<b>3 chats</b>" in html(desk, address)
    for typed in ("", "2", "three", "9" * 30):
        assert desk.post(address, EVERYWHERE | {"typed": typed}).status_code == 422
    assert far.calls == []
    assertRedirects(desk.post(address, EVERYWHERE | {"typed": "٣"}), INDEX)  # any script's digits
    labels["VIP"].refresh_from_db()
    assert labels["VIP"].deleted_at is not None
    assert "4" not in far.labels


def test_the_number_is_the_one_of_now(desk: Client, labels: Labels, make_chat: MakeChat, far: FarSide) -> None:
    make_chat(labels=(labels["VIP"],))
    html(desk, f"/labels/{labels['VIP'].pk}/delete/")
    make_chat(labels=(labels["VIP"],))
    answer = desk.post(f"/labels/{labels['VIP'].pk}/delete/", EVERYWHERE | {"typed": "1"})
    assertContains(answer, "It is on 2 chats now.", status_code=422)
    assert "4" in far.labels


def test_nothing_to_type_where_nothing_is_lost(desk: Client, labels: Labels, far: FarSide) -> None:
    address = f"/labels/{labels['VIP'].pk}/delete/"
    assert 'name="typed"' not in html(desk, address)
    assertRedirects(desk.post(address, EVERYWHERE), INDEX)
    assert "4" not in far.labels


def test_a_refused_deletion_keeps_the_label(desk: Client, labels: Labels, far: FarSide) -> None:
    far.status_of = {"DELETE": 422}
    answer = desk.post(f"/labels/{labels['VIP'].pk}/delete/", EVERYWHERE)
    assertContains(answer, "Said 422", status_code=422)
    assert labels["VIP"] in Label.objects.living()


def test_deleting_twice_is_harmless(desk: Client, labels: Labels, far: FarSide) -> None:
    for _n in range(2):
        assertRedirects(desk.post(f"/labels/{labels['VIP'].pk}/delete/", EVERYWHERE), INDEX)
    assert LedgerEntry.objects.filter(verb=Verb.LABEL_DELETE).count() == 1


def test_a_label_deleted_meanwhile_says_so(desk: Client, labels: Labels) -> None:
    remove_label(labels["VIP"], NEVER)
    answer = desk.get(f"/labels/{labels['VIP'].pk}/", follow=True)
    assertContains(answer, "“VIP” was deleted in WhatsApp.")
    assertNotContains(answer, f'id="label-{labels["VIP"].pk}"')


def test_htmx_gets_messages_as_toasts(desk: Client, labels: Labels) -> None:
    answer = desk.post(f"/labels/{labels['VIP'].pk}/delete/", EVERYWHERE, headers=HTMX, follow=True)
    assert "VIP" in answer.headers["HX-Trigger"]
    assertNotContains(answer, "It came off")
    assert "It came off" not in html(desk, INDEX)


# Groups, and two people at once


def seen(client: Client, label: Label) -> str:
    """What the form of a label sends back to say how it found it."""
    page = client.get(f"/labels/{label.pk}/").content.decode()
    return unescape(page.split('name="seen" value="')[1].split('"')[0])


def test_a_label_gets_a_group_and_keeps_it_where_none_is_asked_for(
    desk: Client, labels: Labels, number: Instance, far: FarSide
) -> None:
    group = LabelGroup.objects.create(instance=number, name="Customer")
    same, address = {"name": "VIP", "color": "3"}, f"/labels/{labels['VIP'].pk}/"
    assertRedirects(desk.post(address, same | {"group": str(group.pk)}), INDEX)
    assert Label.objects.get(pk=labels["VIP"].pk).group == group
    desk.post(address, same)
    assert Label.objects.get(pk=labels["VIP"].pk).group == group
    desk.post(address, same | {"group": ""})
    assert Label.objects.get(pk=labels["VIP"].pk).group is None
    assert far.calls == []


def test_a_new_label_can_begin_in_a_group(desk: Client, number: Instance) -> None:
    group = LabelGroup.objects.get(instance=number)
    assert f'<option value="{group.pk}" selected>' in html(desk, f"{NEW}&group={group.pk}")
    assertRedirects(desk.post(NEW, GIFT | {"group": str(group.pk)}), INDEX)
    assert Label.objects.get(name="Gift wrap").group == group


def test_a_group_of_another_number_is_none(desk: Client, labels: Labels, other_number: Instance) -> None:
    group = LabelGroup.objects.create(instance=other_number, name="Far")
    answer = desk.post(f"/labels/{labels['VIP'].pk}/", GIFT | {"group": str(group.pk)})
    assertContains(answer, "Select a valid choice.", status_code=422)


def test_who_saves_later_sees_the_earlier_change_first(desk: Client, labels: Labels, far: FarSide, admin: User) -> None:
    vip = labels["VIP"]
    first, second = seen(desk, vip), seen(desk, vip)
    assertRedirects(desk.post(f"/labels/{vip.pk}/", GIFT | {"name": "Very <i>", "seen": first}), INDEX)
    calls = len(far.calls)
    mine = GIFT | {"name": "Mine", "description": "Mine too", "seen": second}
    answer = desk.post(f"/labels/{vip.pk}/", mine)
    assertContains(answer, "was changed while you had it open", status_code=422)
    assertContains(answer, "Very &lt;i&gt;</dd>", status_code=422)
    assertContains(answer, "<bdi>Admin Demo</bdi>", status_code=422)
    assertContains(answer, 'value="Mine"', status_code=422)  # nothing has to be typed again
    assert len(far.calls) == calls
    now = unescape(answer.content.decode().split('name="seen" value="')[1].split('"')[0])
    assertRedirects(desk.post(f"/labels/{vip.pk}/", mine | {"seen": now}), INDEX)
    vip.refresh_from_db()
    assert (vip.name, vip.description) == ("Mine", "Mine too")


@pytest.mark.parametrize("token", ["x", "[1]", "[" * 3000, '{"name": 7}', "{}" * 4000])
def test_a_token_that_was_never_so_is_no_leave_to_overwrite(desk: Client, labels: Labels, token: str) -> None:
    answer = desk.post(f"/labels/{labels['VIP'].pk}/", GIFT | {"seen": token})
    assertContains(answer, "was changed while you had it open", status_code=422)


def test_colours_that_look_alike_are_told(desk: Client, labels: Labels) -> None:
    Label.objects.filter(pk=labels["VIP"].pk).update(color_index=8)
    page = html(desk, f"/labels/{labels['Paid'].pk}/")
    assert "Violet, free; to some eyes it looks like VIP" in page
    assert 'data-alike="19" hidden' in page
    Label.objects.filter(pk=labels["Paid"].pk).update(color_index=19)
    assert 'data-alike="19">' in html(desk, f"/labels/{labels['Paid'].pk}/")
    assert "looks like <bdi>VIP</bdi>" in html(desk, INDEX)


def test_a_new_label_is_never_offered_red(desk: Client, labels: Labels, number: Instance) -> None:
    """Red is for what is urgent: not even when every other colour is used."""
    for color in range(20):
        if color not in (0, 13):
            Label.objects.create(
                instance=number, wa_id=f"8{color}", name=f"C{color}", color_index=color, known_at=timezone.now()
            )
    page = html(desk, NEW)
    assert 'value="0" checked' not in page
    assert 'value="4" checked' in page  # those that fewest have


def test_red_is_offered_instead_of_a_colour_to_an_urgent_label_alone(desk: Client, labels: Labels) -> None:
    vip = labels["VIP"]
    Label.objects.update(color_index=3)
    Label.objects.filter(pk=vip.pk).update(color_index=6)  # some take it for 3
    assert 'data-color="13"' not in html(desk, f"/labels/{vip.pk}/")
    Label.objects.filter(pk=vip.pk).update(urgency=1)
    assert 'data-color="13"' in html(desk, f"/labels/{vip.pk}/")


def test_when_and_by_whom_a_label_was_put_on(
    desk: Client, labels: Labels, make_chat: MakeChat, agent: User, number: Instance
) -> None:
    make_chat(labels=(labels["VIP"],))
    assert "before labelapp" in html(desk, INDEX)
    set_label(Actor.of(agent), make_chat(), labels["VIP"], on=True)
    for n in range(3):
        LedgerEntry.objects.create(instance=number, label=labels["VIP"], verb=Verb.ADD, source="phone", cause=str(n))
    page = html(desk, f"/labels/{labels['VIP'].pk}/")
    mix = page[page.index("Put on lately by") :]
    assert mix.index("Phone") < mix.index("75%") < mix.index("Agent") < mix.index("25%")
    row = page[page.index(f'id="label-{labels["VIP"].pk}"') :]
    assert "<time datetime=" in row[: row.index("</tr>")]


def test_views_and_runs_that_use_a_label_are_counted(
    desk: Client, labels: Labels, admin: User, make_chat: MakeChat
) -> None:
    term = [{"field": "label", "any": [{"name": "VIP", "labels": [labels["VIP"].pk]}]}]
    for name in ("One", "Two"):
        SavedView.objects.create(owner=admin, name=name, terms=term)
    begin_run(admin, [make_chat()], ["VIP"])
    row = html(desk, INDEX).split(f'id="label-{labels["VIP"].pk}"')[1].split("</tr>")[0]
    assert "2 views, 1 run" in row


def test_a_stage_has_a_limit_in_its_form_and_other_labels_have_none(desk: Client, labels: Labels) -> None:
    paid, vip = labels["Paid"], labels["VIP"]
    same = {"name": "Paid", "color": "12", "description": ""}
    path = f"/labels/{paid.pk}/"
    assertContains(desk.post(path, same | {"stuck_after": "soon"}), "Write 12h, 3d or 2w", status_code=422)
    assertRedirects(desk.post(path, same | {"stuck_after": "3d"}), INDEX)
    assert Label.objects.get(pk=paid.pk).stuck_after == timedelta(days=3)
    assertRedirects(desk.post(path, same), INDEX)  # a form that does not ask for it leaves it
    assert 'value="3d"' in html(desk, path)
    assertRedirects(desk.post(path, same | {"stuck_after": ""}), INDEX)
    assert Label.objects.get(pk=paid.pk).stuck_after is None
    assert "stuck_after" not in html(desk, f"/labels/{vip.pk}/")
    desk.post(f"/labels/{vip.pk}/", {"name": "VIP", "color": "3", "stuck_after": "3d"})
    assert Label.objects.get(pk=vip.pk).stuck_after is None


def test_who_saves_a_limit_later_sees_the_earlier_one_first(desk: Client, labels: Labels) -> None:
    paid = labels["Paid"]
    same, path = {"name": "Paid", "color": "12", "description": ""}, f"/labels/{labels['Paid'].pk}/"
    mine = same | {"stuck_after": "5d", "seen": seen(desk, paid)}
    assertRedirects(desk.post(path, same | {"stuck_after": "3d", "seen": seen(desk, paid)}), INDEX)
    answer = desk.post(path, mine)
    assertContains(answer, "was changed while you had it open", status_code=422)
    assertContains(answer, '<dt>Stuck after</dt><dd dir="auto">3d</dd>', status_code=422)
    assert Label.objects.get(pk=paid.pk).stuck_after == timedelta(days=3)
    now = unescape(answer.content.decode().split('name="seen" value="')[1].split('"')[0])
    assertRedirects(desk.post(path, mine | {"seen": now}), INDEX)
    assert Label.objects.get(pk=paid.pk).stuck_after == timedelta(days=5)
    gone = seen(desk, paid)
    desk.post(path, same | {"stuck_after": "", "seen": gone})
    answer = desk.post(path, mine | {"seen": gone})
    assertContains(answer, '<dt>Stuck after</dt><dd dir="auto">never</dd>', status_code=422)
