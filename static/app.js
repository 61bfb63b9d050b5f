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
function place(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const fresh of [...template.content.children]) {
    const old = fresh.id && document.getElementById(fresh.id);
    if (old) exchange(old, fresh);
  }
  document.dispatchEvent(new CustomEvent("placed"));
}

function exchange(old, fresh) {
  const focus = old.contains(document.activeElement) ? document.activeElement : null;
  const open = old.matches(":popover-open");
  old.replaceWith(fresh);
  if (open) fresh.showPopover();
  window.htmx.process(fresh);
  if (focus) refocus(focus, fresh);
}

function refocus(before, root) {
  const home = root.dataset.focusHome;
  const now = (before.id && document.getElementById(before.id)) || (home && document.getElementById(home));
  if (!now) return;
  if (now.matches("input") && before.matches("input")) {
    now.value = before.value;
    now.setSelectionRange(before.selectionStart, before.selectionEnd);
  }
  now.focus({ preventScroll: true });
}

window.labelapp = { texts, fill, plural, ask, place, Refusal };

function toast(text, level = "info") {
  const area = document.getElementById("toasts");
  const node = document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
  node.className = `toast ${level}`;
  node.querySelector(".toast-text").textContent = text;
  for (const old of area.children) {
    if (old.querySelector(".toast-text")?.textContent === text) old.remove();
  }
  area.append(node);
  fade(node);
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

document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.level));
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

document.querySelectorAll("#toasts > .toast").forEach(fade);
