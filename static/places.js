// Where one was in the list: kept with each step of the history, and found again on the way back, through as many pages as it takes.

const { ask } = window.labelapp;
const PAGES = 20; // at most, on the way down
let known = null; // the list that is on the page
let last = 0; // how far it is scrolled
let wanted = history.state?.top ?? 0;
let hidden = false;
let timer;

const list = () => document.getElementById("list");
const isShown = () => list().offsetParent !== null;

function save() {
  clearTimeout(timer);
  if (isShown()) history.replaceState({ ...history.state, top: Math.round(last) }, "");
}

async function nextPage(more) {
  const template = document.createElement("template");
  const asked = performance.now();
  template.innerHTML = await ask(more.getAttribute("hx-get"), { quiet: true });
  if (!more.isConnected) return;
  more.replaceWith(template.content);
  window.htmx.process(document.getElementById("rows"));
  document.dispatchEvent(new CustomEvent("placed", { detail: { asked } }));
}

async function goTo(top) {
  const where = list();
  try {
    for (let n = 0; n < PAGES && where.scrollHeight - where.clientHeight < top; n += 1) {
      const more = where.querySelector(".more-rows");
      if (!more) break;
      await nextPage(more);
    }
  } catch {
    // as far as it went
  }
  where.scrollTop = top;
}

// A phone hides the list behind the chat; a filter of before is loaded anew
function follow() {
  const back = hidden && isShown();
  hidden = !isShown();
  if (list() !== known) {
    known = list();
    last = 0;
    if (wanted) goTo(wanted);
    wanted = 0;
  } else if (back) known.scrollTop = last;
}

document.addEventListener("scroll", (event) => {
  if (event.target.id !== "list" || !isShown()) return;
  last = event.target.scrollTop;
  clearTimeout(timer);
  timer = setTimeout(save, 300); // browsers refuse to note every step
}, true);
window.addEventListener("popstate", ({ state }) => { wanted = state?.top ?? 0; });
window.addEventListener("pagehide", save);
document.addEventListener("leaving", save);
document.addEventListener("placed", follow);
follow();
