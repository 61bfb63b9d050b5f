// What one does with the chat one is at: the row with the focus, else the chat that is open.

const { acts, ask, bring, choose, texts } = window.labelapp;

const rows = () => [...document.querySelectorAll("#rows > .row")];
const focused = () => document.activeElement?.closest?.("#rows > .row");
const current = () => focused() ?? document.querySelector("#rows > .row[aria-current]");
const openChat = () => document.getElementById("side")?.dataset.pk;
window.labelapp.current = current; // the row one is at
const chatAt = () => focused()?.dataset.pk ?? openChat() ?? current()?.dataset.pk;
// The number that the chat belongs to: where the list is of all, each row says it
const numberOf = (pk) => document.getElementById(`chat-${pk}`)?.dataset.number ?? document.getElementById("side")?.dataset.number
  ?? document.querySelector(".app").dataset.number;
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

function move(step) {
  const all = rows();
  const now = all.indexOf(current());
  const next = all[now < 0 ? (step > 0 ? 0 : all.length - 1) : now + step];
  if (!next) return;
  next.querySelector(".hit").focus({ preventScroll: true, focusVisible: true });
  next.scrollIntoView({ block: "nearest" });
}

// On to the chat below: opened, if this one is
document.addEventListener("go-on", ({ detail: { pk } }) => {
  const next = document.getElementById(`chat-${pk}`)?.nextElementSibling;
  if (!next?.matches(".row")) return tell("toast", { text: texts.lastChat });
  const link = next.querySelector(".hit");
  link.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  if (openChat() === pk) link.click();
});

acts.next = () => move(1);
acts.previous = () => move(-1);
acts.open = () => current()?.querySelector(".hit").click();
acts.back = () => openChat() && tell("go-back");
acts.search = () => document.getElementById("search").select();
acts.label = () => pick("add");
acts.stage = () => pick("stage", { stage: true });

// The open chat's own button, if it is on the screen, else that of its row
function pick(button, more) {
  const pk = chatAt();
  const inPanel = document.getElementById(`${button}-${pk}`);
  const anchor = inPanel?.offsetParent ? inPanel : document.getElementById(`tag-${pk}`);
  if (anchor) tell("pick", { pk, anchor: anchor.id, ...more });
}

// ---- labels without the picker

// The labels that the chat shall have, as far as the screen knows
function wanted(pk) {
  const row = document.getElementById(`chat-${pk}`);
  if (row) return row.dataset.on.split(" ").filter(Boolean);
  return [...document.querySelectorAll(`#tags-${pk} .chip[data-wanted="on"]`)].map((chip) => chip.dataset.pk);
}

function set(label, state, chat) {
  if (chat) tell("set-label", { chat, label, state, url: `/chats/${chat}/labels/${label}/` });
}

// The label of a digit, as the chat's number has it
const nthOf = (pk, key) => document.querySelectorAll(`#numbered [data-number="${numberOf(pk)}"] > .chip`)[key - 1];
// The labels that the list is about, as each number has it; where there is none it is said
function ofView() {
  const labels = document.getElementById("list").dataset.label.split(" ").filter(Boolean);
  if (!labels.length) tell("toast", { text: texts.noViewLabel });
  return labels;
}
Object.assign(window.labelapp, { chatAt, nthOf, ofView });

acts.nth = (key, pk = chatAt()) => {
  const chip = nthOf(pk, key);
  if (chip && pk) set(chip.dataset.pk, wanted(pk).includes(chip.dataset.pk) ? "off" : "on", pk);
};
acts.drop = (key, pk = chatAt()) => {
  const labels = ofView();
  const there = wanted(pk);
  const label = labels.length === 1 ? labels[0] : labels.find((each) => there.includes(each));
  if (label) set(label, "off", pk);
};

// ---- who looks after it

async function give(chat, person) {
  if (!chat) return;
  try {
    await bring(`/chats/${chat}/assignee/set/`, { method: "POST", form: { person } });
    tell("changed", { chat, person });
  } catch (error) {
    tell("toast", { text: error.said || texts.unreachable, level: "error" });
  }
}

acts.assign = () => give(chatAt(), "me");
acts.assignee = () => chatAt() && choose(`/chats/${chatAt()}/assignee/`, texts.whoLooksAfter);
acts.give = (choice) => give(...choice.split(":"));

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-choose]");
  if (!link || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  choose(link.href, link.dataset.choose);
});

// ---- the last change, on another chat

const LAST = `labelapp-last-change-${document.body.dataset.person}`;

document.addEventListener("changed", ({ detail: { chat, label, state, look, person, undone } }) => {
  if (!undone) sessionStorage.setItem(LAST, JSON.stringify(label ? { label, state, look, number: numberOf(chat) } : { person }));
});

acts.repeat = async () => {
  const last = JSON.parse(sessionStorage.getItem(LAST));
  const chat = chatAt();
  if (!last) tell("toast", { text: texts.nothingToRepeat });
  else if (!chat) return;
  else if (!last.label) give(chat, last.person);
  else if (last.number === numberOf(chat)) again(last.label, last, chat);
  else await againThere(last, chat);
};

function again(label, { state, look }, chat) {
  tell("set-label", { chat, label, state, look, url: `/chats/${chat}/labels/${label}/` });
}

// A chat of another number gets the label of the same name that its number has
async function againThere({ label, state }, chat) {
  try {
    const look = await ask(`/chats/${chat}/labels/${label}/namesake/`);
    const pk = look.match(/data-pk="(\d+)"/)[1];
    again(pk, { state, look }, chat);
  } catch (error) {
    tell("toast", { text: error.said || texts.unreachable, level: "error" });
  }
}
