// The list of deliveries: tells of new ones and repaints those that waited, without moving a row, and with
// them the drawer.

const { ask } = window.labelapp;
const PACE = 4000; // milliseconds between two looks, however much comes in
const IDLE = 20000; // what changes nothing makes no live event
let looked = 0;
let timer;

const list = () => document.getElementById("deliveries-list");
const side = () => document.getElementById("deliveries-side");

function soon() {
  timer ??= setTimeout(look, Math.max(0, looked + PACE - Date.now()));
}

async function look() {
  timer = undefined;
  looked = Date.now();
  const shown = list();
  if (!shown?.dataset.fresh || document.hidden || !navigator.onLine) return;
  const { open } = side().dataset;
  const rows = [...shown.querySelectorAll('tr[data-outcome=""]')].map((row) => row.dataset.delivery);
  try {
    const html = await ask(`${shown.dataset.fresh}&waiting=${open ? [open, ...rows] : rows}`, { quiet: true });
    if (shown.isConnected) repaint(new DOMParser().parseFromString(html, "text/html"));
  } catch {
    // the next look tells; the header says when the page is cut off
  }
}

function repaint(fresh) {
  for (const now of fresh.querySelectorAll("tr[data-delivery], #deliveries-news")) {
    const old = document.getElementById(now.id);
    if (!old || old.textContent === now.textContent) continue;
    const focus = old.contains(document.activeElement) && document.activeElement.id;
    old.replaceWith(now);
    window.htmx.process(now);
    if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
  }
  mark();
  follow();
}

// The drawer tells what its row tells
function follow() {
  const { open, outcome } = side().dataset;
  const row = open && document.getElementById(`delivery-${open}`);
  if (!row || row.dataset.outcome === outcome) return;
  const at = side().querySelector(".scroll")?.scrollTop;
  window.htmx.ajax("GET", row.querySelector("a.hit").href, { target: "#deliveries-side", swap: "outerHTML" }).then(() => {
    side().querySelector(".scroll")?.scrollTo(0, at);
  });
}

function mark() {
  const { open } = side().dataset;
  for (const row of document.querySelectorAll("tr[data-delivery]")) row.classList.toggle("at", row.dataset.delivery === open);
}

// What had the focus may be gone with the drawer before
function refocus() {
  if (document.activeElement === document.body) side().querySelector(".side [data-close]")?.focus({ preventScroll: true });
  const { open, outcome } = side().dataset;
  const row = document.getElementById(`delivery-${open}`);
  if (outcome === "" || (row && row.dataset.outcome !== outcome)) soon(); // put back a moment ago, perhaps applied since
}

document.addEventListener("htmx:afterSettle", (event) => {
  mark();
  if (event.target.id === "deliveries-side" && side().dataset.open) refocus();
});
document.body.addEventListener("live-change", soon);
document.body.addEventListener("live-resync", soon);
document.addEventListener("visibilitychange", soon);
setInterval(soon, IDLE);
mark();
