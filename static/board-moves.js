// Moving cards: by hand (board-drag.js), from the keyboard, or from the menu of a card. The card goes at once; if the server says no, or
// can't be asked, it goes back. Of several moves of one chat the last one counts.

const { acts, ask, fill, texts } = window.labelapp;
const { board, cardOf, cards, columnOf, merge, nameOf, put, recount, say } = window.labelapp.board;
const PATIENCE = 10_000;
const wishes = new Map(); // chat -> where it is to go, as long as the server has not answered
const settled = new Map(); // chat -> when it did: what was asked for before may not know of it
const queues = new Map(); // chat -> end of its line of requests
const watched = new Map(); // chat -> stage, to be told when WhatsApp has it
let last = ""; // the card one was at

const toast = (text) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, level: "error" } }));
const mayMove = () => document.getElementById("stage-menu") !== null;

function move(pk, stage, { anyway = false } = {}) {
  const card = cardOf(pk);
  const column = columnOf(stage);
  if (!card || !mayMove() || column?.dataset.open === undefined) return;
  if (card.dataset.stage === stage && !anyway) return;
  card.dataset.home ??= card.dataset.stage;
  card.dataset.stage = stage;
  card.classList.add("moving");
  put(card);
  if (card.contains(document.activeElement)) card.scrollIntoView({ block: "nearest", inline: "nearest" });
  say(fill(texts.cardMoved, { chat: nameOf(card), stage: column.dataset.name }));
  const wish = { pk, stage };
  wishes.set(pk, wish);
  const before = queues.get(pk) ?? Promise.resolve();
  queues.set(pk, before.then(() => send(wish)));
}

async function send(wish) {
  const isLast = () => wishes.get(wish.pk) === wish;
  if (!isLast()) return;
  const url = board().dataset.post.replace("/1/2/", `/${wish.pk}/${wish.stage}/`);
  try {
    const html = await ask(url, { method: "POST", form: {}, signal: AbortSignal.timeout(PATIENCE), keepalive: true });
    if (!isLast()) return;
    wishes.delete(wish.pk);
    settled.set(wish.pk, performance.now());
    watched.set(wish.pk, wish.stage);
    merge(html, performance.now(), [wish.pk]);
    document.dispatchEvent(new CustomEvent("placed"));
  } catch (error) {
    if (!isLast()) return;
    wishes.delete(wish.pk);
    giveBack(cardOf(wish.pk));
    toast(error.said || texts.unreachable);
    document.dispatchEvent(new CustomEvent("changed", { detail: { chat: wish.pk, undone: true } })); // as it really is
  }
  recount();
}

function giveBack(card) {
  if (!card?.dataset.home) return;
  card.dataset.stage = card.dataset.home;
  delete card.dataset.home;
  card.classList.remove("moving");
  put(card);
  say(fill(texts.cardStays, { chat: nameOf(card), stage: columnOf(card.dataset.stage).dataset.name }));
}

window.labelapp.isMoving = (pk, asked) => wishes.has(pk) || settled.get(pk) > asked;
window.labelapp.answered = () => Promise.all(queues.values());
window.labelapp.board.move = move;
window.labelapp.board.mayMove = mayMove;

// A fresh card may bring the word we wait for
document.addEventListener("placed", () => {
  for (const [pk, stage] of watched) {
    const card = cardOf(pk);
    const label = columnOf(stage)?.dataset.name;
    if (card?.querySelector('[data-state="pending"], [data-state="sent"]') && card.dataset.stage === stage) continue;
    watched.delete(pk);
    if (card?.querySelector(`.chip[data-pk="${stage}"][data-state="failed"]`)) say(fill(texts.failed, { label }));
    else if (card?.dataset.stage === stage) say(fill(texts.on, { label }));
  }
});

// ---- the keyboard

const current = () => document.activeElement?.closest?.(".kard") ?? cardOf(last);
const columns = () => [...board().querySelectorAll(".col")];
const goTo = (card) => {
  card.querySelector(".hit").focus({ preventScroll: true, focusVisible: true });
  card.scrollIntoView({ block: "nearest", inline: "nearest" });
};

document.addEventListener("focusin", ({ target }) => {
  const card = target.closest?.(".kard");
  if (card) last = card.dataset.pk;
});

