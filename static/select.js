// Many rows at once. What is chosen is kept here by the chats' keys, whatever happens to the rows on the screen: they are repainted,
// more come, others go. Another list begins with nothing chosen.

const { acts, bring, chatAt, choose, current, nthOf, ofView, plural, texts } = window.labelapp;
const LONG = 500; // milliseconds of a touch
const FAR = 10; // pixels that a finger may slip
const chosen = new Set();
let all = null; // instead of rows: the query whose matches are chosen, {query, n, more}
let anchor = ""; // where a range begins
let known = ""; // the list that the choice is from
let pressing = null;
let swallow = false; // the click that ends a long touch
let touched = false;
let announcing;

const bar = () => document.getElementById("bulkbar");
const list = () => document.getElementById("list");
const rows = () => [...document.querySelectorAll("#rows > .row")];
const rowAt = (target) => target.closest?.("#rows > .row");
const any = () => all !== null || chosen.size > 0;
const has = (pk) => all !== null || chosen.has(pk);
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
const boxOf = (row) => row.querySelector(".pick input");

function paint() {
  if (!bar()) return; // nothing can be done with chats here
  for (const row of rows()) boxOf(row).checked = has(row.dataset.pk);
  document.getElementById("main").classList.toggle("selecting", any());
  bar().hidden = !any();
  document.getElementById("chosen-count").textContent = any() ? words() : "";
  document.getElementById("bulk-label").hidden = !bar().dataset.run && (all !== null || chosen.size !== 1);
  const more = document.querySelector("[data-everything][data-query]");
  if (more) more.hidden = all !== null || (!more.dataset.more && Number(more.dataset.n) <= chosen.size);
}

function words() {
  return all?.more ? texts.chosenAll : plural(texts.chosen, all ? Number(all.n) : chosen.size);
}

// How many, once it rests: nobody wants to hear each of fifty
function announce() {
  clearTimeout(announcing);
  announcing = setTimeout(() => tell("say", { text: any() ? words() : texts.chosenNone }), 300);
}

function set(change) {
  const before = any();
  change();
  paint();
  announce();
  if (!before && any()) count();
}

// What "all that match" would be, asked once for each choice that begins
async function count() {
  try {
    await bring(bar().dataset.everything, { quiet: true });
  } catch {
    return; // it is not offered then
  }
}

// All that match, but for one: the rows that are shown are chosen then
function loosen() {
  if (!all) return;
  all = null;
  rows().forEach((row) => chosen.add(row.dataset.pk));
}

function put(row, on) {
  loosen();
  if (on) chosen.add(row.dataset.pk);
  else chosen.delete(row.dataset.pk);
}

function toggle(row) {
  anchor = row.dataset.pk;
  set(() => put(row, !has(row.dataset.pk)));
}

// From the last row that was chosen by itself to this one
function reach(row) {
  const shown = rows();
  const start = shown.findIndex((each) => each.dataset.pk === anchor);
  if (start < 0) return toggle(row);
  const end = shown.indexOf(row);
  set(() => shown.slice(Math.min(start, end), Math.max(start, end) + 1).forEach((each) => put(each, true)));
}

// A step with Shift: one more, or one less on the way back to where the range began
function step(go) {
  const from = current();
  if (!from) return;
  if (!chosen.has(anchor) || !chosen.has(from.dataset.pk)) anchor = from.dataset.pk;
  go();
  const to = current();
  const places = rows();
  const [start, before, now] = [places.findIndex((each) => each.dataset.pk === anchor), places.indexOf(from), places.indexOf(to)];
  const shrinks = Math.abs(now - start) < Math.abs(before - start);
  set(() => {
    put(from, !shrinks);
    put(to, true);
  });
}

function clear() {
  const inside = bar()?.contains(document.activeElement);
  set(() => {
    all = null;
    chosen.clear();
    anchor = "";
  });
  if (inside) current()?.querySelector(".hit").focus({ preventScroll: true });
}

// What a form says of them
function fields() {
  return all ? { query: all.query } : { chats: [...chosen].join(",") };
}

