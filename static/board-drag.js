// Cards in the hand: a mouse or a pen takes one as it moves, a finger that rests on it. The card stands in the column under the pointer
// as it would stay there. Escape puts it back.

const { board, cardOf, move, mayMove, put } = window.labelapp.board;
const FAR = 6; // pixels until a click is a drag
const SLIP = 10; // ... that a resting finger may slip
const LONG = 400; // milliseconds
const EDGE = 56; // pixels at the sides where the board goes on by itself
let press = null; // {pk, x, y, id, timer}: perhaps a drag
let held = null; // {pk, home, ghost, x, y, at}: what is dragged
let swallow = false; // the click at its end is none
let rolling = null;

const columnAt = (x, y) => document.elementFromPoint(x, y)?.closest(".col");

function lift({ pk, x, y }) {
  const card = cardOf(pk);
  if (!card) return;
  const box = card.getBoundingClientRect();
  const ghost = card.cloneNode(true);
  for (const each of [ghost, ...ghost.querySelectorAll("[id]")]) each.removeAttribute("id");
  ghost.classList.add("in-hand");
  ghost.setAttribute("aria-hidden", "true");
  ghost.style.inlineSize = `${box.width}px`;
  document.body.append(ghost);
  held = { pk, home: card.dataset.stage, ghost, dx: x - box.left, dy: y - box.top, x, y };
  board().classList.add("dragging");
  card.classList.add("lifted");
  drag(x, y);
}

function drag(x, y) {
  Object.assign(held, { x, y });
  held.ghost.style.left = `${x - held.dx}px`;
  held.ghost.style.top = `${y - held.dy}px`;
  hover();
  rolling ??= requestAnimationFrame(roll);
}

function hover() {
  const card = cardOf(held.pk);
  const column = columnAt(held.x, held.y);
  const open = column && (column.dataset.open !== undefined || column.dataset.stage === held.home);
  for (const each of board().querySelectorAll(".col")) {
    each.classList.toggle("over", each === column && open);
    each.classList.toggle("barred", each === column && !open);
  }
  const stage = open ? column.dataset.stage : held.home;
  if (!card || card.dataset.stage === stage) return;
  card.dataset.stage = stage;
  put(card, { from: null });
}

// At the sides the board goes on, for what lies beyond
function roll() {
  rolling = null;
  if (!held) return;
  const box = board().getBoundingClientRect();
  const by = held.x > box.right - EDGE ? 12 : held.x < box.left + EDGE ? -12 : 0;
  if (!by) return;
  const before = board().scrollLeft;
  board().scrollLeft += by;
  if (board().scrollLeft === before) return;
  hover();
  rolling = requestAnimationFrame(roll);
}

function drop(keep) {
  clearTimeout(press?.timer);
  press = null;
  if (!held) return;
  const { pk, home, ghost } = held;
  const card = cardOf(pk);
  held = null;
  ghost.remove();
  board().classList.remove("dragging");
  for (const each of board().querySelectorAll(".over, .barred")) each.classList.remove("over", "barred");
  swallow = true;
  setTimeout(() => { swallow = false; });
  if (!card) return;
  const stage = card.dataset.stage;
  card.classList.remove("lifted");
  card.dataset.stage = home;
  if (keep && stage !== home) move(pk, stage);
  else put(card);
}

document.addEventListener("pointerdown", (event) => {
  const card = event.target.closest?.(".board .kard");
  if (!card || event.button || !event.isPrimary || !mayMove() || event.target.closest("button, [data-move], .chip[role]")) return;
  press = { pk: card.dataset.pk, x: event.clientX, y: event.clientY, id: event.pointerId, touch: event.pointerType === "touch" };
  if (press.touch) {
    press.timer = setTimeout(() => {
      navigator.vibrate?.(10);
      lift(press);
    }, LONG);
  }
});

document.addEventListener("pointermove", (event) => {
  if (!press || event.pointerId !== press.id) return;
  if (held) return drag(event.clientX, event.clientY);
  const far = Math.hypot(event.clientX - press.x, event.clientY - press.y);
  if (press.touch && far > SLIP) drop(false); // it scrolls
  else if (!press.touch && far > FAR) {
    lift(press);
    if (held) drag(event.clientX, event.clientY);
  }
});
document.addEventListener("pointerup", (event) => event.pointerId === press?.id && drop(true));
document.addEventListener("pointercancel", (event) => event.pointerId === press?.id && drop(false));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !held) return;
  event.preventDefault();
  drop(false);
}, true);
// Nothing scrolls, and no menu of the browser opens, while a finger holds a card
document.addEventListener("touchmove", (event) => held && event.cancelable && event.preventDefault(), { passive: false });
document.addEventListener("contextmenu", (event) => (held || press?.touch) && event.preventDefault());
document.addEventListener("dragstart", (event) => event.target.closest?.(".kard") && event.preventDefault());
document.addEventListener("click", (event) => {
  if (!swallow) return;
  event.preventDefault();
  event.stopPropagation();
}, true);
window.addEventListener("blur", () => drop(false));
