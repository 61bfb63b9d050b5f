// The list of chats.

import { $, paintAvatar, patch, patchChips, piece, setText, when } from "./dom.js";
import { ask, to } from "./wire.js";

const PAGE = 50;
const STILL = 2000; // ms after which a resting pointer no longer holds the rows

let size = PAGE;
let pointed = 0;

export function start(phone) {
  $("search").addEventListener("input", () => {
    size = PAGE;
    phone.refresh();
  });
  $("more").addEventListener("click", () => {
    size += PAGE;
    phone.refresh();
  });
  $("chats").addEventListener("pointermove", () => (pointed = Date.now()));
  $("chats").addEventListener("pointerleave", () => (pointed = 0));
}

export function open() {
  pointed = 0;
}

/** One row more than is shown, to know whether there are more. */
export async function load() {
  const q = $("search").value.trim();
  const rows = [];
  while (rows.length <= size) {
    const limit = Math.min(PAGE, size + 1 - rows.length);
    const query = new URLSearchParams({ limit, offset: rows.length, q });
    const found = await ask("GET", `/sim/chats?${query}`);
    rows.push(...found);
    if (found.length < limit) break;
  }
  return rows;
}

export function show(rows, labels) {
  const directory = new Map(labels.map((label) => [label.id, label]));
  const once = [...new Map(rows.map((row) => [row.jid, row])).values()];
  const items = once.slice(0, size).map((row) => ({ ...row, name: row.name || number(row.jid), labels: known(row, directory) }));
  patch($("chats"), held(items), { key: (item) => item.jid, make: () => piece("chat"), fill: paint });
  $("no-chats").hidden = items.length > 0;
  $("more-row").hidden = rows.length <= size;
}

/** While a person is aiming at a row it does not move away. */
function held(items) {
  const before = [...$("chats").children].map((row) => row.dataset.key);
  const same = before.length === items.length && items.every((item) => before.includes(item.jid));
  if (!same || Date.now() - pointed > STILL) return items;
  return items.toSorted((one, other) => before.indexOf(one.jid) - before.indexOf(other.jid));
}

export function known(chat, directory) {
  return chat.labels
    .map(String)
    .filter((id) => directory.has(id))
    .map((id) => ({ id, name: directory.get(id).name, color: directory.get(id).color }));
}

export function number(jid) {
  const [digits, server] = jid.split("@");
  return server === "c.us" ? `+${digits}` : digits;
}

function paint(row, chat) {
  const [avatar, link, time, last, chips] = row.children;
  const message = chat.last_message;
  row.dataset.chat = chat.jid;
  paintAvatar(avatar, chat);
  setText(link, chat.name);
  link.setAttribute("href", to({ chat: chat.jid }));
  setText(time, message ? when(message.at) : "");
  const [who, colon, text] = last.children;
  setText(who, message ? writer(chat, message) : "");
  colon.hidden = !who.textContent;
  setText(text, message?.text ?? "");
  patchChips(chips, chat.labels);
}

/** Apart from the text: each may run in another direction. */
function writer(chat, message) {
  if (message.from_me) return "You";
  return chat.kind === "group" ? message.sender : "";
}
