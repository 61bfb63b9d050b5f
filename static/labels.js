// The label page: the preview follows the form, and the button of a deletion what is chosen.

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
  for (const note of form.querySelectorAll("[data-alike]")) note.hidden = note.dataset.alike !== color;
}

// The button of the deletion says what is chosen
function name(form) {
  const chosen = form.querySelector('[name="how"]:checked');
  const go = document.querySelector("#label-delete-go span");
  if (chosen && go) go.textContent = chosen.dataset.go;
}

document.addEventListener("input", (event) => {
  const form = event.target.closest("#label-form");
  if (form) repaint(form);
  const ending = event.target.closest("#label-delete");
  if (ending) name(ending);
});

document.addEventListener("click", (event) => {
  const better = event.target.closest("[data-color]");
  const form = better?.closest("#label-form");
  if (!form) return;
  const swatch = form.querySelector(`[name="color"][value="${better.dataset.color}"]`);
  swatch.checked = true;
  swatch.focus();
  repaint(form);
});

// A step in the order by urgency: on to the same button, or to the one that takes the step back
function follow(step) {
  const pk = step.id.split("-").pop();
  (document.getElementById(step.id) ?? document.getElementById(`up-${pk}`))?.focus();
}

function settled(step) {
  if (step?.name === "order" && step.id) follow(step);
  const ending = document.getElementById("label-delete");
  if (ending) name(ending);
}

document.addEventListener("htmx:afterSettle", ({ detail }) => settled(detail.requestConfig?.triggeringEvent?.submitter));
settled();
