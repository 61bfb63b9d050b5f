// The handset: a list of chats, one open chat, the labels. Everything shown comes from /sim/, which also other hands change.
import { ask, chip, el, watch } from "./sim.js";

const $ = (id) => document.getElementById(id);
const state = { labels: [], version: null, open: "", chat: null, limit: 40, editing: "" };
const PAGE = 40;

function say(text) {
  const told = $("told");
  told.textContent = text;
  told.hidden = !text;
  clearTimeout(say.timer);
  if (text) say.timer = setTimeout(() => (told.hidden = true), 5000);
}

/** Runs what a click asked for, shows the simulator's refusal, and looks again at once. */
async function run(act) {
  try {
    await act();
    await look(true);
    return true;
  } catch (error) {
    say(error.message);
    return false;
  }
}

function moment(seconds) {
  const at = new Date(seconds * 1000);
  const days = (new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86_400_000;
  if (days < 1) return at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  if (days < 7) return at.toLocaleDateString("en-GB", { weekday: "short" });
  return at.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
}

function initials(chat) {
  const words = chat.name.replace(/[^\p{L}\p{N} ]/gu, "").split(" ").filter(Boolean);
  return /^\+?\d/.test(chat.name) ? "#" : words.slice(0, 2).map((word) => [...word][0]).join("");
}

const labelsOf = (chat) => chat.labels.map((id) => state.labels.find((label) => label.id === id)).filter(Boolean);

function preview(line, kind) {
  if (!line) return "";
  const who = line.from_me ? "You: " : kind === "group" && line.sender ? `${line.sender}: ` : "";
  return who + line.text;
}

function row(chat) {
  return el(
    "li",
    { "data-chat": chat.jid },
    el(
      "button",
      { type: "button", class: "row", "data-chat": chat.jid, on: { click: () => (location.hash = encodeURIComponent(chat.jid)) } },
      el("span", { class: "face", "aria-hidden": "true" }, initials(chat)),
      el(
        "span",
        { class: "who" },
        el("bdi", { class: "name", dir: "auto" }, chat.name),
        el("span", { class: "said", dir: "auto" }, preview(chat.last_message, chat.kind)),
        el("span", { class: "chips" }, ...labelsOf(chat).map(chip)),
      ),
      el(
        "span",
        { class: "when" },
        el("time", {}, chat.last_message ? moment(chat.last_message.at) : ""),
        chat.unread ? el("span", { class: "unread" }, String(chat.unread), el("span", { class: "vh" }, " unread")) : null,
      ),
    ),
  );
}

/** New content for a list, without taking the focus or the scroll position from whoever is in it. */
function fill(list, items) {
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.chat : "";
  list.replaceChildren(...items);
  if (focused) list.querySelector(`button[data-chat="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

async function showList() {
  const q = $("search").value.trim();
  const chats = await ask("GET", `/sim/chats?limit=${state.limit + 1}&q=${encodeURIComponent(q)}`);
  $("more").hidden = chats.length <= state.limit;
  fill($("list"), chats.slice(0, state.limit).map(row));
  $("nothing").hidden = chats.length > 0;
}

function bubble(line, kind) {
  const writer = kind === "group" && !line.from_me && line.sender;
  return el(
    "li",
    { class: line.from_me ? "ours" : "theirs" },
    writer ? el("bdi", { class: "writer", dir: "auto" }, line.sender) : null,
    el("span", { dir: "auto", class: "text" }, line.text),
    el("time", {}, moment(line.at)),
  );
}

async function showChat() {
  if (!state.open) return;
  const chat = await ask("GET", `/sim/chats/${encodeURIComponent(state.open)}?limit=60`);
  if (chat.jid !== state.open) return;
  const last = (one) => (one && one.jid === chat.jid ? one.messages.at(-1)?.id : null);
  const grew = last(state.chat) !== chat.messages.at(-1)?.id;
  state.chat = chat;
  $("chat").dataset.chat = chat.jid;
  $("chat-name").textContent = chat.name;
  $("chat-kind").textContent = { group: "Group", lid: "Person, number hidden", person: `+${chat.jid.split("@")[0]}` }[chat.kind];
  $("chat-chips").replaceChildren(...labelsOf(chat).map(chip));
  $("archive").textContent = chat.archived ? "Unarchive" : "Archive";
  $("sender-field").hidden = chat.kind !== "group" || $("as").value === "us";
  if (!grew) return;
  $("messages").replaceChildren(...chat.messages.map((line) => bubble(line, chat.kind)));
  $("messages").scrollTop = $("messages").scrollHeight;
}

async function look(force = false) {
  const now = await ask("GET", "/sim/state");
  $("phone").dataset.session = now.session.status;
  $("connection").textContent = now.session.status === "WORKING" ? "Connected" : now.session.status;
  if (!force && now.version === state.version) return;
  state.version = now.version;
  state.labels = now.labels;
  await Promise.all([showList(), showChat()]);
  showLabels();
}

function go() {
  state.open = decodeURIComponent(location.hash.slice(1));
  state.chat = null;
  $("messages").replaceChildren();
  $("inbox").hidden = Boolean(state.open);
  $("chat").hidden = !state.open;
  if (!state.open) return;
  run(async () => {}).then((fine) => (fine ? $("chat-name").focus() : (location.hash = "")));
}

// The labels: a sheet with a tick per label while a chat is open, and always the directory.

function labelRow(label) {
  const on = Boolean(state.chat?.labels.includes(label.id));
  const tick = el("input", {
    type: "checkbox",
    id: `tick-${label.id}`,
    "data-label": label.id,
    on: { change: (event) => setLabel(label, event.target.checked) },
  });
  tick.checked = on;
  return el(
    "li",
    { "data-label": label.id },
    state.chat ? tick : null,
    el(state.chat ? "label" : "span", { class: "grow", for: state.chat ? `tick-${label.id}` : null }, chip(label)),
    el("span", { class: "quiet" }, `${label.chats} ${label.chats === 1 ? "chat" : "chats"}`),
    el("button", { type: "button", class: "small", "aria-label": `Edit ${label.name}`, on: { click: () => edit(label) } }, "Edit"),
    el(
      "button",
      { type: "button", class: "small bad", "aria-label": `Delete ${label.name}`, on: { click: (event) => remove(label, event.target) } },
      "Delete",
    ),
  );
}

function showLabels() {
  const inside = document.activeElement?.closest?.("#labels li")?.dataset.label;
  const what = document.activeElement?.tagName;
  // somebody is about to confirm: leave the button under the finger alone
  if (document.querySelector("#labels [data-sure]")) return;
  $("labels").replaceChildren(...state.labels.map(labelRow));
  if (inside) document.querySelector(`#labels li[data-label="${inside}"] ${what === "INPUT" ? "input" : "button"}`)?.focus();
  $("slots").textContent = `${state.labels.length} of 20 labels`;
}

function setLabel(label, on) {
  run(() => ask("POST", "/sim/phone/label", { chat: state.open, label: label.id, on })).then((fine) => fine || showLabels());
}

function remove(label, button) {
  if (button.dataset.sure === undefined) {
    button.dataset.sure = "";
    button.textContent = "Sure?";
    setTimeout(() => {
      delete button.dataset.sure;
      button.textContent = "Delete";
    }, 4000);
    return;
  }
  delete button.dataset.sure;
  run(() => ask("DELETE", `/sim/phone/labels/${label.id}`));
}

function edit(label) {
  state.editing = label?.id || "";
  $("label-name").value = label?.name || "";
  const color = document.querySelector(`input[name="color"][value="${label?.color ?? 0}"]`);
  if (color) color.checked = true;
  $("label-title").textContent = label ? `Change “${label.name}”` : "New label";
  $("label-cancel").hidden = !label;
  if (label) $("label-name").focus();
}

function saveLabel(event) {
  event.preventDefault();
  const color = Number(document.querySelector('input[name="color"]:checked')?.value ?? 0);
  const body = { name: $("label-name").value, color };
  const act = state.editing
    ? () => ask("PATCH", `/sim/phone/labels/${state.editing}`, body)
    : () => ask("POST", "/sim/phone/labels", body);
  run(act).then((fine) => fine && edit(null));
}

function send(event) {
  event.preventDefault();
  const ours = $("as").value === "us";
  const body = { chat: state.open, text: $("text").value, from_me: ours };
  if (!ours && $("sender").value.trim()) body.sender = $("sender").value.trim();
  run(() => ask("POST", "/sim/phone/message", body)).then((fine) => {
    if (fine) $("text").value = "";
    $("text").focus();
  });
}

function addChat(event) {
  event.preventDefault();
  const body = { name: $("new-name").value, kind: $("new-kind").value };
  run(async () => {
    const made = await ask("POST", "/sim/phone/chats", body);
    await ask("POST", "/sim/phone/message", { chat: made.jid, text: "Hello!" });
    $("new-chat").close();
    $("new-name").value = "";
    location.hash = encodeURIComponent(made.jid);
  });
}

let typing;
$("search").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => showList().catch((error) => say(error.message)), 150);
});
$("more").addEventListener("click", () => {
  state.limit += PAGE;
  showList().catch((error) => say(error.message));
});
$("back").addEventListener("click", () => (location.hash = ""));
for (const button of document.querySelectorAll("[data-opens]")) {
  button.addEventListener("click", () => {
    edit(null);
    showLabels();
    $(button.dataset.opens).showModal();
  });
}
for (const button of document.querySelectorAll("[data-closes]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}
$("label-form").addEventListener("submit", saveLabel);
$("label-cancel").addEventListener("click", () => edit(null));
$("compose").addEventListener("submit", send);
$("as").addEventListener("change", () => showChat().catch((error) => say(error.message)));
$("new-form").addEventListener("submit", addChat);
$("archive").addEventListener("click", () => {
  run(() => ask("POST", "/sim/phone/archive", { chat: state.open, archived: !state.chat.archived }));
});
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $("compose").requestSubmit();
  }
});
window.addEventListener("hashchange", go);
go();
watch(look, () => ($("connection").textContent = "The simulator does not answer"));
