// What a link brings beside the page or over it: a drawer, a form, a question. However it is left, the focus goes back to that link.
// The place is [data-side]; the link is [data-opener], or names another one that stays: data-opener="edit-5". Where links of the place
// are boosted, the server empties it; else it is emptied here, and nothing of the page has changed.

let opener = "";
let opened = false; // what was asked for is here; before, something else may settle while it is on its way

const side = () => document.querySelector("[data-side]");

function openDialog() {
  const dialog = side().querySelector("dialog[data-modal]");
  if (!dialog || dialog.matches(":modal")) return;
  dialog.removeAttribute("open"); // close() would say so in an event of its own
  dialog.showModal();
  dialog.querySelector("input[autofocus]")?.select();
  dialog.addEventListener("close", () => dialog.isConnected && dialog.querySelector("[data-close]").click());
}

function settle() {
  if (!side()) return;
  openDialog();
  if (side().querySelector(".side, dialog")) opened = true;
  else if (opened) giveBack();
}

// To the link, or to the place's home where the link is gone or hidden
function giveBack() {
  const homes = [opener, side().dataset.home, "main"].map((id) => id && document.getElementById(id));
  [opener, opened] = ["", false];
  homes.find((each) => each?.getClientRects().length)?.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-opener]");
  if (link && !event.ctrlKey && !event.metaKey) [opener, opened] = [link.dataset.opener || link.id, false];
  if (!event.target.closest("[data-side]:not([hx-boost]) [data-close]")) return;
  event.preventDefault();
  side().replaceChildren();
  settle();
});

// Escape leaves a drawer. A dialog closes by itself, and goes where its cancel link leads.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open], :popover-open")) return;
  document.querySelector("[data-side] > .side [data-close]")?.click();
});
document.addEventListener("htmx:afterSettle", settle);
settle();
