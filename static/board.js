// The board follows WhatsApp and everybody else: cards are painted anew in their place, or slide to where they belong. Within a column
// they stand in the order of the inbox. Nothing moves while a card is in somebody's hand.

const { ask, bring, fill, place, plural, texts } = window.labelapp;
const SOON = 250; // milliseconds after something happened
const PACE = 1500; // between two looks while much happens
const COUNTS = 3000;
const CHUNK = 100; // cards that are asked for at once
const CALM = matchMedia("(prefers-reduced-motion: reduce)");
const due = new Set(); // chats of which something is new
let whole = false; // we were cut off: every card may be another
let anew = false; // the columns themselves may be others
let looked = -PACE;
let timer = null;
let counting = null;
let again = false;

const board = () => document.getElementById("board");
const cardOf = (pk) => document.getElementById(`card-${pk}`);
const listOf = (stage) => document.getElementById(`cards-${stage}`);
const columnOf = (stage) => document.getElementById(`col-${stage}`);
const cards = (within = board()) => [...within.querySelectorAll(".kard")];
const nameOf = (card) => card.querySelector(".hit").textContent;
const say = (text) => document.dispatchEvent(new CustomEvent("say", { detail: { text } }));

// ---- where a card stands

const isAbove = (one, other) => {
  const [a, b] = [one, other].map(({ dataset }) => [Number(dataset.at), Number(dataset.pk)]);
  return a[0] - b[0] || a[1] - b[1];
};

// The first that stands below it: a card, the way to further ones, or the words for an empty column
const below = (card, list) => [...list.children].find((each) => each !== card && (!each.matches(".kard") || isAbove(card, each) > 0));

// Further down than what was loaded so far: it comes with the others there
const isBeyond = (card) => {
  const list = listOf(card.dataset.stage);
  return below(card, list)?.matches(".more-cards") === true;
};

// Puts a card where it belongs. What has the focus keeps it; what moves is seen to move.
function put(card, { from = card.isConnected ? card.getBoundingClientRect() : null } = {}) {
  const list = listOf(card.dataset.stage);
  const next = below(card, list);
  if (card.parentElement === list && card.nextElementSibling === next) return;
  const focus = card.contains(document.activeElement) ? document.activeElement : null;
  list.insertBefore(card, next);
  focus?.focus({ preventScroll: true });
  if (from) slide(card, from);
}

function slide(card, from) {
  const to = card.getBoundingClientRect();
  if (CALM.matches || !to.width) return;
  const [x, y] = [from.left - to.left, from.top - to.top];
  card.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }], { duration: 240, easing: "cubic-bezier(.2, .7, .2, 1)" });
}

function arrive(card) {
  if (!CALM.matches) card.animate([{ opacity: 0, transform: "translateY(-12px)" }, { opacity: 1, transform: "none" }], { duration: 240, easing: "ease-out" });
}

// ---- what the server says of cards

// `pks`: the chats that it was asked for; those that it has no card of have left the board. Returns those that came to another stage.
function merge(html, asked, pks = []) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = new Map(cards(template.content).map((card) => [card.dataset.pk, card]));
  const moved = [];
  for (const [pk, card] of fresh) {
    card.remove();
    if (window.labelapp.isMoving(pk, asked)) due.add(pk);
    else if (listOf(card.dataset.stage) && take(card)) moved.push(card);
  }
  for (const pk of pks) if (!fresh.has(pk) && !window.labelapp.isMoving(pk, asked)) cardOf(pk)?.remove();
  place(template.innerHTML, asked); // the rest, a toast
  if (due.size) soon();
  return moved;
}

function take(card) {
  const old = cardOf(card.dataset.pk);
  if (!old) {
    if (isBeyond(card)) return false;
    put(card);
    arrive(card);
    return true;
  }
  const { stage, at } = old.dataset;
  if (stage === card.dataset.stage && old.outerHTML === card.outerHTML) return false;
  const from = old.getBoundingClientRect();
  const focus = old.contains(document.activeElement) ? document.activeElement.id : "";
  old.replaceWith(card);
  if (stage !== card.dataset.stage || at !== card.dataset.at) {
    if (isBeyond(card) && !focus) card.remove();
    else put(card, { from });
  }
  if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
  return stage !== card.dataset.stage;
}

function tell(moved) {
  if (moved.length > 1) say(plural(texts.cardsMoved, moved.length));
  else if (moved.length) say(fill(texts.cardMoved, { chat: nameOf(moved[0]), stage: columnOf(moved[0].dataset.stage).dataset.name }));
}

// ---- looking

function soon() {
  timer ??= setTimeout(look, Math.max(SOON, looked + (due.size > 20 || whole ? PACE : 0) - performance.now()));
}

