// What every page needs: toasts, spoken news, dialogs, menus, and answers for requests that failed.
// Modules know each other by DOM events only: "toast" {text, level}, "say" {text}, on document.

const texts = JSON.parse(document.getElementById("texts")?.textContent || "{}");

function toast(text, level = "info") {
  const area = document.getElementById("toasts");
  const node = document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
  node.className = `toast ${level}`;
  node.querySelector(".toast-text").textContent = text;
  for (const old of area.children) {
    if (old.querySelector(".toast-text")?.textContent === text) old.remove();
  }
  area.append(node);
  fade(node);
}

// A toast leaves by itself, but never while someone points at it or has the focus in it.
function fade(node) {
  const leave = () => {
    if (node.matches(":hover, :focus-within")) setTimeout(leave, 3000);
    else node.remove();
  };
  setTimeout(leave, node.classList.contains("error") ? 12000 : 8000);
}

function say(text) {
  const said = document.getElementById("said");
  said.textContent = "";
  setTimeout(() => { said.textContent = text; }, 60); // an unchanged text would not be read again
}

document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.level));
document.addEventListener("say", (event) => say(event.detail.text));

document.addEventListener("click", (event) => {
  const dismiss = event.target.closest("[data-dismiss]");
  if (dismiss) dismiss.closest(".toast, .note").remove();
  const opener = event.target.closest("[data-open-dialog]");
  if (opener) document.getElementById(opener.dataset.openDialog)?.showModal();
});

// a click on the backdrop closes a dialog
document.addEventListener("click", (event) => {
  if (event.target.matches("dialog.modal")) event.target.close();
});

document.addEventListener("htmx:responseError", (event) => {
  const said = event.detail.xhr.getResponseHeader("X-Said"); // percent-encoded: headers hold no other scripts
  toast(said ? decodeURIComponent(said) : texts.broken, "error");
});
document.addEventListener("htmx:sendError", () => toast(texts.unreachable, "error"));
document.addEventListener("htmx:timeout", () => toast(texts.unreachable, "error"));

document.querySelectorAll("#toasts > .toast").forEach(fade);