function step(by) {
  const from = current();
  if (!from) return cards()[0] && goTo(cards().find((card) => card.offsetParent) ?? cards()[0]);
  const all = cards(from.parentElement);
  const next = all[all.indexOf(from) + by];
  if (next) goTo(next);
}

// To the column that stands beside it on the screen and has cards, at about the same height
function across(by) {
  const from = current();
  if (!from) return step(1);
  const all = columns();
  const way = document.documentElement.dir === "rtl" ? -by : by;
  for (let n = all.indexOf(from.closest(".col")) + way; all[n]; n += way) {
    const there = cards(all[n]).filter((card) => card.offsetParent);
    if (!there.length) continue;
    const top = from.getBoundingClientRect().top;
    const far = (card) => Math.abs(card.getBoundingClientRect().top - top);
    return goTo(there.reduce((best, card) => (far(card) < far(best) ? card : best)));
  }
}

// The stage after or before this one that chats can be moved to
function shift(by) {
  const card = current();
  if (!card || !mayMove()) return toastless(texts.chooseCard);
  const all = columns();
  let n = all.findIndex((column) => column.dataset.stage === card.dataset.stage) + by;
  while (all[n] && all[n].dataset.open === undefined) n += by;
  if (all[n]) move(card.dataset.pk, all[n].dataset.stage);
  else say(by > 0 ? texts.lastStage : texts.firstStage);
}

const toastless = (text) => document.dispatchEvent(new CustomEvent("toast", { detail: { text } }));

acts.next = () => step(1);
acts.previous = () => step(-1);
acts["column-after"] = () => across(1);
acts["column-before"] = () => across(-1);
acts.open = () => current()?.querySelector(".hit").click();
acts.search = () => document.getElementById("search").select();
acts["stage-after"] = () => shift(1);
acts["stage-before"] = () => shift(-1);
acts.stage = () => (current() ? openMenu(current()) : toastless(texts.chooseCard));

// ---- the menu

const menu = () => document.getElementById("stage-menu");
const spot = new CSSStyleSheet(); // a style attribute would not outlive a swap
document.adoptedStyleSheets.push(spot);
const items = () => [...menu().querySelectorAll("[data-to]")];

function openMenu(card) {
  if (!mayMove()) return;
  menu().dataset.pk = card.dataset.pk;
  for (const item of items()) {
    if (item.dataset.to === card.dataset.stage) item.setAttribute("aria-current", "true");
    else item.removeAttribute("aria-current");
  }
  menu().showPopover();
  const anchor = card.querySelector("[data-move]").getBoundingClientRect();
  const { width, height } = menu().getBoundingClientRect();
  const left = document.documentElement.dir === "rtl" ? anchor.left : anchor.right - width;
  const inside = Math.min(Math.max(8, left), innerWidth - width - 8);
  const start = document.documentElement.dir === "rtl" ? innerWidth - width - inside : inside;
  const top = anchor.bottom + 4 + height > innerHeight - 8 ? Math.max(8, anchor.top - height - 4) : anchor.bottom + 4;
  spot.replaceSync(`#stage-menu { inset-block-start: ${top}px; inset-inline-start: ${start}px; }`);
  (items().find((item) => !item.matches("[aria-current]")) ?? items()[0])?.focus();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-move]");
  const choice = event.target.closest("#stage-menu [data-to]");
  const keep = event.target.closest("[data-keep]");
  if (opener && mayMove() && !event.metaKey && !event.ctrlKey) {
    event.preventDefault();
    openMenu(opener.closest(".kard"));
  } else if (choice) {
    const { pk } = menu().dataset;
    menu().hidePopover();
    cardOf(pk)?.querySelector(".hit").focus({ preventScroll: true });
    move(pk, choice.dataset.to);
  } else if (keep) move(keep.closest(".kard").dataset.pk, keep.dataset.keep, { anyway: true });
});

const STEPS = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
document.addEventListener("keydown", (event) => {
  const at = event.target.closest?.("#stage-menu [data-to]");
  if (!at || !(event.key in STEPS)) return;
  event.preventDefault();
  const all = items();
  const to = all.indexOf(at) + STEPS[event.key];
  all[to === Infinity || to < 0 && to !== -Infinity ? all.length - 1 : to === -Infinity || to >= all.length ? 0 : to].focus();
});
