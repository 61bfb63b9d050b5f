// The picker of many chats: what is to become of each label, what that would do, and the one button that does it.

const { bring, fill, plural, texts } = window.labelapp;
const box = document.getElementById("picker");
const MARKS = { true: "yes", mixed: "some", false: "" };

const options = () => [...box.querySelectorAll(".opt.many")];
const wanted = () => options().filter((option) => option.dataset.want);
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

// Those of on and off that would change anything, and back to how it was
function cycle(option) {
  const { want, adds, takes, more } = option.dataset;
  const steps = ["", ...(Number(adds) || more ? ["on"] : []), ...(Number(takes) || more ? ["off"] : [])];
  choose(option, steps[(steps.indexOf(want) + 1) % steps.length]);
  show();
}

function choose(option, want) {
  option.dataset.want = want;
  const { group } = option.dataset;
  if (!group || want !== "on") return;
  for (const other of options()) if (other !== option && other.dataset.group === group) other.dataset.want = "";
}

function show() {
  for (const option of options()) paint(option);
  const said = wanted().flatMap(sentences);
  const area = document.getElementById("apply-says");
  area.replaceChildren(...(said.length ? said : [texts.chooseLabels]).map(paragraph));
  area.classList.toggle("muted", !said.length);
  document.getElementById("apply").disabled = !said.length;
}

function paint(option) {
  const { want, was, adds, takes, more } = option.dataset;
  const mark = option.querySelector(".mark");
  mark.classList.remove("yes", "some", "no");
  const now = want ? { on: "yes", off: "no" }[want] : MARKS[was];
  if (now) mark.classList.add(now);
  option.classList.toggle("changed", want !== "");
  option.setAttribute("aria-checked", want ? String(want === "on") : was);
  const forms = want === "on" ? texts.addTo : texts.takeFrom;
  option.querySelector(".d").textContent = want && !more ? plural(forms, Number(want === "on" ? adds : takes)) : "";
}

// Each change in a sentence of its own: names stand where a language wants them
function sentences(option) {
  const { want, name, group, adds, takes, more } = option.dataset;
  const label = `\u2068${name}\u2069`;
  const [whole, some] = want === "on" ? [texts.putOnAll, texts.putOn] : [texts.takeOffAll, texts.takeOff];
  const first = fill(more ? whole : plural(some, Number(want === "on" ? adds : takes)), { label });
  return want === "on" && group ? [`${first} ${fill(texts.replacesRest, { group: `\u2068${group}\u2069` })}`] : [first];
}

function paragraph(text) {
  const line = document.createElement("p");
  line.textContent = text;
  return line;
}

function fieldsOf(chats) {
  const fields = Object.entries(chats);
  for (const option of wanted()) fields.push([option.dataset.want === "on" ? "add" : "remove", option.dataset.pk]);
  return fields;
}

async function begin(url, fields) {
  const button = document.getElementById("apply");
  button.disabled = true; // a second click would be a second run
  try {
    await bring(url, { method: "POST", form: fields });
    tell("close-picker");
    tell("applied");
  } catch (error) {
    button.disabled = false;
    tell("toast", { text: error.said || texts.unreachable, level: "error" });
  }
}

function send(form, fields) {
  for (const [name, value] of fields) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    form.append(input);
  }
  form.submit();
}

// A key has said which: the first by that name on, or off where all have it; a label of the list off. What would change nothing is not chosen
document.addEventListener("wish-share", ({ detail: { name, labels = [] } }) => {
  const option = options().find((each) => each.dataset.name === name || labels.includes(each.dataset.pk));
  if (!option) return;
  const { adds, takes, more } = option.dataset;
  if (name !== undefined && (Number(adds) || more)) choose(option, "on");
  else if (Number(takes) || more) choose(option, "off");
  show();
  option.scrollIntoView({ block: "nearest" });
  if (option.dataset.want) document.getElementById("apply").focus();
});
document.addEventListener("cycle-share", ({ detail }) => cycle(detail.option));
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.id !== "apply-form") return;
  event.preventDefault();
  const fields = fieldsOf(window.labelapp.picked);
  if (form.dataset.direct) begin(form.dataset.direct, fields);
  else send(form, fields);
});
box.addEventListener("click", (event) => {
  if (!event.target.closest("[data-reset]")) return;
  for (const option of options()) option.dataset.want = "";
  show();
});
