// The query bar: what may be meant is offered below it as one types, and a filter that stands there can be changed.
// The focus stays in the input. Enter takes an offer and finds, Tab takes it and one goes on typing.

const { ask, plural, texts } = window.labelapp;
const SOON = 120;
let shown = null; // what the options are for: {before, html}
let at = -1;
let timer;
let flight;
let former = null; // the bar before a filter was taken into the input

const box = () => document.getElementById("search");
const place = () => document.getElementById("offers");
const options = () => [...place().querySelectorAll('[role="option"]')];
const before = () => box().value.slice(0, box().selectionStart);

// ---- the list of options

async function offer() {
  clearTimeout(timer);
  flight?.abort();
  flight = new AbortController();
  const asked = before();
  const query = new URLSearchParams({ before: asked, after: box().value.slice(asked.length) });
  try {
    const html = await ask(`${place().dataset.url}&${query}`, { signal: flight.signal, quiet: true });
    if (document.activeElement !== box() || before() !== asked) return;
    show(asked, html);
    if (shown) document.dispatchEvent(new CustomEvent("say", { detail: { text: plural(texts.foundEntries, options().length) } }));
  } catch (error) {
    if (error.name !== "AbortError") close(); // one can type everything without it
  }
}

function show(asked, html) {
  shown = { before: asked, html };
  place().innerHTML = html;
  if (!options().length) return close();
  place().hidden = false;
  box().setAttribute("aria-expanded", "true");
  box().setAttribute("aria-controls", "offer-list");
  moveTo(place().firstElementChild.dataset.sure ? 0 : -1);
}

function close() {
  clearTimeout(timer);
  flight?.abort();
  shown = null;
  place().hidden = true;
  place().replaceChildren();
  box().setAttribute("aria-expanded", "false");
  box().setAttribute("aria-controls", "offers");
  moveTo(-1);
}

// -1: none, it is the text that counts
function moveTo(index) {
  const all = options();
  at = all.length ? ((index + 1 + all.length + 1) % (all.length + 1)) - 1 : -1;
  for (const [n, each] of all.entries()) {
    each.classList.toggle("at", n === at);
    each.setAttribute("aria-selected", n === at ? "true" : "false");
  }
  if (at < 0) box().removeAttribute("aria-activedescendant");
  else box().setAttribute("aria-activedescendant", all[at].id);
  all[at]?.scrollIntoView({ block: "nearest" });
}

function take(option, finds) {
  const { before: head, whole } = option.dataset;
  const tail = option.parentElement.dataset.after;
  box().value = head + tail;
  box().setSelectionRange(head.length, head.length);
  close();
  if (!whole) offer();
  else if (finds) box().form.requestSubmit();
}

// ---- a filter that stands in the bar

// All names of its term come with it: together they are one question
function edit(token) {
  const asked = document.getElementById("asked");
  former ??= { asked, html: asked.innerHTML, box: box(), typed: box().value, words: [] };
  const { text } = token.dataset;
  former.words.push(text);
  takeOut();
  box().value = [text, box().value.trim()].filter(Boolean).join(" ");
  box().focus();
  box().setSelectionRange(text.length, text.length);
}

function takeOut() {
  const tokens = [...former.asked.querySelectorAll(".tok")];
  const taken = tokens.filter((each) => former.words.includes(each.dataset.text));
  for (const each of taken) each.remove();
  const rest = new Map(tokens.filter((each) => !taken.includes(each)).map((each) => [each.dataset.term, each.dataset.text]));
  former.asked.querySelector('[name="q"]').value = [...rest.values()].join(" ");
}

function giveBack() {
  const { asked, html, typed } = former;
  former = null;
  asked.innerHTML = html;
  box().value = typed;
}

// The bar was made anew: for another question, or the filters alone because a label has changed
function keepOut() {
  const asked = document.getElementById("asked");
  if (box() !== former.box) former = null;
  else if (asked !== former.asked) {
    Object.assign(former, { asked, html: asked.innerHTML });
    takeOut();
  }
}

// ---- keys and clicks

const isOpen = () => shown !== null && shown.before === before();
const chosen = () => (isOpen() ? options()[at] : undefined);

// Each says whether the key was its own
const keys = {
  ArrowDown: () => {
    if (isOpen()) moveTo(at + 1);
    else offer();
    return true;
  },
  ArrowUp: () => {
    if (isOpen()) moveTo(at - 1);
    return isOpen();
  },
  Enter: () => {
    const option = chosen();
    if (option) take(option, true);
    return option;
  },
  Tab: ({ shiftKey }) => {
    const option = !shiftKey && chosen();
    if (option) take(option, false);
    return option;
  },
  Escape: () => {
    if (shown) close();
    else if (former) giveBack();
    else return false;
    return true;
  },
  Backspace: ({ repeat }) => {
    const last = [...document.querySelectorAll("#asked .tok")].at(-1);
    const takes = last && !repeat && !box().value;
    if (takes) edit(last);
    return takes;
  },
};

// Before the keys of the page hear of it
document.addEventListener("keydown", (event) => {
  if (event.target.id !== "search" || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (keys[event.key]?.(event)) event.preventDefault();
}, true);

document.addEventListener("input", (event) => {
  if (event.target.id !== "search" || event.isComposing) return;
  clearTimeout(timer);
  if (before().trim()) timer = setTimeout(offer, SOON);
  else close();
});
document.addEventListener("compositionend", (event) => event.target.id === "search" && offer());
document.addEventListener("mousedown", (event) => event.target.closest("#offers") && event.preventDefault());
document.addEventListener("click", (event) => {
  const option = event.target.closest("#offers [role=option]");
  const token = event.target.closest("[data-edit-token]")?.closest(".tok");
  if (option) take(option, true);
  else if (token) edit(token);
});
document.addEventListener("focusout", (event) => {
  if (event.target.id === "search") setTimeout(() => document.activeElement !== box() && close());
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches(".query")) return;
  former = null;
  close();
}, true);
// What was found as one typed is a new bar
document.addEventListener("placed", () => {
  if (former) keepOut();
  if (!shown || !place().hidden) return;
  const chose = at;
  if (before() !== shown.before || document.activeElement !== box()) return close();
  show(shown.before, shown.html);
  moveTo(chose);
});
