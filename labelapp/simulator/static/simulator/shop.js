// The shop: orders of people who are to pay. Paying one tells labelapp, which labels the chat.

import { $, patch, patchChips, piece, setText } from "./dom.js";
import { ask, repeat } from "./wire.js";

const SAID = {
  applied: "is told: labelapp moves the chat.",
  unchanged: "is told: the chat was there already.",
  unmapped: "is told, but nothing is mapped to it in labelapp.",
  paused: "is told, but its mapping in labelapp rests.",
  unmatched: "is told: labelapp waits for a chat with this number.",
};
let failure = ""; // of the last payment; stays until the next one works

async function look() {
  try {
    const { ready, orders } = await ask("GET", "/sim/shop");
    $("no-token").hidden = ready;
    $("no-orders").hidden = orders.some((order) => order.open);
    patch($("orders"), orders.map((order) => ({ ...order, ready })), { key: (order) => order.jid, make, fill });
    setText($("trouble"), failure);
  } catch (error) {
    setText($("trouble"), error.message);
  }
}

function make(order) {
  const row = piece("order");
  row.querySelector("button").addEventListener("click", () => pay(order));
  return row;
}

function fill(row, order) {
  const button = row.querySelector("button");
  row.dataset.chat = order.jid;
  setText(row.querySelector("h2 bdi"), order.name);
  setText(row.querySelector(".number"), order.number);
  setText(row.querySelector(".words"), order.words);
  setText(row.querySelector(".phone"), order.phone);
  setText(row.querySelector(".amount"), order.amount);
  patchChips(row.querySelector(".chips"), order.labels);
  setText(button, order.open ? "Pay" : "Paid");
  button.disabled = !order.open || !order.ready;
  button.setAttribute("aria-label", `${order.open ? "Pay" : "Paid:"} order ${order.number} of ${order.name}`);
}

async function pay(order) {
  try {
    const { outcome } = await ask("POST", "/sim/shop/pay", { chat: order.jid });
    failure = "";
    setText($("told"), `The payment of ${order.number} ${SAID[outcome] ?? "is told."}`);
  } catch (error) {
    failure = error.message;
  }
  await look();
}

repeat(look, 1000);
