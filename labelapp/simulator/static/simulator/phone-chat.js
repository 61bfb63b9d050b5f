// One chat: its messages, its labels, and a box to write as anybody in it.

import { $, clock, paintAvatar, paintChip, patch, patchChips, piece, setText, when } from "./dom.js";
import { known, number } from "./phone-list.js";
import { ask, tell } from "./wire.js";

const US = "us";
const KINDS = { group: "Group", lid: "Number hidden by WhatsApp" };

let phone;
let jid = "";
const waiting = new Set(); // labels whose checkbox shows a wish that is still on its way

export function start(owner) {
  phone = owner;
  $("label-chat").addEventListener("click", () => $("label-sheet").showModal());
  $("choices").addEventListener("change", (event) => setLabel(event.target));
  $("message-form").addEventListener("submit", write);
}

export function open(query) {
  if (query.get("chat") === jid) return;
  jid = query.get("chat");
  setText($("chat-name"), number(jid));
  setText($("chat-kind"), "");
  for (const id of ["chat-avatar", "chat-labels", "messages", "choices", "write-as"]) $(id).replaceChildren();
  $("message-form").reset();
}

export function load() {
  return ask("GET", `/sim/chats/${encodeURIComponent(jid)}`);
}

export function show(chat, labels) {
  const name = chat.name || number(chat.jid);
  const directory = new Map(labels.map((label) => [label.id, label]));
  setText($("chat-name"), name);
  setText($("chat-kind"), KINDS[chat.kind] ?? number(chat.jid));
  paintAvatar($("chat-avatar"), { name, kind: chat.kind });
  patchChips($("chat-labels"), known(chat, directory));
  showChoices(new Set(chat.labels.map(String)), labels);
  showMessages(chat);
  showWriters(chat);
}

function showChoices(on, labels) {
  const items = labels.map(({ id, name, color }) => ({ id, name, color }));
  patch($("choices"), items, {
    key: (label) => label.id,
    make: () => piece("choice"),
    fill: (row, label) => {
      row.querySelector("input").dataset.label = label.id;
      paintChip(row.querySelector(".chip"), label);
      delete row.querySelector(".chip").dataset.label; // here the checkbox carries it
    },
  });
  for (const box of $("choices").querySelectorAll("input")) {
    if (!waiting.has(box.dataset.label)) box.checked = on.has(box.dataset.label);
  }
}

async function setLabel(box) {
  const label = box.dataset.label;
  const wanted = { chat: jid, label, on: box.checked };
  waiting.add(label);
  const done = await phone.act(() => ask("POST", "/sim/phone/label", wanted), $("sheet-trouble"));
  waiting.delete(label);
  if (done) tell("labelled");
  else box.checked = !wanted.on;
}

function showMessages(chat) {
  const talk = $("talk");
  const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 60;
  const group = chat.kind === "group";
  const seen = new Map();
  const items = chat.messages.map((message) => {
    const key = `${message.at} ${message.from_me} ${message.text}`;
    seen.set(key, (seen.get(key) ?? 0) + 1);
    return { ...message, key: `${key} ${seen.get(key)}`, who: group && !message.from_me ? message.sender : "" };
  });
  patch($("messages"), items, { key: (item) => item.key, make: () => piece("message"), fill: paint });
  if (atEnd) talk.scrollTop = talk.scrollHeight;
}

function paint(bubble, message) {
  const [who, text, time] = bubble.children;
  bubble.classList.toggle("ours", message.from_me);
  who.hidden = !message.who;
  setText(who, message.who ?? "");
  setText(text, message.text);
  const day = when(message.at);
  setText(time, day === clock(message.at) ? day : `${day}, ${clock(message.at)}`);
}

/** Whom one can write as: in a group its members who have written, else the customer; and us. */
function showWriters(chat) {
  const members = [...new Set(chat.messages.filter((one) => !one.from_me && one.sender).map((one) => one.sender))];
  const people = chat.kind === "group" ? members.sort().map((name) => [name, name]) : [["", "the customer"]];
  if (!people.length) people.push(["", "a member"]);
  const chosen = $("write-as").value;
  patch($("write-as"), [...people, [US, "us, from the handset"]], {
    key: ([value]) => value,
    make: () => document.createElement("option"),
    fill: (option, [value, words]) => {
      option.value = value;
      setText(option, words);
    },
  });
  if ($("write-as").querySelector(`option[value="${CSS.escape(chosen)}"]`)) $("write-as").value = chosen;
}

async function write(event) {
  event.preventDefault();
  const { text, as } = event.target.elements;
  const fromMe = as.value === US;
  const message = { chat: jid, text: text.value.trim(), from_me: fromMe, sender: fromMe ? "" : as.value };
  if (!message.text) return;
  const typed = text.value;
  text.value = "";
  $("talk").scrollTop = $("talk").scrollHeight;
  const sent = await phone.act(() => ask("POST", "/sim/phone/message", message));
  if (!sent && !text.value) text.value = typed;
  text.focus();
}
