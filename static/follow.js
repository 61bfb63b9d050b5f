// Parts of the page follow what happens elsewhere: hx-trigger="chat-17 from:body". None may fall behind it. An answer may be older
// than what was heard while it was on its way, and a part that it replaces can ask no more: then the new part asks at once.

const KEPT = 60_000; // milliseconds; no answer is on its way for so long
const MANY = 1000;
const heard = new Map(); // name of what happened -> when it was last heard
const known = new WeakSet(); // parts that follow by themselves
const requests = new WeakMap(); // of htmx -> when they were made

// Tells the parts that follow this
function announce(name, detail) {
  heard.delete(name); // the order is that of the times
  heard.set(name, performance.now());
  if (heard.size > MANY) forget();
  document.body.dispatchEvent(new CustomEvent(name, { detail }));
}

function forget() {
  const old = performance.now() - KEPT;
  for (const [name, at] of heard) {
    if (at > old) return;
    heard.delete(name);
  }
}

const followed = (part) => part.getAttribute("hx-trigger").match(/\S+(?= from:body)/g);

function refresh(part) {
  const verb = part.hasAttribute("hx-post") ? "post" : "get";
  // one that is broken off makes room for the next, and what fails is fetched again when the page is live again
  window.htmx.ajax(verb, part.getAttribute(`hx-${verb}`), { source: part })?.catch(() => {});
}

// What is pressed stays until it is released: a click on something that was exchanged in between would be lost
function isPressed(part) {
  if (!part.matches('[hx-trigger*=" from:body"]:active')) return false;
  const release = new AbortController();
  for (const name of ["pointerup", "pointercancel", "keyup"]) {
    document.addEventListener(name, () => {
      release.abort();
      setTimeout(() => part.isConnected && refresh(part)); // after the click
    }, { signal: release.signal, capture: true });
  }
  return true;
}

// New parts, from an answer that was asked for at this time
function welcome(asked) {
  for (const part of document.querySelectorAll('[hx-trigger*=" from:body"]')) {
    if (known.has(part)) continue;
    known.add(part);
    if (followed(part).some((name) => heard.get(name) >= asked)) refresh(part);
  }
}

document.addEventListener("htmx:beforeRequest", ({ detail }) => requests.set(detail.xhr, performance.now()));
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.requestConfig.elt === detail.target && isPressed(detail.target)) detail.shouldSwap = false;
});
document.addEventListener("htmx:afterSettle", ({ detail }) => welcome(requests.get(detail.xhr) ?? performance.now()));
document.addEventListener("placed", ({ detail }) => detail && welcome(detail.asked));
welcome(performance.now());

Object.assign(window.labelapp, { announce, isPressed });
