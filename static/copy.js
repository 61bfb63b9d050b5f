// Copies the value of a field. Where the clipboard is closed (plain http), the field is selected, ready for Ctrl+C.

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    field.select();
    return;
  }
  document.dispatchEvent(new CustomEvent("toast", { detail: { text: button.dataset.copied, level: "success" } }));
});
