// Tag and untag. The chip is painted at once and hollow; only the server's answer can fill it.
// Clicks on one chat are sent one after the other; of several clicks on one label the last one counts.

const { ask, place, fill, plural, texts, Refusal } = window.labelapp;
const PATIENCE = 10_000;
const STORE = "labelapp-unsaved";
const wishes = new Map(); // "chat:label" -> the last click that the server has not answered yet
const watched = new Map(); // answered, to be told when WhatsApp has it
const queues = new Map(); // chat -> end of its line of requests

const say = (text) => document.dispatchEvent(new CustomEvent("say", { detail: { text } }));
const toast = (text, level) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, level } }));
const sign = (n) => document.getElementById("signs").content.children[n].cloneNode(true);
const keyOf = (wish) => `${wish.chat}:${wish.label}`;

function wishFor(chat, label, state, url) {
  const option = document.getElementById(`opt-${label}`);
  const chip = option?.querySelector(".chip") ?? document.querySelector(`.chip[data-pk="${label}"]`);
  if (!chip) return;
  const look = chip.cloneNode(true);
  look.querySelectorAll(".x, .vh").forEach((each) => each.remove());
  start({ chat, label, state, url, name: look.querySelector(".t").textContent, look: look.outerHTML, status: "sending" });
}

function start(wish) {
  wishes.set(keyOf(wish), wish);
  paint(wish);
  const before = queues.get(wish.chat) ?? Promise.resolve();
  const mine = before.then(() => send(wish));
  queues.set(wish.chat, mine);
}

async function send(wish) {
  const last = () => wishes.get(keyOf(wish)) === wish;
  if (!last()) return; // clicked again before it could go: only the last state matters
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    const html = await ask(wish.url, { method: "POST", form: { state: wish.state }, signal, keepalive: true });
    if (!last()) return;
    wishes.delete(keyOf(wish));
    watched.set(keyOf(wish), wish);
    place(html);
    say(fill(wish.state === "on" ? texts.added : texts.removed, { label: wish.name }));
    document.dispatchEvent(new CustomEvent("tagged", { detail: wish }));
  } catch (error) {
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
  document.body.dispatchEvent(new CustomEvent(`chat-${wish.chat}`));
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

function remember() {
  const kept = unsaved();
  sessionStorage.setItem(STORE, JSON.stringify(kept));
  document.getElementById("unsaved")?.remove();
  if (!kept.length) return;
  const bar = document.getElementById("unsaved-template").content.firstElementChild.cloneNode(true);
  bar.querySelector(".toast-text").textContent = plural(navigator.onLine ? texts.unansweredCount : texts.unsavedCount, kept.length);
  document.getElementById("toasts").append(bar);
}

function retry(kept) {
  for (const wish of kept) start({ ...wish, status: "sending" });
  remember();
}

function discard() {
  for (const wish of unsaved()) {
    wishes.delete(keyOf(wish));
    for (const chip of chipsOf(wish)) chip.closest("li").remove();
    document.body.dispatchEvent(new CustomEvent(`chat-${wish.chat}`));
  }
  remember();
}

// ---- painting

const places = (chat) => document.querySelectorAll(`#chat-${chat} > .chips, #tags-${chat} > .chips`);

function chipsOf(wish) {
  return [...places(wish.chat)].flatMap((place) => [...place.querySelectorAll(`.chip[data-pk="${wish.label}"]`)]);
}

function paint(wish) {
  for (const where of places(wish.chat)) {
    const there = where.querySelector(`.chip[data-pk="${wish.label}"]`);
    if (there) dress(there, wish);
    else if (wish.state === "on" || wish.status === "unsaved") add(where, wish);
  }
  choose(wish);
}

function add(where, wish) {
  const template = document.createElement("template");
  template.innerHTML = wish.look;
  const chip = template.content.firstElementChild;
  const large = where.closest(".tagline") !== null;
  chip.classList.toggle("lg", large);
  dress(chip, wish);
  const item = document.createElement("li");
  item.append(chip);
  where.querySelector(".none-yet")?.remove();
  const slot = where.querySelector(".stage-slot");
  if (chip.classList.contains("stage") && slot) {
    item.className = "stage-slot";
    slot.classList.remove("stage-slot");
    if (slot.querySelector(".nostage")) slot.remove();
    where.prepend(item);
  } else where.insertBefore(item, where.querySelector(".more")?.closest("li") ?? where.querySelector(".adder"));
}

function dress(chip, wish) {
  const lost = wish.status === "unsaved";
  const words = fill(lost ? texts[wish.why] : texts.waiting, { label: wish.name });
  chip.classList.remove("failed", "ghost", "pending", "unsaved", "leaving");
  chip.classList.add(lost ? "unsaved" : "pending");
  chip.classList.toggle("leaving", wish.state === "off");
  chip.dataset.state = lost ? "unsaved" : "pending";
  chip.dataset.wanted = wish.state;
  chip.title = words;
  if (chip.contains(document.activeElement)) document.getElementById(`add-${wish.chat}`)?.focus();
  chip.querySelectorAll(":scope > svg, .vh, .x").forEach((each) => each.remove());
  chip.prepend(sign(lost ? 2 : wish.state === "on" ? 0 : 1));
  if (lost) asButton(chip, words, wish);
  else for (const name of ["role", "tabindex", "aria-label", "data-retry"]) chip.removeAttribute(name);
}

function asButton(chip, words, wish) {
  chip.setAttribute("role", "button");
  chip.setAttribute("aria-label", words);
  chip.tabIndex = 0;
  chip.dataset.retry = keyOf(wish);
}

// The picker's marks
function choose(wish) {
  const picked = document.querySelector(`#picker [data-pk="${wish.chat}"] #opt-${wish.label}`);
  if (!picked) return;
  const group = picked.dataset.group;
  if (group && wish.state === "on") {
    for (const other of picked.parentElement.children) if (other.role === "option") other.setAttribute("aria-selected", "false");
  }
  picked.setAttribute("aria-selected", wish.state === "on" ? "true" : "false");
}

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
  if (button.name === "state") return wishFor(chatPk, pk, button.value, button.formAction);
  try {
    place(await ask(button.formAction, { method: "POST", form: {} }));
  } catch (error) {
    toast(error.said || texts.unreachable, "error");
  }
});
document.addEventListener("set-label", ({ detail }) => wishFor(detail.chat, detail.label, detail.state, detail.url));

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
  wishes.set(keyOf(wish), wish);
  paint(wish);
}
remember();
