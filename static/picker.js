// The label picker, of a chat or of many. The focus stays in its input; arrows move over the options, Enter puts a label on or takes it
// off; for many chats it only says so, and static/shares.js does it.

const { ask, fill, fold, plural, texts } = window.labelapp;
const box = document.getElementById("picker");
let opener = null; // id of what opened it: the element itself may be replaced meanwhile
let at = -1;
let recent = []; // options on top until one searches: as it was when the picker opened, for nothing may move under a hand
let homes = []; // where they stand else
let released = Promise.resolve(); // settled while no pointer is down in the picker

const inner = () => box.firstElementChild;
const isStage = () => inner()?.dataset.stage !== undefined; // the stage control: one choice, and it is done
const shows = ({ pk, stage }) => box.matches(":popover-open") && inner()?.dataset.pk === pk && isStage() === stage;
const isMany = () => inner()?.dataset.many !== undefined;
const input = () => document.getElementById("picker-input");
const list = () => box.querySelector('[role="listbox"]');
const options = () => [...box.querySelectorAll('[role="option"]:not([hidden])')];
const labels = () => [...box.querySelectorAll('[role="option"]:not(#opt-create)')];
const searched = () => input().value.trim();

async function open(what, anchor) {
  opener = document.activeElement?.id || anchor.id;
  const fresh = await fetchOptions(what);
  if (fresh === undefined) return;
  show(fresh);
  window.labelapp.picked = what;
  recent = (document.getElementById("recent-labels")?.dataset.options ?? "").split(" ").filter(Boolean);
  arrange();
  box.showPopover();
  document.querySelector(".app").dataset.picking = what.pk ?? "many";
  put(document.getElementById(anchor.id) ?? anchor); // the row may have been replaced meanwhile
  at = -1;
  input().focus();
}

// The choices, undefined if they can't be had. `what`: {pk} of a chat (`stage`: its stages alone), or the fields of a form that name many
async function fetchOptions(what) {
  try {
    const fresh = await (what.pk ? ask(`/chats/${what.pk}/${what.stage ? "stage" : "picker"}/`) : ask("/chats/selection/picker/", { method: "POST", form: what }));
    await released; // a click ends on the element on which it began, or it is none
    return fresh;
  } catch (error) {
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: error.said || texts.unreachable, level: "error" } }));
  }
}

function show(fresh) {
  box.innerHTML = fresh;
  homes = [];
}

// Beside what one judges, never over it: left of the panel, or below (above) the row. On a phone the stylesheet makes it a sheet.
function put(anchor) {
  box.style.cssText = "";
  if (matchMedia("(max-width: 760px)").matches) return;
  const frame = (anchor.closest(".side, .row, .bulkbar") ?? document.getElementById("main")).getBoundingClientRect();
  const { width, height } = box.getBoundingClientRect();
  const rtl = document.dir === "rtl";
  const spot = anchor.getBoundingClientRect();
  const inPanel = anchor.closest(".side") !== null;
  let left = rtl ? spot.left : spot.right - width;
  let top = frame.bottom + 4;
  if (inPanel) {
    left = rtl ? frame.right + 8 : frame.left - width - 8;
    top = spot.top - 40;
  } else if (anchor.closest(".bulkbar") || top + height > innerHeight - 8) top = frame.top - height - 4;
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

// Recent labels on top, or all in their groups while one searches
function arrange() {
  const top = document.getElementById("recent-labels");
  for (const [option, home] of homes.splice(0)) home.replaceWith(option);
  for (const option of searched() ? [] : recent.map((pk) => document.getElementById(`opt-${pk}`))) {
    if (!top || !option) continue;
    const home = document.createComment("");
    option.replaceWith(home);
    homes.push([option, home]);
    top.append(option);
  }
  hideEmpty();
}

function hideEmpty() {
  for (const group of box.querySelectorAll(".pick-group")) group.hidden = !group.querySelector('[role="option"]:not([hidden])');
}

// A name that no label has can be given to a new one, by who may
function offerNew() {
  const name = searched();
  const isNew = name !== "" && !labels().some((option) => option.dataset.name.toLowerCase() === name.toLowerCase());
  const line = box.querySelector("#opt-create, .no-slot");
  if (!line) return;
  line.hidden = !isNew;
  if (line.id) line.querySelector(".ell").textContent = fill(texts.createLabel, { name: `\u2068${name}\u2069` });
}

function sift({ aloud = true } = {}) {
  const words = fold(searched());
  for (const option of labels()) option.hidden = words !== "" && !fold(option.dataset.name).includes(words);
  arrange();
  const found = labels().filter((option) => !option.hidden);
  box.querySelector(".nothing-found").hidden = found.length > 0;
  offerNew();
  const first = found.findIndex((option) => fold(option.dataset.name).startsWith(words));
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
  if (option.dataset.href) return location.assign(`${option.dataset.href}&name=${encodeURIComponent(searched())}`);
  if (isMany()) return document.dispatchEvent(new CustomEvent("cycle-share", { detail: { option } }));
  const isOn = option.getAttribute("aria-selected") === "true";
  const { pk, url } = option.dataset;
  const wish = { chat: inner().dataset.pk, label: pk, state: isOn && !isStage() ? "off" : "on", url };
  document.dispatchEvent(new CustomEvent("set-label", { detail: wish }));
  if (isStage()) close();
  else input().select();
}

// This chat is done
function goOn() {
  if (!inner() || isMany()) return;
  const { pk } = inner().dataset;
  close({ refocus: false });
  document.dispatchEvent(new CustomEvent("go-on", { detail: { pk } }));
}

box.addEventListener("input", () => (searched() ? sift() : (sift(), clearMark())));
box.addEventListener("click", (event) => {
  const option = event.target.closest('[role="option"]');
  if (option) {
    moveTo(options().indexOf(option));
    pick(option);
    if (event.shiftKey) goOn();
    else input()?.focus();
  } else if (event.target.closest("[data-pick-next]")) goOn();
  else if (event.target.closest("[data-close-picker]")) close();
});
box.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
  else if (event.target !== input()) return;
  else if (event.key === "ArrowDown") moveTo(at + 1);
  else if (event.key === "ArrowUp") moveTo(at < 0 ? options().length - 1 : at - 1);
  else if (event.key === "Enter") {
    const option = options()[at];
    if (option) pick(option);
    if (event.shiftKey) goOn();
  } else return;
  event.preventDefault();
  event.stopPropagation();
});

