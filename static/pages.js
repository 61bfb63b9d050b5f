// Moving between lists and chats without loading the page: links of rows, filters, search, back and forward.
// The address always says what is shown, so every link also works by itself.

const { bring, place, fill, texts } = window.labelapp;
const app = document.querySelector(".app.inbox");
const flights = new Map(); // what is being loaded for which place
const missing = new Set(); // places that could not be loaded: they show less than the address says
const nobody = document.getElementById("nobody").innerHTML;
let shown = read(location);

function read(address) {
  const url = new URL(address.href, location.href);
  const params = new URLSearchParams(url.search);
  params.delete("instance");
  return { pk: url.pathname.match(/^\/chats\/(\d+)\/$/)?.[1] ?? "", filter: params.toString(), search: url.search };
}

async function load(target, url) {
  flights.get(target)?.abort();
  const flight = new AbortController();
  flights.set(target, flight);
  document.getElementById(target).setAttribute("aria-busy", "true"); // the stylesheet shows it once it takes long
  try {
    await bring(url, { target, signal: flight.signal });
    missing.delete(target);
  } catch (error) {
    if (error.name === "AbortError") return;
    missing.add(target);
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: error.said || texts.unreachable, level: "error" } }));
  } finally {
    if (flights.get(target) === flight) document.getElementById(target).removeAttribute("aria-busy");
  }
}

async function go(address, { push = true, replace = false } = {}) {
  const next = read(address);
  const { pk, filter } = shown;
  if (replace) history.replaceState(null, "", address.href);
  else if (push && address.href !== location.href) {
    document.dispatchEvent(new CustomEvent("leaving"));
    history.pushState(null, "", address.href);
  }
  shown = next;
  mark();
  const loads = [];
  if (next.filter !== filter || missing.has("main")) loads.push(load("main", address.href));
  if (next.pk !== pk || missing.has("side")) loads.push(next.pk ? load("side", `/chats/${next.pk}/panel/`) : close());
  await Promise.all(loads);
}

function close() {
  flights.get("side")?.abort();
  missing.delete("side");
  place(nobody);
}

// Which pane a phone shows, which row is open, what the tab is called
function mark() {
  app.dataset.pane = shown.pk ? "chat" : "list";
  for (const row of document.querySelectorAll("#rows > .row")) {
    if (row.dataset.pk === shown.pk) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
  const side = document.getElementById("side");
  const name = side?.dataset.pk === shown.pk && side.dataset.title;
  document.title = `${name || app.dataset.title} · labelapp`;
}

// A filter keeps the chat that is open
function filtered(href) {
  const url = new URL(href, location.href);
  if (shown.pk) url.pathname = `/chats/${shown.pk}/`;
  return url;
}

const plain = (event) => !(event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.defaultPrevented);

document.addEventListener("click", (event) => {
  const link = event.target.closest("a.hit, a[data-open], a[data-filter], a[data-back]");
  if (!link || !plain(event)) return;
  event.preventDefault();
  link.closest(".menu:popover-open")?.hidePopover(); // back to its button, which is there again in the next list
  if (link.matches(".hit, [data-open]")) open(link);
  else if (link.matches("[data-back]")) back();
  else go(filtered(event.altKey && link.dataset.not ? link.dataset.not : link.href));
});

async function open(link) {
  const url = new URL(link.href);
  url.search = location.search || url.search;
  await go(url);
  const name = document.getElementById("side")?.dataset.title;
  if (name) document.dispatchEvent(new CustomEvent("say", { detail: { text: fill(texts.chatOpened, { name }) } }));
}

async function back() {
  const { pk } = shown;
  await go(new URL(`${app.dataset.list}${location.search}`, location.href));
  document.getElementById(`open-${pk}`)?.focus({ preventScroll: true });
}

// What stands in the box is added to the filters beside it
function search(form, options) {
  const { q, add, ...rest } = Object.fromEntries(new FormData(form));
  const text = [q, add.trim()].filter(Boolean).join(" ");
  const params = new URLSearchParams(text || rest.view ? { q: text, ...rest } : rest); // a view without a wish of its own
  return go(filtered(`${form.getAttribute("action")}?${params}`), options);
}

const FILTER = /[:"]|(^|\s)-/;
let typing;
document.addEventListener("input", (event) => {
  if (event.target.id !== "search") return;
  clearTimeout(typing);
  if (FILTER.test(event.target.value)) return; // half of a filter finds nothing
  typing = setTimeout(() => search(event.target.form, { replace: true }), 250);
});
document.addEventListener("submit", async (event) => {
  if (!event.target.matches("form[data-filter]")) return;
  event.preventDefault();
  clearTimeout(typing);
  const typed = document.getElementById("search").value;
  await search(event.target);
  const box = document.getElementById("search");
  if (box.value === typed) box.value = box.getAttribute("value"); // what became a filter stands beside it
});

window.addEventListener("popstate", () => go(location, { push: false }));
document.body.addEventListener("live-resync", () => missing.size && go(location, { push: false }));
document.addEventListener("go-back", back);
document.addEventListener("placed", mark);
