"""An admin makes a hook, and a label from the phone is heard by a program: the worker posts, the library checks."""

from playwright.sync_api import expect

from tests.browser.conftest import Chat
from tests.browser.people import Desk
from tests.browser.test_accessibility import grave_findings
from tests.hook_receiver import receiver
from tests.stack import wait_until


def test_a_label_from_the_phone_is_heard_outside(desk: Desk, chat: Chat) -> None:
    desk.expects("422")  # the address is refused at first
    with receiver() as far:
        admin = desk.person("admin", "/settings/hooks/new/")
        page = admin.page
        page.get_by_label("Name", exact=True).fill("Campaigns")
        page.get_by_label("Address", exact=True).fill(far.url)
        page.get_by_label("label added to a chat").check()
        page.get_by_role("button", name="Save").click()
        expect(
            page.get_by_text("This is a private address").or_(page.get_by_text("must begin with https"))
        ).to_be_visible()
        page.get_by_label("May be on a private network").check()
        page.get_by_role("button", name="Save").click()
        page.get_by_role("button", name="Show the secret").click()
        secret = page.locator("#signing-secret").input_value()
        page.get_by_role("button", name="Send a test").click()
        expect(page.locator("#answer")).to_contain_text("The receiver answered 204.")
        assert far.got[0].verified(secret)["type"] == "test"
        desk.simulator.label_on_phone(chat.jid, desk.label("VIP"), on=True)
        wait_until(lambda: len(far.got) == 2, told="the label is heard outside")
        heard = far.got[1].verified(secret)
        assert (heard["type"], heard["data"]["label"]["name"], heard["data"]["chat"]["jid"]) == (
            "label.added",
            "VIP",
            chat.jid,
        )
        page.reload()
        expect(page.locator("[id^=send-]").first).to_contain_text("delivered")
        assert grave_findings(admin) == []
        page.get_by_role("button", name="Again").click()
        wait_until(lambda: len(far.got) == 3, told="it is posted again")
        assert far.got[2].id == far.got[1].id
        page.get_by_role("link", name="Delete this hook").click()
        page.get_by_role("button", name="Delete", exact=True).click()
        expect(page.get_by_text("No program is told yet")).to_be_visible()