async function look() {
  timer = null;
  if (!board() || !navigator.onLine) return;
  if (board().matches(".dragging")) return soon();
  looked = performance.now();
  try {
    if (anew) await renew();
    else if (whole) await compare();
    else await refresh([...due]);
  } catch {
    return; // the header says that we are cut off; everything is looked at again afterwards
  }
  document.dispatchEvent(new CustomEvent("placed"));
}

// An answer comes too late for a board that asks for other chats now, and too early while a card is in somebody's hand
const isLate = (there) => board() !== there || there.matches(".dragging");

async function refresh(pks) {
  const there = board();
  pks.forEach((pk) => due.add(pk));
  for (let start = 0; start < pks.length; start += CHUNK) {
    const some = pks.slice(start, start + CHUNK);
    some.forEach((pk) => due.delete(pk));
    const asked = performance.now();
    const url = new URL(there.dataset.cards, location.href);
    url.searchParams.set("chats", some.join(","));
    try {
      const html = await ask(url, { quiet: true });
      if (!isLate(there)) tell(merge(html, asked, some));
      else some.forEach((pk) => due.add(pk));
    } catch (error) {
      some.forEach((pk) => due.add(pk));
      throw error;
    }
    if (isLate(there)) return soon();
  }
}

// The first cards of each column, and then those that are on none of them
async function compare() {
  const there = board();
  const before = cards().map((card) => card.dataset.pk);
  const asked = performance.now();
  whole = false;
  const template = document.createElement("template");
  template.innerHTML = await ask(there.dataset.page, { target: "board", quiet: true });
  if (isLate(there)) {
    whole = true;
    return soon();
  }
  const found = cards(template.content);
  const known = new Set(found.map((card) => card.dataset.pk));
  tell(merge(found.map((card) => card.outerHTML).join(""), asked));
  await refresh([...new Set([...due, ...before.filter((pk) => !known.has(pk))])]);
}

async function renew() {
  const there = board();
  const asked = performance.now();
  anew = whole = false;
  due.clear();
  const html = await ask(there.dataset.page, { target: "board", quiet: true });
  if (isLate(there)) {
    anew = true;
    return soon();
  }
  const places = [board().scrollLeft, new Map([...board().querySelectorAll(".cards")].map((list) => [list.id, list.scrollTop]))];
  place(html, asked);
  board().scrollLeft = places[0];
  for (const [id, top] of places[1]) document.getElementById(id)?.scrollTo({ top });
}

// At once, then not again for a while
async function recount() {
  if (counting) {
    again = true;
    return;
  }
  counting = setTimeout(() => {
    counting = null;
    if (again) recount();
    again = false;
  }, COUNTS);
  if (board()?.querySelector(".colhead:active")) return void (again = true);
  try {
    if (board()) await bring(board().dataset.heads, { quiet: true });
  } catch {
    again = true;
  }
}

document.body.addEventListener("live-change", ({ detail }) => {
  for (const pk of [...detail.chats, ...detail.messages]) due.add(String(pk));
  if (detail.labels.includes(board()?.dataset.number)) anew = true;
  if (!anew && !due.size) return;
  soon();
  recount();
});
document.body.addEventListener("live-resync", () => {
  whole = true;
  soon();
  recount();
});
document.addEventListener("changed", ({ detail }) => {
  due.add(String(detail.chat));
  soon();
  recount();
});

// A card that had come by itself comes once more with those around it
function single() {
  const seen = new Map();
  for (const card of board() ? cards() : []) {
    seen.get(card.id)?.remove();
    seen.set(card.id, card);
  }
}

// ---- folded columns, kept in the browser

const key = () => `labelapp-folded-${board().dataset.funnel}`;
const folded = () => new Set(JSON.parse(localStorage.getItem(key()) || "[]"));

function paintFolds() {
  if (!board()) return;
  const shut = folded();
  for (const column of board().querySelectorAll(".col")) {
    const isShut = shut.has(column.dataset.stage);
    column.classList.toggle("shut", isShut);
    column.querySelector("[data-fold]").setAttribute("aria-expanded", isShut ? "false" : "true");
  }
}

document.addEventListener("click", (event) => {
  const column = event.target.closest("[data-fold], .shut .colhead")?.closest(".col");
  if (!column) return;
  const shut = folded();
  if (!shut.delete(column.dataset.stage)) shut.add(column.dataset.stage);
  localStorage.setItem(key(), JSON.stringify([...shut]));
  paintFolds();
});

document.addEventListener("placed", () => {
  single();
  paintFolds();
});
paintFolds();

window.labelapp.board = { board, cardOf, cards, columnOf, merge, nameOf, put, recount, say };