acts.select = () => current() && toggle(current());
acts.extend = () => step(acts.next);
acts.extendUp = () => step(acts.previous);
acts.selectAll = () => set(() => {
  all = null;
  rows().forEach((row) => chosen.add(row.dataset.pk));
});
acts.unselect = clear;

// ---- what is done with the chat one is at is done with the chosen ones, while there are some

const one = { ...acts };

acts.back = (key) => (key === "Escape" && any() ? clear() : one.back(key));
const isOne = () => !all && chosen.size === 1;
acts.label = () => {
  if (!any()) return one.label();
  const [pk] = chosen;
  if (isOne()) tell("pick", { pk, anchor: "bulk-label" });
  else pickMany();
};

// Of many it is a choice among their labels
acts.stage = () => (any() ? acts.label() : one.stage());

// `wish`: the label that is chosen in it to begin with. Nothing happens before "Apply"
function pickMany(wish) {
  if (bar().dataset.run) tell("pick-many", { form: fields(), anchor: "bulk-label", wish });
  else tell("toast", { text: texts.oneAtATime });
}
acts.nth = (key) => {
  const [pk] = chosen;
  if (!any() || isOne()) return one.nth(key, pk);
  const chip = nthOf(pk ?? chatAt(), key);
  if (chip) pickMany({ name: chip.querySelector(".t").textContent });
};
acts.drop = (key) => {
  if (!any() || isOne()) return one.drop(key, ...chosen);
  const labels = ofView();
  if (labels.length) pickMany({ labels });
};
acts.assign = () => (any() ? acts.giveChosen("me") : one.assign());
acts.assignee = () => {
  if (!any()) return one.assignee();
  choose(`/chats/selection/people/?${new URL(list().dataset.rows, location.href).searchParams}`, texts.whoLooksAfterThese);
};
acts.giveChosen = async (person) => {
  try {
    await bring("/chats/selection/assign/", { method: "POST", form: { ...fields(), person } });
    clear();
  } catch (error) {
    tell("toast", { text: error.said || texts.unreachable, level: "error" });
  }
};
document.addEventListener("applied", clear);

// ---- pointers

document.addEventListener("click", (event) => {
  const row = rowAt(event.target);
  const everything = event.target.closest("[data-everything][data-query]");
  if (everything) return set(() => { all = { ...everything.dataset }; });
  if (!row || !bar()) return;
  const box = event.target.matches(".pick input");
  const inBox = event.target.closest(".pick");
  if (swallow || event.shiftKey || inBox || (touched && any())) {
    event.stopPropagation();
    if (!box) event.preventDefault(); // a box that is not let be ticked would fall back to what it was
    if (swallow) swallow = false;
    else if (event.shiftKey) reach(row);
    else toggle(row);
    paint();
  }
}, true);
document.addEventListener("mousedown", (event) => {
  if (event.shiftKey && rowAt(event.target) && bar()) event.preventDefault(); // no text is marked
});

function lift() {
  clearTimeout(pressing?.timer);
  pressing = null;
}

document.addEventListener("pointerdown", (event) => {
  touched = event.pointerType === "touch";
  swallow = false;
  lift();
  const row = rowAt(event.target);
  if (!touched || !row || !bar()) return;
  const timer = setTimeout(() => {
    swallow = true;
    navigator.vibrate?.(10);
    toggle(document.getElementById(row.id) ?? row); // it may have been repainted meanwhile
  }, LONG);
  pressing = { timer, x: event.clientX, y: event.clientY };
});
document.addEventListener("pointermove", (event) => {
  if (pressing && Math.hypot(event.clientX - pressing.x, event.clientY - pressing.y) > FAR) lift();
});
for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, lift);
document.addEventListener("contextmenu", (event) => {
  if (touched && rowAt(event.target)) event.preventDefault(); // the browser's own menu of a link
});

// ---- other rows

document.addEventListener("placed", () => {
  if (list().dataset.rows !== known) {
    known = list().dataset.rows;
    all = null;
    chosen.clear();
    anchor = "";
  }
  paint();
});
known = list().dataset.rows;
paint();
