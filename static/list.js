// The list follows WhatsApp, and never moves under the pointer, the keyboard's focus or a reader who has scrolled:
// then it collects what is new behind a button. Rows change in their place meanwhile.

const { announce, ask, place, plural, texts } = window.labelapp;
const SOON = 600;
const COUNTS = 2000;
const RETRY = 5000;
const news = new Set(); // chats with a new message that stand elsewhere than they should
const mine = new Set(); // chats that I have changed
// What the next look is for: chats with a new message; other chats may belong here now; every row may look different (labels were
// renamed, or we were cut off), those below the first page, too
const nothing = () => ({ moved: new Set(), stale: false, changed: false, deep: false });
let due = nothing();
let looking = false;
let pointer = false;
let timer = null;
let counting = null;
let more = false; // changes since the counts were asked for

const list = () => document.getElementById("list");
const rows = () => document.getElementById("rows");
const number = () => document.querySelector(".app.inbox").dataset.number;
const order = (parent) => [...parent.children].filter((each) => each.matches(".row")).map((each) => each.dataset.pk);

function held() {
  return pointer || document.querySelector(".main.selecting") || list().scrollTop > 8 || rows().querySelector(":focus-visible") !== null || finished().some(isAt);
}

// Rows that fit the filter no more. One that I changed stays until I move on, then it makes room, but not under the pointer.
const finished = () => [...rows().querySelectorAll(":scope > .row.gone")];
const isAt = (row) => row.matches("[aria-current], :focus-within, :has(.pick :checked)") || document.querySelector(".app").dataset.picking === row.dataset.pk;

function sweep() {
  if (pointer) return;
  for (const row of finished()) {
    if (!mine.has(row.dataset.pk) || isAt(row)) continue;
    mine.delete(row.dataset.pk);
    row.remove();
  }
  soon();
}

function soon() {
  timer ??= setTimeout(settle, SOON);
}

async function settle() {
  timer = null;
  if (!navigator.onLine || looking) return;
  if (!due.moved.size && !due.changed && (held() || !(due.stale || news.size))) return;
  looking = true;
  const wanted = due; // what is heard from now on may be too young for the answer: it stays for the next look
  due = nothing();
  try {
    if (!(await show(wanted))) again(wanted); // another filter meanwhile
  } catch {
    again(wanted);
    setTimeout(soon, RETRY); // the header says so where we are cut off
  }
  looking = false;
  if (due.moved.size || due.changed || due.stale) soon();
}

async function show(wanted) {
  const url = list().dataset.rows;
  const asked = performance.now();
  const fresh = await page(url);
  if (list().dataset.rows !== url) return false;
  if (held()) await patch(fresh, asked, url, wanted);
  else replace(fresh);
  offer();
  document.dispatchEvent(new CustomEvent("placed", { detail: { asked } }));
  return true;
}

function again({ moved, ...rest }) {
  moved.forEach((pk) => due.moved.add(pk));
  for (const [name, is] of Object.entries(rest)) due[name] ||= is;
}

async function page(url) {
  const template = document.createElement("template");
  template.innerHTML = await ask(url, { quiet: true });
  return template.content;
}

function replace(fresh) {
  const focus = rows().contains(document.activeElement) ? document.activeElement.id : "";
  rows().replaceChildren(fresh);
  window.htmx.process(rows());
  if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
  news.clear();
}

// Rows get their new face and keep their places; what would have moved is counted
async function patch(fresh, asked, url, { moved, changed, deep }) {
  const before = order(rows());
  order(fresh).forEach((pk, spot) => {
    if (moved.has(pk) && before[spot] !== pk) news.add(pk);
  });
  repaint(fresh, asked, (pk) => changed || moved.has(pk));
  due.stale = true;
  if (deep) await follow(fresh, new Set(before), url);
}

// All of a page at once: each exchange has the whole list looked at
function repaint(fresh, asked, isWanted) {
  const old = [...fresh.children].filter((row) => row.dataset.pk && isWanted(row.dataset.pk) && document.getElementById(row.id));
  if (old.length) place(old.map((row) => row.outerHTML).join(""), asked);
}

// The same for the rows below the first page: page after page, as far as they reach. Those that are on none of these pages have
// left the list, or stand further down now: they ask for themselves.
async function follow(first, left, url) {
  let pages = Math.ceil(left.size / order(first).length) + 1; // with room for some that have come in between
  let next = first;
  for (;;) {
    for (const pk of order(next)) left.delete(pk);
    const more = next.querySelector(".more-rows");
    if (!left.size || !more || !pages) break;
    pages -= 1;
    const asked = performance.now();
    next = await page(more.getAttribute("hx-get"));
    if (list().dataset.rows !== url) return;
    repaint(next, asked, () => true);
  }
  for (const pk of left) announce(`chat-${pk}`);
}

function offer() {
  const button = document.getElementById("news");
  button.hidden = news.size === 0;
  button.lastElementChild.textContent = plural(texts.news, news.size);
}

// At once, then not again for two seconds
function recount() {
  if (counting) {
    more = true;
    return;
  }
  announce("counts-stale");
  counting = setTimeout(() => {
    counting = null;
    if (more) recount();
    more = false;
  }, COUNTS);
}

document.body.addEventListener("live-change", ({ detail }) => {
  detail.messages.forEach((pk) => due.moved.add(String(pk)));
  if (detail.chats.length && list().dataset.filtered) due.stale = true;
  if (detail.labels.includes(number())) due.changed = due.deep = true;
  if (detail.instances.includes(number())) due.changed = true;
  soon();
  recount();
});
document.body.addEventListener("live-resync", () => {
  due.changed = due.deep = true;
  soon();
  recount();
  goOn();
});

// The end of the list came into view while nothing could be fetched: it asks again
function goOn() {
  const more = rows().querySelector(".more-rows");
  if (more?.getBoundingClientRect().top < list().getBoundingClientRect().bottom) window.htmx.trigger(more, "intersect");
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("#news")) return;
  pointer = false;
  list().scrollTop = 0;
  document.activeElement?.blur();
  settle();
});
document.addEventListener("pointerover", (event) => {
  const inside = event.pointerType !== "touch" && event.target.closest?.("#rows") !== null;
  const left = pointer && !inside;
  pointer = inside;
  if (left) sweep();
});
document.documentElement.addEventListener("pointerleave", () => {
  pointer = false;
  sweep();
});
document.addEventListener("changed", ({ detail }) => mine.add(String(detail.chat)));
document.addEventListener("focusin", sweep);
document.addEventListener("placed", sweep);
document.addEventListener("focusout", soon);
document.addEventListener("scroll", (event) => event.target.id === "list" && event.target.scrollTop <= 8 && soon(), true);
document.addEventListener("placed", offer);

// A hidden tab reads nothing: its messages are fetched, and count as read, when someone looks
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.matches("[data-messages]") && document.hidden) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  const shown = document.querySelector("[data-messages]");
  if (shown && !document.hidden) announce(`message-${shown.dataset.pk}`);
});