document.addEventListener("click", (event) => {
  const anchor = event.target.closest("[data-pick]");
  if (!anchor || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  const stage = anchor.dataset.stage !== undefined;
  if (shows({ pk: anchor.dataset.pick, stage })) close();
  else open({ pk: anchor.dataset.pick, stage }, anchor);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || !event.target.matches?.("a[data-pick]")) return; // a link that acts as a button
  event.preventDefault();
  event.target.click();
});
box.addEventListener("pointerdown", () => {
  released = new Promise((settle) => {
    for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, () => setTimeout(settle), { once: true });
  });
});
document.addEventListener("pointerdown", (event) => {
  if (!box.contains(event.target) && !event.target.closest("[data-pick], #bulk-label")) close({ refocus: false });
});
document.addEventListener("pick", ({ detail }) => toggle({ pk: detail.pk, stage: detail.stage }, detail.anchor));
document.addEventListener("pick-many", async ({ detail }) => {
  await toggle(detail.form, detail.anchor);
  if (detail.wish && isMany()) document.dispatchEvent(new CustomEvent("wish-share", { detail: detail.wish }));
});
document.addEventListener("close-picker", () => close());

function toggle(what, id) {
  const anchor = document.getElementById(id);
  if (box.matches(":popover-open")) close();
  else if (anchor) return open(what, anchor);
}

// Another stage now, or other labels: what each choice would do has changed. What is typed while they come stays, and a picker that was
// closed meanwhile, or opened for another chat, is left as it is.
async function again() {
  if (!box.matches(":popover-open") || isMany()) return; // nobody takes choices away from under a hand
  const what = { pk: inner().dataset.pk, stage: isStage() };
  const fresh = await fetchOptions(what);
  if (fresh === undefined || !shows(what)) return;
  const { value } = input();
  const active = options()[at]?.id;
  const { scrollTop } = list();
  show(fresh);
  input().value = value;
  sift({ aloud: false });
  moveTo(options().findIndex((each) => each.id === active));
  if (!active) clearMark();
  list().scrollTop = scrollTop;
  input().focus();
}
document.addEventListener("tagged", ({ detail }) => {
  if (document.getElementById(`opt-${detail.label}`)?.dataset.group) again();
});
document.body.addEventListener("live-change", ({ detail }) => {
  const pk = Number(inner()?.dataset.pk);
  if (detail.labels.includes(document.querySelector(".app").dataset.number) || detail.chats.includes(pk)) again();
});
