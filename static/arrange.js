// The order of labels, or of rules: a row is dragged by its grip with mouse, pen or finger, or moved with the arrow keys. What is sent is the whole
// order, group by group, so that the same one twice changes nothing.

let held; // the row that is being moved, where it was, and what moves it
let last = ""; // the grip that gets the focus again

const rows = (body) => [...body.querySelectorAll("tr[data-pk]")];
const bodies = () => [...document.querySelectorAll(".arranged tbody[data-group]")];

function order() {
  const parts = bodies().map((body) => `${body.dataset.group}:${rows(body).map((row) => row.dataset.pk).join(",")}`);
  return parts.join(";");
}

function send(row, before) {
  const form = document.querySelector("form[data-arranges]");
  last = row.querySelector(".grip button").id;
  form.elements.order.value = order();
  if (form.elements.before) form.elements.before.value = before;
  form.requestSubmit();
}

// Before or behind the row under the pointer; into a group that has none
function place(row, x, y) {
  const over = document.elementFromPoint(x, y)?.closest(".arranged tbody[data-group] tr");
  const body = over?.closest("tbody");
  if (!over || over === row) return;
  if (!over.dataset.pk) return body.insertBefore(row, over.nextSibling);
  const box = over.getBoundingClientRect();
  body.insertBefore(row, y < box.top + box.height / 2 ? over : over.nextSibling);
}

function drop(keep) {
  if (!held) return;
  const { row, parent, next, before } = held;
  held = undefined;
  row.classList.remove("dragged");
  if (!keep) parent.insertBefore(row, next);
  else if (order() !== before) send(row, before);
}

document.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest(".arranged .grip button");
  if (!grip || event.button) return;
  const row = grip.closest("tr");
  held = { row, parent: row.parentElement, next: row.nextSibling, before: order() };
  row.classList.add("dragged");
  grip.setPointerCapture(event.pointerId);
});
document.addEventListener("pointermove", (event) => held && place(held.row, event.clientX, event.clientY));
document.addEventListener("pointerup", () => drop(true));
document.addEventListener("pointercancel", () => drop(false));

// Not beyond the ends of its group: which group it is in changes by hand, or in its form
function step(row, up) {
  const body = row.parentElement;
  const inside = rows(body);
  const at = inside.indexOf(row);
  if (up ? at === 0 : at === inside.length - 1) return false;
  body.insertBefore(row, up ? inside[at - 1] : inside[at + 1].nextSibling);
  return true;
}

document.addEventListener("keydown", (event) => {
  const grip = event.target.closest?.(".arranged .grip button");
  if (!grip) return;
  if (event.key === "Escape" && held) return drop(false);
  if (!["ArrowUp", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  const row = grip.closest("tr");
  const before = order();
  if (step(row, event.key === "ArrowUp")) send(row, before);
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.requestConfig?.elt?.matches?.("[data-arranges]") !== true || !last) return;
  const grip = document.getElementById(last);
  grip?.focus();
  const said = document.querySelector("[data-arranged]");
  if (said && grip) said.textContent = grip.getAttribute("aria-label");
  last = "";
});
