// The keyboard in the inbox. Letters go by what is printed on a Latin layout, by the key's place on any other.

const shortcuts = document.body.dataset.shortcuts === "on";
const BY_PLACE = { KeyJ: "j", KeyK: "k", KeyL: "l", KeyU: "u", Slash: "/" };

function letter(event) {
  const { key, code, shiftKey } = event;
  if (key.length !== 1 || key.charCodeAt(0) < 128) return key.toLowerCase();
  if (code === "Slash" && shiftKey) return "?";
  return BY_PLACE[code] ?? key;
}

const rows = () => [...document.querySelectorAll("#rows > .row")];
const current = () => document.activeElement?.closest?.(".row") ?? document.querySelector("#rows > .row[aria-current]");

function move(step) {
  const all = rows();
  const now = all.indexOf(current());
  const next = all[now < 0 ? (step > 0 ? 0 : all.length - 1) : now + step];
  if (!next) return;
  next.querySelector(".hit").focus({ preventScroll: true, focusVisible: true });
  next.scrollIntoView({ block: "nearest" });
}

function label() {
  const row = document.activeElement?.closest?.(".row");
  const pk = row?.dataset.pk ?? document.getElementById("side")?.dataset.pk ?? current()?.dataset.pk;
  if (!pk) return;
  const inRow = document.getElementById(`tag-${pk}`);
  const inPanel = document.getElementById(`add-${pk}`);
  const anchor = inPanel?.offsetParent ? inPanel : inRow; // the open chat's own button, if it is on the screen
  if (anchor) document.dispatchEvent(new CustomEvent("pick", { detail: { pk, anchor: anchor.id } }));
}

const back = () => document.getElementById("side")?.dataset.pk && document.dispatchEvent(new CustomEvent("go-back"));
const search = () => document.getElementById("search").select();
const help = () => document.getElementById("keys").showModal();

const ANYWAY = { ArrowDown: () => move(1), ArrowUp: () => move(-1), Escape: back };
const LETTERS = { j: () => move(1), k: () => move(-1), l: label, u: back, "/": search, "?": help };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  const { target } = event;
  if (target.matches("input, textarea, select, [contenteditable]")) {
    if (event.key === "Escape") target.blur();
    return;
  }
  if (document.querySelector("dialog[open], [popover]:popover-open")) return;
  const arrows = event.key.startsWith("Arrow");
  if (arrows && target !== document.body && !target.closest("#main")) return; // there they scroll
  const act = ANYWAY[event.key] ?? (shortcuts ? LETTERS[letter(event)] : null);
  if (!act) return;
  event.preventDefault();
  act();
});
