// The drift page: follows what happens without losing what is chosen, and counts it.

const { ask, place, texts, plural } = window.labelapp;
const PACE = 2000; // milliseconds between two looks, however much happens
const STILL = 1500; // a row must not slip away under a pointer that is about to press it
let looked = 0;
let moved = 0;
let timer;
let kept; // values of the chosen rows while the list is replaced
let row = -1; // where the focus was

const list = () => document.getElementById("drift");
const rows = () => [...document.querySelectorAll("#drift tr[data-drift]")];
const boxes = () => [...document.querySelectorAll('#drift input[name="item"]')];
const chosen = () => boxes().filter((box) => box.checked);

function soon(wait = 0) {
  timer ??= setTimeout(look, Math.max(wait, looked + PACE - Date.now()));
}

// An answer that is on its way needs the form it belongs to
const isBusy = () => document.querySelector("form.htmx-request")
  || (list()?.matches(":hover") && Date.now() - moved < STILL);

async function look() {
  timer = undefined;
  if (document.hidden || !navigator.onLine || !list()) return;
  if (isBusy()) return soon(STILL);
  looked = Date.now();
  let html;
  const asked = performance.now();
  try {
    html = await ask(list().dataset.fresh, { target: "drift", quiet: true });
  } catch {
    return; // the next look tells; the header says when the page is cut off
  }
  if (isBusy()) return soon(STILL);
  remember();
  place(html, asked);
  restore();
}

// A row that says something else now has another value: it is not chosen any more
function remember() {
  kept = chosen().map((box) => box.value);
  row = rows().findIndex((each) => each.contains(document.activeElement));
}

function restore() {
  if (!kept) return;
  for (const box of boxes()) box.checked = kept.includes(box.value);
  if (row >= 0 && document.activeElement === document.body) refocus();
  kept = undefined;
  count();
}

// The row one was in is settled: go on with the one in its place
function refocus() {
  const next = rows()[Math.min(row, rows().length - 1)];
  (next?.querySelector("button, a") || document.getElementById("drift-check"))?.focus({ preventScroll: true });
}

function count() {
  const words = document.querySelector("[data-chosen]");
  if (words && chosen().length) words.textContent = plural(texts.chosenRows, chosen().length);
}

document.addEventListener("change", (event) => event.target.matches('#drift input[name="item"]') && count());
document.addEventListener("pointermove", () => { moved = Date.now(); });
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target } = event.detail;
  if (target.id !== "drift") return;
  remember();
  if (xhr.status !== 409) return;
  event.detail.shouldSwap = true; // the sentence comes as a toast, with the rows as they are now
  event.detail.isError = false;
});
document.addEventListener("htmx:afterSettle", restore);
document.body.addEventListener("live-change", () => soon());
document.body.addEventListener("live-resync", () => soon());
document.addEventListener("visibilitychange", () => soon());
count();
