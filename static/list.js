// The list follows WhatsApp, and never moves under the pointer, the keyboard's focus or a reader who has scrolled:
// then it collects what is new behind a button. Rows change in their place meanwhile.

const { ask, place, plural, texts } = window.labelapp;
const SOON = 600;
const COUNTS = 2000;
const moved = new Set(); // chats with a new message, not looked at yet
const news = new Set(); // those of them that stand elsewhere than they should
let stale = false; // other chats may belong here now
let changed = false; // every row may look different: labels were renamed, or we were cut off
let pointer = false;
let timer = null;
let counting = null;
let again = false;

const list = () => document.getElementById("list");
const rows = () => document.getElementById("rows");
const number = () => document.querySelector(".app.inbox").dataset.number;
const order = (parent) => [...parent.children].filter((each) => each.matches(".row")).map((each) => each.dataset.pk);

function held() {
  return pointer || list().scrollTop > 8 || rows().querySelector(":focus-visible") !== null;
}

function soon() {
  timer ??= setTimeout(settle, SOON);
}

async function settle() {
  timer = null;
  const free = !held();
  if (!navigator.onLine) return;
  if (!moved.size && !changed && !(free && (stale || news.size))) return;
  const url = list().dataset.rows;
  try {
    const fresh = await firstPage(url);
    if (list().dataset.rows !== url) return; // another filter meanwhile
    if (held()) patch(fresh);
    else replace(fresh);
  } catch {
    return; // the header says that we are cut off; everything is fetched again afterwards
  }
  offer();
  document.dispatchEvent(new CustomEvent("placed"));
}

async function firstPage(url) {
  const template = document.createElement("template");
  template.innerHTML = await ask(url, { quiet: true });
  return template.content;
}

function replace(fresh) {
  const focus = rows().contains(document.activeElement) ? document.activeElement.id : "";
  rows().replaceChildren(fresh);
  window.htmx.process(rows());
  if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
  [moved, news].forEach((each) => each.clear());
  stale = changed = false;
}

// Rows get their new face and keep their places; what would have moved is counted
function patch(fresh) {
  const before = order(rows());
  order(fresh).forEach((pk, spot) => {
    if (moved.has(pk) && before[spot] !== pk) news.add(pk);
  });
  for (const row of [...fresh.children]) {
    if (row.dataset.pk && (changed || moved.has(row.dataset.pk)) && document.getElementById(row.id)) place(row.outerHTML);
  }
  moved.clear();
  stale = true;
  changed = false;
}

function offer() {
  const button = document.getElementById("news");
  button.hidden = news.size === 0;
  button.lastElementChild.textContent = plural(texts.news, news.size);
}

// At once, then not again for two seconds
function recount() {
  if (counting) {
    again = true;
    return;
  }
  document.body.dispatchEvent(new CustomEvent("counts-stale"));
  counting = setTimeout(() => {
    counting = null;
    if (again) recount();
    again = false;
  }, COUNTS);
}

document.body.addEventListener("live-change", ({ detail }) => {
  detail.messages.forEach((pk) => moved.add(String(pk)));
  if (detail.chats.length && list().dataset.filtered) stale = true;
  if (detail.labels.includes(number()) || detail.instances.includes(number())) changed = true;
  soon();
  recount();
});
document.body.addEventListener("live-resync", () => {
  changed = true;
  soon();
  recount();
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("#news")) return;
  pointer = false;
  list().scrollTop = 0;
  document.activeElement?.blur();
  settle();
});
document.addEventListener("pointerover", (event) => {
  const inside = event.pointerType !== "touch" && event.target.closest?.("#rows") !== null;
  if (pointer && !inside) soon();
  pointer = inside;
});
document.documentElement.addEventListener("pointerleave", () => {
  pointer = false;
  soon();
});
document.addEventListener("focusout", soon);
document.addEventListener("scroll", (event) => event.target.id === "list" && event.target.scrollTop <= 8 && soon(), true);
document.addEventListener("placed", offer);

// A hidden tab reads nothing: its messages are fetched, and count as read, when someone looks
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.matches("[data-messages]") && document.hidden) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  const shown = document.querySelector("[data-messages]");
  if (shown && !document.hidden) document.body.dispatchEvent(new CustomEvent(`message-${shown.dataset.pk}`));
});
