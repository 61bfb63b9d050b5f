// The label picker. The focus stays in its input; arrows move over the options, Enter puts a label on or takes it off.

const { ask, plural, texts } = window.labelapp;
const box = document.getElementById("picker");
let opener = null; // id of what opened it: the element itself may be replaced meanwhile
let at = -1;

const inner = () => box.firstElementChild;
const input = () => document.getElementById("picker-input");
const options = () => [...box.querySelectorAll('[role="option"]:not([hidden])')];
const simple = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

async function open(pk, anchor) {
  opener = document.activeElement?.id || anchor.id;
  if (!(await fetchOptions(pk))) return;
  box.showPopover();
  document.querySelector(".app").dataset.picking = pk;
  put(document.getElementById(anchor.id) ?? anchor); // the row may have been replaced meanwhile
  at = -1;
  input().focus();
}

async function fetchOptions(pk) {
  try {
    box.innerHTML = await ask(`/chats/${pk}/picker/`);
    return true;
  } catch (error) {
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: error.said || texts.unreachable, level: "error" } }));
    return false;
  }
}

// Beside what one judges, never over it: left of the panel, or below (above) the row. On a phone the stylesheet makes it a sheet.
function put(anchor) {
  box.style.cssText = "";
  if (matchMedia("(max-width: 760px)").matches) return;
  const frame = (anchor.closest(".side, .row") ?? document.getElementById("main")).getBoundingClientRect();
  const { width, height } = box.getBoundingClientRect();
  const rtl = document.dir === "rtl";
  const spot = anchor.getBoundingClientRect();
  const inPanel = anchor.closest(".side") !== null;
  let left = rtl ? spot.left : spot.right - width;
  let top = frame.bottom + 4;
  if (inPanel) {
    left = rtl ? frame.right + 8 : frame.left - width - 8;
    top = spot.top - 40;
  } else if (top + height > innerHeight - 8) top = frame.top - height - 4;
  box.style.left = `${Math.min(Math.max(8, left), innerWidth - width - 8)}px`;
  box.style.top = `${Math.min(Math.max(8, top), innerHeight - height - 8)}px`;
}

function close({ refocus = true } = {}) {
  if (!box.matches(":popover-open")) return;
  box.hidePopover();
  delete document.querySelector(".app").dataset.picking;
  const pk = inner()?.dataset.pk;
  box.replaceChildren();
  const home = document.getElementById(opener) ?? document.getElementById(`add-${pk}`);
  if (refocus) home?.focus({ preventScroll: true });
}

function moveTo(index) {
  const found = options();
  at = found.length ? (index + found.length) % found.length : -1;
  found.forEach((each, n) => each.classList.toggle("at", n === at));
  const now = found[at];
  if (now) input().setAttribute("aria-activedescendant", now.id);
  else input().removeAttribute("aria-activedescendant");
  now?.scrollIntoView({ block: "nearest" });
}

function sift({ aloud = true } = {}) {
  const words = simple(input().value.trim());
  for (const option of box.querySelectorAll('[role="option"]')) {
    option.hidden = words !== "" && !simple(option.dataset.name).includes(words);
  }
  for (const group of box.querySelectorAll(".pick-group")) group.hidden = !group.querySelector('[role="option"]:not([hidden])');
  const found = options();
  box.querySelector(".nothing-found").hidden = found.length > 0;
  const first = found.findIndex((option) => simple(option.dataset.name).startsWith(words));
  moveTo(words === "" ? -1 : Math.max(first, 0));
  if (words && aloud) document.dispatchEvent(new CustomEvent("say", { detail: { text: plural(texts.found, found.length) } }));
}

// moveTo(-1) means "none" only for an empty input
function clearMark() {
  at = -1;
  box.querySelectorAll(".at").forEach((each) => each.classList.remove("at"));
  input().removeAttribute("aria-activedescendant");
}

function pick(option) {
  const state = option.getAttribute("aria-selected") === "true" ? "off" : "on";
  const { pk, url } = option.dataset;
  document.dispatchEvent(new CustomEvent("set-label", { detail: { chat: inner().dataset.pk, label: pk, state, url } }));
  input().select();
}

box.addEventListener("input", () => (input().value.trim() ? sift() : (sift(), clearMark())));
box.addEventListener("click", (event) => {
  const option = event.target.closest('[role="option"]');
  if (option) {
    moveTo(options().indexOf(option));
    pick(option);
    input().focus();
  } else if (event.target.closest("[data-close-picker]")) close();
});
box.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
  else if (event.target !== input()) return;
  else if (event.key === "ArrowDown") moveTo(at + 1);
  else if (event.key === "ArrowUp") moveTo(at < 0 ? options().length - 1 : at - 1);
  else if (event.key === "Enter") {
    const option = options()[at];
    if (option) pick(option);
  } else return;
  event.preventDefault();
  event.stopPropagation();
});

document.addEventListener("click", (event) => {
  const anchor = event.target.closest("[data-pick]");
  if (!anchor || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  if (box.matches(":popover-open") && inner()?.dataset.pk === anchor.dataset.pick) close();
  else open(anchor.dataset.pick, anchor);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || !event.target.matches?.("a[data-pick]")) return; // a link that acts as a button
  event.preventDefault();
  event.target.click();
});
document.addEventListener("pointerdown", (event) => {
  if (!box.contains(event.target) && !event.target.closest("[data-pick]")) close({ refocus: false });
});
document.addEventListener("pick", ({ detail }) => {
  const anchor = document.getElementById(detail.anchor);
  if (anchor) open(detail.pk, anchor);
});

// Another stage now, or other labels: what each choice would do has changed
async function again() {
  if (!box.matches(":popover-open")) return;
  const { value } = input();
  const active = options()[at]?.id;
  if (!(await fetchOptions(inner().dataset.pk))) return;
  input().value = value;
  sift({ aloud: false });
  moveTo(options().findIndex((each) => each.id === active));
  if (!active) clearMark();
  input().focus();
}
document.addEventListener("tagged", ({ detail }) => {
  if (document.getElementById(`opt-${detail.label}`)?.dataset.group) again();
});
document.body.addEventListener("live-change", ({ detail }) => {
  const pk = Number(inner()?.dataset.pk);
  if (detail.labels.includes(document.querySelector(".app").dataset.number) || detail.chats.includes(pk)) again();
});
