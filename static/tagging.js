// Tag and untag. The chip is painted at once and hollow (chips.js); only the server's answer can fill it.
// Clicks on one chat are sent one after the other; of several clicks on one label the last one counts.
// What the server has not answered is kept with the tab: the next page goes on with it, and the browser asks before a tab is
// closed in which a click has not been sent.

const { announce, ask, bring, place, fill, plural, texts, Refusal } = window.labelapp;
const { chipOf, chipsOf, keyOf, paint, places } = window.labelapp.chips;
const PATIENCE = 10_000;
const STORE = `labelapp-unsaved-${document.body.dataset.person}`; // whoever logs in next in this tab clicked none of it
const LAST = 250; // a page that is left breaks its requests off so shortly before it is gone
const YOUNG = 60_000; // clicks that the page before left behind are sent without asking for so long
const wishes = new Map(); // "chat:label" -> the last click that the server has not answered yet
const watched = new Map(); // answered, to be told when WhatsApp has it
const queues = new Map(); // chat -> end of its line of requests

const say = (text) => document.dispatchEvent(new CustomEvent("say", { detail: { text } }));
const toast = (text, level) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, level } }));

function wishFor({ chat, label, state, url, look: known }) {
  const option = document.getElementById(`opt-${label}`);
  const chip = option?.querySelector(".chip") ?? document.querySelector(`.chip[data-pk="${label}"]`);
  const look = chip?.cloneNode(true) ?? chipOf(known);
  look.querySelectorAll(".x, .vh, .tm").forEach((each) => each.remove());
  start({ chat, label, state, url, name: look.querySelector(".t").textContent, look: look.outerHTML });
}

function start(wish) {
  Object.assign(wish, { status: "sending", sent: false, at: Date.now() });
  wishes.delete(keyOf(wish)); // the order of clicks is that of the map
  wishes.set(keyOf(wish), wish);
  store();
  paint(wish);
  const before = queues.get(wish.chat) ?? Promise.resolve();
  const mine = before.then(() => send(wish));
  queues.set(wish.chat, mine);
}

async function send(wish) {
  const last = () => wishes.get(keyOf(wish)) === wish;
  if (!last()) return; // clicked again before it could go: only the last state matters
  wish.sent = true;
  store();
  const asked = performance.now();
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    const html = await ask(wish.url, { method: "POST", form: { state: wish.state }, signal, keepalive: true });
    if (!last()) return;
    wishes.delete(keyOf(wish));
    watched.set(keyOf(wish), wish);
    place(html, asked);
    document.dispatchEvent(new CustomEvent("changed", { detail: wish }));
    document.dispatchEvent(new CustomEvent("tagged", { detail: wish }));
  } catch (error) {
    if (!(error instanceof Refusal)) await new Promise((go) => setTimeout(go, LAST)); // in a page that is left, that never ends
    if (!last()) return;
    if (error instanceof Refusal && error.status < 500) refuse(wish, error);
    else keep(wish);
  }
  remember();
}

// The server said no: its sentence, and what it has instead
function refuse(wish, error) {
  wishes.delete(keyOf(wish));
  if (error.status !== 401) toast(error.said || texts.broken, "error");
  for (const chip of chipsOf(wish)) chip.closest("li").remove();
  announce(`chat-${wish.chat}`);
  document.dispatchEvent(new CustomEvent("tagged", { detail: wish }));
}

// The server could not be asked: the click stays until it is tried again or thrown away
function keep(wish) {
  wish.status = "unsaved";
  wish.why = navigator.onLine ? "unanswered" : "unsaved";
  paint(wish);
  say(fill(texts[wish.why], { label: wish.name }));
}

const unsaved = () => [...wishes.values()].filter((wish) => wish.status === "unsaved");

function store() {
  const open = [...wishes.values()];
  sessionStorage.setItem(STORE, JSON.stringify(open));
  const waits = open.some((wish) => wish.status === "sending" && !wish.sent);
  if (waits) window.addEventListener("beforeunload", warn);
  else window.removeEventListener("beforeunload", warn);
}

const warn = (event) => event.preventDefault();

function remember() {
  store();
  const kept = unsaved();
  document.getElementById("unsaved")?.remove();
  if (!kept.length) return;
  const bar = document.getElementById("unsaved-template").content.firstElementChild.cloneNode(true);
  bar.querySelector(".toast-text").textContent = plural(navigator.onLine ? texts.unansweredCount : texts.unsavedCount, kept.length);
  document.getElementById("toasts").append(bar);
}

function retry(kept) {
  for (const wish of kept) start({ ...wish });
  remember();
}

function discard() {
  for (const wish of unsaved()) {
    wishes.delete(keyOf(wish));
    for (const chip of chipsOf(wish)) chip.closest("li").remove();
    announce(`chat-${wish.chat}`);
  }
  remember();
}

// ---- fragments

// Fresh fragments know nothing of clicks that are still on their way; and they may bring the word we wait for
document.addEventListener("placed", () => {
  for (const wish of wishes.values()) paint(wish);
  for (const [key, wish] of watched) {
    const where = places(wish.chat);
    if (!where.length) continue;
    const chip = chipsOf(wish)[0];
    const state = chip?.dataset.state;
    if (state === "failed") say(fill(texts.failed, { label: wish.name }));
    else if (wish.state === "on" && state === "confirmed") say(fill(texts.on, { label: wish.name }));
    else if (wish.state === "off" && !chip) say(fill(texts.off, { label: wish.name }));
    else continue;
    watched.delete(key);
  }
});

// ---- who asks

document.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (event.target.id !== "tag-form" || !button) return;
  event.preventDefault();
  const { pk, chatPk } = button.dataset;
  if (button.name === "state") return wishFor({ chat: chatPk, label: pk, state: button.value, url: button.formAction });
  try {
    await bring(button.formAction, { method: "POST", form: {} });
  } catch (error) {
    toast(error.said || texts.unreachable, "error");
  }
});
window.labelapp.answered = () => Promise.all(queues.values());
document.addEventListener("set-label", ({ detail }) => wishFor(detail));

function retryAt(target) {
  const key = target.closest?.("[data-retry]")?.dataset.retry;
  if (!key) return false;
  retry(unsaved().filter((wish) => keyOf(wish) === key));
  return true;
}

document.addEventListener("click", (event) => {
  if (retryAt(event.target)) event.preventDefault();
  else if (event.target.closest("#unsaved [data-retry-all]")) retry(unsaved());
  else if (event.target.closest("#unsaved [data-discard]")) discard();
});
document.addEventListener("keydown", (event) => {
  if ((event.key === "Enter" || event.key === " ") && retryAt(event.target)) event.preventDefault();
});

for (const wish of JSON.parse(sessionStorage.getItem(STORE) || "[]")) {
  if (wish.status === "sending" && Date.now() - wish.at < YOUNG) start(wish);
  else {
    wishes.set(keyOf(wish), wish);
    if (wish.status === "sending") keep(wish);
    else paint(wish);
  }
}
remember();
