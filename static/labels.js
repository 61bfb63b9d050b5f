// The label page: the preview follows the form, the deletion is a real dialog, focus goes back where it came from.

let opener = "labels-new";

function repaint(form) {
  const preview = form.querySelector(".preview");
  const name = form.elements.name.value.trim() || preview.dataset.empty;
  const color = form.elements.color.value;
  for (const chip of preview.querySelectorAll(".chip")) {
    chip.querySelector(".t").textContent = name;
    if (color === "") continue;
    chip.classList.remove(...[...chip.classList].filter((each) => /^c(\d+|x)$/.test(each)));
    chip.classList.add(`c${color}`);
  }
}

document.addEventListener("input", (event) => {
  const form = event.target.closest("#label-form");
  if (form) repaint(form);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-opener]");
  if (link) opener = link.dataset.opener || link.id;
});

// Escape leaves the drawer. A dialog has its own way: it closes, and the page goes on to what its cancel link says.
document.addEventListener("keydown", (event) => {
  const close = document.querySelector("#labels-side > .side [data-close]");
  if (event.key === "Escape" && close && !event.defaultPrevented && !document.querySelector("dialog[open], :popover-open")) close.click();
});

function openDialog(root) {
  const dialog = root.querySelector("dialog[data-modal]");
  if (!dialog || dialog.matches(":modal")) return;
  dialog.removeAttribute("open"); // close() would say so in an event of its own
  dialog.showModal();
  dialog.addEventListener("close", () => {
    if (dialog.isConnected) dialog.querySelector("[data-close]").click();
  });
}

document.addEventListener("htmx:afterSettle", (event) => {
  const side = document.getElementById("labels-side");
  if (!side || !event.detail.requestConfig?.boosted) return;
  openDialog(side);
  if (!side.querySelector(".side, dialog")) (document.getElementById(opener) || document.getElementById("labels-new"))?.focus();
});

openDialog(document);
