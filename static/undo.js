// What was changed can be taken back for as long as its toast stays; with z several times, the last change first.

const { acts, announce, bring, texts, Refusal } = window.labelapp;
const STAY = 8000;
let offers = [];
let shown = null;
let timer;

const node = () => document.getElementById("undo");
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

// A fresh toast has come with the answer to a change
function take() {
  if (node() === shown) return;
  shown = node();
  if (!shown) return clearTimeout(timer); // another page came into this one's place
  const { pk, undo, offer } = shown.dataset;
  if (offer) offers.push({ pk, url: undo, offer });
  clearTimeout(timer);
  if (!shown.hidden) timer = setTimeout(leave, STAY);
}

function leave() {
  if (node()?.matches(":hover, :focus-within")) timer = setTimeout(leave, 1000);
  else hide();
}

function hide() {
  clearTimeout(timer);
  if (node()) node().hidden = true;
  offers = [];
}

// It may not have arrived, and can be asked for again: what was undone is not undone twice
function keep(offer) {
  offers.push(offer);
  clearTimeout(timer);
  timer = setTimeout(leave, STAY);
}

acts.undo = async () => {
  await window.labelapp.answered(); // the last change may still be on its way, and it is meant
  const last = offers.pop();
  if (!last) return tell("toast", { text: texts.nothingToUndo });
  try {
    await bring(last.url, { method: "POST", form: { offer: last.offer } });
    tell("changed", { chat: last.pk, undone: true });
  } catch (error) {
    const isFinal = error instanceof Refusal && error.status < 500;
    if (isFinal && node()) node().hidden = true;
    if (!isFinal) keep(last);
    tell("toast", { text: error.said || texts.unreachable, level: "error" });
    announce(`chat-${last.pk}`); // as it really is
  }
};

document.addEventListener("placed", take);
document.addEventListener("click", (event) => event.target.closest("[data-hide-undo]") && hide());
shown = node();
