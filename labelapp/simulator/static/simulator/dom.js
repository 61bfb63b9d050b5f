// Changing a page that a person is using: what did not change is not touched.

export const $ = (id) => document.getElementById(id);

export function piece(name) {
  return $(`piece-${name}`).content.firstElementChild.cloneNode(true);
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setClass(node, name) {
  if (node.className !== name) node.className = name;
}

const painted = new WeakMap();

/** Makes the children of `list` show `items` in their order. Focus survives a move; unchanged items are left alone. */
export function patch(list, items, { key, make, fill }) {
  const focused = document.activeElement;
  const wanted = new Set(items.map((item) => String(key(item))));
  const old = new Map();
  for (const node of [...list.children]) {
    if (wanted.has(node.dataset.key)) old.set(node.dataset.key, node);
    else node.remove();
  }
  let place = list.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    const node = old.get(name) ?? make(item);
    node.dataset.key = name;
    const signature = JSON.stringify(item);
    if (painted.get(node) !== signature) fill(node, item);
    painted.set(node, signature);
    if (node === place) place = place.nextElementSibling;
    else list.insertBefore(node, place);
  }
  if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
}

export function paintChip(chip, label) {
  setClass(chip, `chip ${label.color >= 0 && label.color < 20 ? `c${label.color}` : "cx"}`);
  setText(chip, label.name);
  chip.dataset.label = label.id;
}

export function patchChips(list, labels) {
  patch(list, labels, {
    key: (label) => label.id,
    make: () => piece("chip"),
    fill: (node, label) => paintChip(node.firstElementChild, label),
  });
}

const CLOCK = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });

export const clock = (ms) => CLOCK.format(ms);

/** The time if it was today, else the day. */
export function when(ms) {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(ms).setHours(0, 0, 0, 0)) / 86_400_000);
  if (days <= 0) return clock(ms);
  return days === 1 ? "Yesterday" : DAY.format(ms);
}

/** Initials of a name, or a picture for groups and for people known by their number only. */
export function paintAvatar(node, chat) {
  const group = chat.kind === "group";
  node.classList.toggle("group", group);
  const words = chat.name.match(/[\p{L}]+/gu) ?? [];
  if (group || !words.length) node.replaceChildren(piece(group ? "icon-group" : "icon-person"));
  else setText(node, [words[0], ...words.slice(1).slice(-1)].map((word) => [...word][0]).join("\u200c").toUpperCase());
}
