// The phone: three screens, one of which is shown; the address says which. What is shown is asked for again every second.

import { $, setClass, setText } from "./dom.js";
import * as chat from "./phone-chat.js";
import * as labels from "./phone-labels.js";
import * as list from "./phone-list.js";
import { ask, instance, repeat } from "./wire.js";

const SCREENS = { list, chat, labels };
const SESSIONS = {
  WORKING: "Connected",
  STARTING: "Starting",
  STOPPED: "Stopped",
  SCAN_QR_CODE: "Waiting for the QR code",
  FAILED: "Connection failed",
};
const embedded = window.top !== window;

let shown = null; // the name of the shown screen
let asked = 0; // answers to anything but the latest question are old news
let acting = 0; // people's actions under way: a list asked for meanwhile may show either side of them

/** What a screen may do to the phone that it is on. */
const phone = {
  refresh,
  /** Does what a person asked for. False after a failure, which is told in the line `where`. */
  async act(work, where = $("trouble")) {
    acting += 1;
    try {
      await work();
      setText(where, "");
      return true;
    } catch (error) {
      setText(where, error.message);
      return false;
    } finally {
      acting -= 1;
      asked += 1;
      refresh();
    }
  },
  go(address) {
    // An embedded phone leaves the page around it its own history.
    if (embedded) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    route(true);
  },
};

async function refresh() {
  const mine = ++asked;
  const screen = SCREENS[shown];
  try {
    const [state, data] = await Promise.all([ask("GET", "/sim/state"), screen.load()]);
    setText($("silence"), "");
    if (mine !== asked || acting) return;
    showSession(state.session);
    screen.show(data, state.labels.map((label) => ({ ...label, id: String(label.id) })));
  } catch (error) {
    if (mine === asked) setText($("silence"), error.message);
  }
}

function showSession({ status, me }) {
  if (me?.pushName) setText($("number-name"), me.pushName);
  setText($("session"), SESSIONS[status] ?? status);
  setClass($("session"), `session ${status === "WORKING" ? "ok" : "warn"}`);
}

function route(byPerson) {
  const query = new URLSearchParams(location.search);
  shown = query.has("chat") ? "chat" : query.get("screen") === "labels" ? "labels" : "list";
  for (const name of Object.keys(SCREENS)) $(`screen-${name}`).hidden = name !== shown;
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  setText($("trouble"), "");
  SCREENS[shown].open(query);
  if (byPerson) $(`screen-${shown}`).querySelector("[tabindex='-1']").focus({ preventScroll: true });
  refresh();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='?']");
  if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.button) {
    event.preventDefault();
    phone.go(link.getAttribute("href"));
  }
  const dialog = event.target.closest("[data-close]")?.closest("dialog");
  if (dialog) dialog.close();
  else if (event.target.matches("dialog")) event.target.close(); // its backdrop
});
window.addEventListener("popstate", () => route(true));
$("number").addEventListener("change", (event) => {
  // Another phone altogether: everything begins anew, and leaves the page around it its own history.
  const address = `?${new URLSearchParams({ instance: event.target.value })}`;
  if (embedded) location.replace(address);
  else location.assign(address);
});
window.addEventListener("pageshow", () => {
  if (instance) $("number").value = instance; // a browser may bring back what was chosen, not what is shown
});

for (const screen of Object.values(SCREENS)) screen.start(phone);
route(false);
repeat(refresh, 1000);
