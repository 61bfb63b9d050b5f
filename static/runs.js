// The pages of runs: follow what happens without losing the place.

const { ask, place } = window.labelapp;
const PACE = 2000; // milliseconds between two looks, however much happens
const IDLE = 10000; // a rate falls and quiet hours end without an event
let looked = 0;
let timer;

const shown = () => document.querySelector("#run[data-fresh], #runs[data-fresh]");

function soon() {
  timer ??= setTimeout(look, Math.max(0, looked + PACE - Date.now()));
}

async function look() {
  timer = undefined;
  looked = Date.now();
  const page = shown();
  if (!page || document.hidden || !navigator.onLine) return;
  const asked = performance.now();
  try {
    const html = await ask(page.dataset.fresh, { target: page.id, quiet: true });
    if (page.isConnected) place(html, asked);
  } catch {
    // the next look tells; the header says when the page is cut off
  }
}

document.body.addEventListener("live-change", soon);
document.body.addEventListener("live-resync", soon);
document.addEventListener("visibilitychange", soon);
setInterval(soon, IDLE);
// A browser scrolls to what has the focus while the page is still growing
window.addEventListener("load", () => document.querySelector("#run-what-happens[autofocus]")?.scrollIntoView({ block: "nearest" }));
