// The label directory: make, rename, recolour, delete.

import { $, paintChip, patch, piece, setText } from "./dom.js";
import { ask, tell } from "./wire.js";

const SLOTS = 20;

let phone;
let labels = [];
let chosen = null; // the label in a dialog; null while a new one is made

export function start(owner) {
  phone = owner;
  $("new-label").addEventListener("click", () => edit(null));
  $("directory").addEventListener("click", choose);
  $("label-form").addEventListener("submit", save);
  $("goodbye-form").addEventListener("submit", remove);
}

export function open() {}

export function load() {
  return null; // the directory comes with the state
}

export function show(_, directory) {
  labels = directory;
  setText($("labels-used"), `${labels.length} of ${SLOTS} used`);
  $("no-labels").hidden = labels.length > 0;
  const items = labels.map(({ id, name, color, chats }) => ({ id, name, color, chats }));
  patch($("directory"), items, { key: (label) => label.id, make: () => piece("label"), fill: paint });
}

function paint(row, label) {
  const [chip, count, change, goodbye] = row.children;
  paintChip(chip, label);
  setText(count, chats(label.chats));
  change.setAttribute("aria-label", `Change ${label.name}`);
  goodbye.setAttribute("aria-label", `Delete ${label.name}`);
}

function chats(count) {
  return count === 1 ? "1 chat" : `${count} chats`;
}

function choose(event) {
  const button = event.target.closest("[data-do]");
  if (!button) return;
  const label = labels.find((one) => one.id === button.closest("li").dataset.key);
  if (button.dataset.do === "edit") edit(label);
  else sayGoodbye(label);
}

function edit(label) {
  const { name, color } = $("label-form").elements;
  chosen = label;
  setText($("editor-title"), label ? "Change label" : "New label");
  setText($("editor-trouble"), "");
  name.value = label?.name ?? "";
  color.value = String(label?.color ?? freeColor());
  $("label-editor").showModal();
  name.focus();
}

function freeColor() {
  const used = new Set(labels.map((label) => label.color));
  return [...Array(SLOTS).keys()].find((color) => !used.has(color)) ?? 0;
}

async function save(event) {
  event.preventDefault();
  const { name, color } = $("label-form").elements;
  const wanted = { name: name.value.trim(), color: Number(color.value) };
  const call = chosen ? ["PATCH", `/sim/phone/labels/${chosen.id}`] : ["POST", "/sim/phone/labels"];
  if (await phone.act(() => ask(...call, wanted), $("editor-trouble"))) $("label-editor").close();
}

function sayGoodbye(label) {
  chosen = label;
  setText($("goodbye-name"), label.name);
  setText($("goodbye-trouble"), "");
  setText($("goodbye-count"), `It comes off ${chats(label.chats)}, on the phone and in labelapp.`);
  $("label-goodbye").showModal();
}

async function remove(event) {
  event.preventDefault();
  const label = chosen;
  if (!(await phone.act(() => ask("DELETE", `/sim/phone/labels/${label.id}`), $("goodbye-trouble")))) return;
  $("label-goodbye").close();
  tell("deleted", label.name);
}
