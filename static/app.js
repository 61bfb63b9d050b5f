// What every page needs: toasts, spoken news, dialogs, and answers for requests that failed.
// Modules know each other by events on document ("toast" {text, level}, "say" {text}, "placed") and by window.labelapp.

const texts = JSON.parse(document.getElementById("texts")?.textContent || "{}");

// "%(label)s added" with {label: "VIP"}
function fill(sentence, values = {}) {
  return sentence.replace(/%\((\w+)\)s/g, (whole, name) => values[name] ?? whole);
}

// One of a sentence's plural forms, with n in the person's digits
function plural(forms, n) {
  const language = document.documentElement.lang;
  const form = forms[new Intl.PluralRules(language).select(n)] ?? forms.other;
  return fill(form, { n: n.toLocaleString(language) });
}

// Asks the server as htmx does. Throws Refusal for an answer that says no, and what fetch throws when there is none.
class Refusal extends Error {
  constructor(status, said) {
    super(said);
    this.status = status;
    this.said = said;
  }
}

async function ask(url, { method = "GET", form = null, target = "", signal, keepalive = false, quiet = false } = {}) {
  const headers = { "HX-Request": "true", "HX-Current-URL": location.href, "HX-Target": target };
  if (method !== "GET") Object.assign(headers, JSON.parse(document.body.getAttribute("hx-headers")));
  const body = form ? new URLSearchParams(form) : undefined;
  const answer = await fetch(url, { method, headers, body, signal, keepalive, credentials: "same-origin" });
  const elsewhere = answer.headers.get("HX-Redirect");
  if (elsewhere && quiet) loggedOut();
  else if (elsewhere) location.assign(elsewhere);
  else if (answer.headers.get("HX-Refresh") === "true") location.reload();
  const text = await answer.text();
  if (answer.ok) return text;
  throw new Refusal(answer.status, answer.headers.get("Content-Type")?.startsWith("text/plain") ? text : "");
}

// A session that ended while the page refreshed itself: whoever reads or types here is not torn away from it
function loggedOut() {
  toast(texts.loggedOut, "error");
}

// Puts fragments in the place of the elements with the same ids. Focus, and what was being typed, stay.
// `asked`: when the server was asked for them; what happened since may not be in them.
function place(html, asked = performance.now()) {
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const fresh of [...template.content.children]) {
    const old = fresh.id && document.getElementById(fresh.id);
    if (old && !window.labelapp.isPressed?.(old)) exchange(old, fresh);
  }
  document.dispatchEvent(new CustomEvent("placed", { detail: { asked } }));
}

async function bring(url, options) {
  const asked = performance.now();
  place(await ask(url, options), asked);
}

function exchange(old, fresh) {
  const focus = old.contains(document.activeElement) ? document.activeElement : null;
  const open = old.matches(":popover-open");
  // a refresh that it has asked for would find no place any more (follow.js repeats it); what a person asked for goes on
  if (old.matches('[hx-trigger*="from:body"]')) window.htmx.trigger(old, "htmx:abort");
  old.replaceWith(fresh);
  if (open) fresh.showPopover();
  window.htmx.process(fresh);
  if (focus) refocus(focus, fresh);
}

function refocus(before, root) {
  const home = root.dataset.focusHome;
  const now = (before.id && document.getElementById(before.id)) || (home && document.getElementById(home));
  if (!now) return;
  if (now.matches("input") && before.matches("input") && before.selectionStart !== null) { // null: a box has none
    now.value = before.value;
    now.setSelectionRange(before.selectionStart, before.selectionEnd);
  }
  now.focus({ preventScroll: true });
}

// Text without case, accents and the forms of Arabic letters, for search as one types
function fold(text) {
  return text.normalize("NFKD").replace(/[\p{M}\u0640]/gu, "").toLowerCase().replaceAll("ة", "ه").replaceAll("ى", "ي");
}

window.labelapp = { texts, fill, plural, fold, ask, place, bring, Refusal, acts: {} }; // acts: what keys and commands do, by name

// `href`: what it is about, `stays`: until it is dismissed
function toast(text, level = "info", { href = "", stays = false } = {}) {
  const area = document.getElementById("toasts");
  const node = document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
  node.className = `toast ${level}`;
  node.querySelector(".toast-text").append(href ? linked(text, href) : text);
  for (const old of area.children) {
    if (old.querySelector(".toast-text")?.textContent === text) old.remove();
  }
  area.append(node);
  if (!stays) fade(node);
}

function linked(text, href) {
  const link = document.createElement("a");
  Object.assign(link, { className: "link", href, textContent: text, dir: "auto" });
  return link;
}

// A toast leaves by itself, but never while someone points at it or has the focus in it.
function fade(node) {
  const leave = () => {
    if (node.matches(":hover, :focus-within")) setTimeout(leave, 3000);
    else node.remove();
  };
  setTimeout(leave, node.classList.contains("error") ? 12000 : 8000);
}

function say(text) {
  const said = document.getElementById("said");
  said.textContent = "";
  setTimeout(() => { said.textContent = text; }, 60); // an unchanged text would not be read again
}

document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.level, event.detail));
document.addEventListener("say", (event) => say(event.detail.text));

document.addEventListener("click", (event) => {
  const dismiss = event.target.closest("[data-dismiss]");
  if (dismiss) dismiss.closest(".toast, .note").remove();
  const opener = event.target.closest("[data-open-dialog]");
  if (opener) document.getElementById(opener.dataset.openDialog)?.showModal();
});

// a click on the backdrop closes a dialog
document.addEventListener("click", (event) => {
  if (event.target.matches("dialog.modal")) event.target.close();
});

// A menu opens below its button, inside the window. In a sheet of its own: a style attribute would not outlive a swap.
const below = new CSSStyleSheet();
document.adoptedStyleSheets.push(below);
document.addEventListener("beforetoggle", (event) => {
  const menu = event.target;
  if (event.newState !== "open" || !menu.matches(".menu.under")) return;
  const spot = document.querySelector(`[popovertarget="${menu.id}"]`).getBoundingClientRect();
  const start = document.documentElement.dir === "rtl" ? innerWidth - spot.right : spot.left;
  const inside = Math.max(8, Math.min(start, innerWidth - 308));
  below.replaceSync(`.menu.under { inset-block-start: ${spot.bottom + 4}px; inset-inline-start: ${inside}px; }`);
}, true);

// What refreshes by itself fails silently: the header says that the page is cut off. What a person asked for does not.
const asked = (event) => event.detail.requestConfig?.triggeringEvent?.isTrusted;

// nor does it try while the device itself is offline: everything is fetched again afterwards
document.addEventListener("htmx:beforeRequest", (event) => {
  if (!navigator.onLine && !asked(event)) event.preventDefault();
});
document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (event.detail.xhr.status !== 401 || asked(event)) return;
  event.preventDefault();
  loggedOut();
});
document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  const plain = xhr.getResponseHeader("Content-Type")?.startsWith("text/plain");
  if (asked(event)) toast((plain && xhr.responseText) || texts.broken, "error");
});
document.addEventListener("htmx:sendError", (event) => asked(event) && toast(texts.unreachable, "error"));
document.addEventListener("htmx:timeout", (event) => asked(event) && toast(texts.unreachable, "error"));
document.addEventListener("htmx:afterSettle", () => document.dispatchEvent(new CustomEvent("placed")));

document.querySelectorAll("#toasts > .toast:not([id])").forEach(fade); // those with a name come and go by their own rules
