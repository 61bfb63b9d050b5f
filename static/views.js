// The views above the list: their counts, and the keys that go from one to the next.

const { acts, ask } = window.labelapp;
const PACE = 10000; // milliseconds between two counts, however much happens
const known = new Map(); // the last counts, for a bar that was just swapped in
let counted = 0;
let timer;

const tabs = () => document.getElementById("tabs");

// ---- counts

async function count() {
  timer = undefined;
  if (!tabs() || document.hidden || !navigator.onLine) return;
  counted = Date.now();
  const url = tabs().dataset.counts;
  try {
    const template = document.createElement("template");
    template.innerHTML = await ask(url, { quiet: true });
    for (const spot of tabs()?.querySelectorAll(".n") ?? []) known.set(spot.id, spot); // those that have no count stay as they are
    for (const each of template.content.children) known.set(each.id, each);
    show();
  } catch {
    // the next change tells; the header says when the page is cut off
  }
}

function show() {
  for (const spot of tabs()?.querySelectorAll(".n") ?? []) {
    const fresh = known.get(spot.id);
    if (fresh && !fresh.isEqualNode(spot)) spot.replaceWith(fresh.cloneNode(true));
  }
  if (tabs() && !tabs().dataset.shown) reveal();
}

function soon() {
  timer ??= setTimeout(count, Math.max(0, counted + PACE - Date.now()));
}

// A phone shows the tab that is open
function reveal() {
  tabs().querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (![...tabs().querySelectorAll(".n")].some((spot) => !known.has(spot.id))) tabs().dataset.shown = "1"; // as wide as it gets
}

function placed() {
  if ([...(tabs()?.querySelectorAll(".n") ?? [])].some((spot) => !known.has(spot.id))) soon();
  show();
}

document.body.addEventListener("counts-stale", soon);
document.addEventListener("visibilitychange", () => !document.hidden && soon());
document.addEventListener("placed", placed);
if (tabs()) placed();

// ---- keys

function step(by) {
  const all = [...tabs().querySelectorAll("a[id]:not(.btn)")];
  const now = all.findIndex((each) => each.matches("[aria-current]"));
  const next = all[now < 0 ? (by > 0 ? 0 : all.length - 1) : now + by];
  next?.click();
}

if (tabs()) {
  acts["tab-before"] = () => step(-1);
  acts["tab-after"] = () => step(1);
}
