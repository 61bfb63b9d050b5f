// The command palette, and any other list of things to choose one from: `labelapp.choose(address, words)`.
// The focus stays in its input; arrows move over the options, Enter takes one.

const { acts, ask, fold, plural, texts } = window.labelapp;
const dialog = document.getElementById("palette");
const input = document.getElementById("palette-input");
const list = document.getElementById("palette-list");
let at = -1;

const options = () => [...list.querySelectorAll('[role="option"]:not([hidden])')];

async function choose(url, words) {
  input.placeholder = words;
  input.setAttribute("aria-label", words);
  input.value = "";
  list.replaceChildren();
  dialog.showModal();
  input.focus();
  try {
    list.innerHTML = await ask(url);
  } catch (error) {
    dialog.close();
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: error.said || texts.unreachable, level: "error" } }));
    return;
  }
  sift();
}

function sift() {
  const words = fold(input.value.trim());
  for (const option of list.querySelectorAll('[role="option"]')) option.hidden = !fold(option.dataset.name).includes(words);
  for (const group of list.querySelectorAll(".pick-group")) group.hidden = !group.querySelector('[role="option"]:not([hidden])');
  const found = options();
  dialog.querySelector(".nothing-found").hidden = found.length > 0;
  document.getElementById("palette-found").textContent = words ? plural(texts.foundEntries, found.length) : "";
  const first = found.findIndex((option) => fold(option.dataset.name).startsWith(words));
  moveTo(Math.max(first, 0));
}

function moveTo(index) {
  const found = options();
  at = found.length ? (index + found.length) % found.length : -1;
  for (const [n, each] of found.entries()) {
    each.classList.toggle("at", n === at);
    each.setAttribute("aria-selected", n === at ? "true" : "false");
  }
  if (at < 0) input.removeAttribute("aria-activedescendant");
  else input.setAttribute("aria-activedescendant", found[at].id);
  found[at]?.scrollIntoView({ block: "nearest" });
}

acts.palette = () => {
  if (dialog.open) return dialog.close();
  if (document.querySelector("dialog[open]")) return;
  const app = document.querySelector(".app");
  const here = new URLSearchParams({ place: app.dataset.place ?? "", instance: app.dataset.number ?? "" });
  choose(`${dialog.dataset.url}?${here}`, input.dataset.words);
};
window.labelapp.choose = choose;

input.addEventListener("input", sift);
input.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "ArrowDown") moveTo(at + 1);
  else if (event.key === "ArrowUp") moveTo(at - 1);
  else if (event.key === "Enter") options()[at]?.click();
  else return;
  event.preventDefault();
});
// Closed first: the focus is back where it was, and so is the chat that the command is about
dialog.addEventListener("click", (event) => {
  const option = event.target.closest('[role="option"]');
  if (!option && !event.target.closest("[data-close-palette]")) return;
  dialog.close();
  if (option?.dataset.act) acts[option.dataset.act]?.(option.dataset.value);
});
document.addEventListener("click", (event) => {
  const name = event.target.closest("[data-do]")?.dataset.do;
  if (name) acts[name]?.();
});
