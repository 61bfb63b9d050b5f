"""The tour and the phone: strict about scripts, complete about people, and every file that they name is there."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from tests.simulator.process import ROOT, SimulatorProcess

PRODUCT = "http://inbox.example.test:8123"
PAGES = ("/", "/phone/", "/shop/")
STATIC = ROOT / "labelapp/simulator/static/simulator"
Tag = tuple[str, dict[str, str | None]]


class Tags(HTMLParser):
    """All start tags of a page, and the text inside its script and style elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Tag] = []
        self.inline = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem:
            self.inline += data

    def of(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag == name]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    data = tmp_path_factory.mktemp("pages") / "world.sqlite3"
    running = SimulatorProcess(data, "--chats", "5", "--product-url", f"{PRODUCT}/").start()
    yield running.http
    running.stop()
    running.http.close()


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_strict_about_what_it_loads(site: httpx.Client, address: str) -> None:
    answer = site.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    for kind in ("script-src", "style-src", "connect-src", "frame-src", "frame-ancestors"):
        assert policy[kind] == "'self'", kind
    assert policy["form-action"].split()[-1] == PRODUCT


@pytest.mark.parametrize("address", PAGES)
def test_nothing_is_inline(site: httpx.Client, address: str) -> None:
    tags = Tags(site.get(address).text)
    assert tags.inline.strip() == ""
    assert [script["type"] for script in tags.of("script")] == ["module"]
    assert not tags.of("style")
    forbidden = [
        name for _tag, attributes in tags.found for name in attributes if name == "style" or name.startswith("on")
    ]
    assert forbidden == []


@pytest.mark.parametrize("address", PAGES)
def test_every_file_that_a_page_names_is_served(site: httpx.Client, address: str) -> None:
    tags = Tags(site.get(address).text)
    named = [tag["src"] for kind in ("script", "img") for tag in tags.of(kind)] + [
        link["href"] for link in tags.of("link")
    ]
    types = {site.get(str(path)).headers["content-type"] for path in named if site.get(str(path)).status_code == 200}
    assert all(site.get(str(path)).status_code == 200 for path in named), named
    assert types <= {"text/javascript; charset=utf-8", "text/css; charset=utf-8", "image/svg+xml; charset=utf-8"}


def test_every_module_that_a_module_imports_is_served(site: httpx.Client) -> None:
    imported = {name for path in STATIC.glob("*.js") for name in re.findall(r'from "\./([^"]+)"', path.read_text())}
    assert imported
    assert {name: site.get(f"/static/{name}").status_code for name in imported} == dict.fromkeys(imported, 200)


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fsettings.py", "%2Fetc%2Fpasswd"])
def test_no_other_file_is_served(site: httpx.Client, name: str) -> None:
    assert site.get(f"/static/{name}").status_code == 404


def test_the_tour_logs_in_every_role_at_the_product(site: httpx.Client) -> None:
    tags = Tags(site.get("/").text)
    forms = [(form["method"], form["action"], form["target"]) for form in tags.of("form")]
    roles = [field["value"] for field in tags.of("input") if field.get("name") == "role"]
    assert roles == ["agent", "agent2", "lead", "admin", "agent_ar"]
    assert forms == [("post", f"{PRODUCT}/demo/login/", f"labelapp-{role}") for role in roles]


def test_the_tour_shows_the_phone_and_six_steps(site: httpx.Client) -> None:
    tags = Tags(site.get("/").text)
    assert [(frame["src"], bool(frame["title"])) for frame in tags.of("iframe")] == [("/phone/", True)]
    steps = [item["data-step"] for item in tags.of("li") if "data-step" in item]
    assert steps == ["tag", "phone", "lie", "down", "delete", "group"]
    links = [link["href"] for link in tags.of("a")]
    assert f"{PRODUCT}/chats/?kind=group" in links
    assert "/phone/" in links


def test_the_phone_offers_all_twenty_colours(site: httpx.Client) -> None:
    tags = Tags(site.get("/phone/").text)
    colors = [field for field in tags.of("input") if field.get("name") == "color"]
    assert [field["value"] for field in colors] == [str(index) for index in range(20)]
    assert len({field["aria-label"] for field in colors}) == 20
    assert "message-form" in [form.get("id") for form in tags.of("form")]


def test_each_number_has_its_phone(site: httpx.Client) -> None:
    tags = Tags(site.get("/phone/?instance=demo2").text)
    assert [option["value"] for option in tags.of("option") if "value" in option][:3] == ["demo", "demo2", "demo3"]
    assert [option["value"] for option in tags.of("option") if "selected" in option] == ["demo2"]
    inside = {str(link.get("href")) for link in tags.of("a") if str(link.get("href")).startswith("?")}
    assert inside == {"?instance=demo2&", "?instance=demo2&screen=labels"}
    assert site.get("/phone/?instance=demo9").status_code == 404


def test_the_stylesheets_know_no_left_and_right() -> None:
    physical = re.compile(
        r"\b(?:margin|padding|border)-(?:left|right|top|bottom)\b|[{;]\s*(?:left|right|width|height)\s*:"
    )
    found = {path.name: physical.findall(path.read_text()) for path in Path(STATIC).glob("*.css")}
    assert found == {"base.css": [], "demo.css": [], "phone.css": [], "shop.css": []}
