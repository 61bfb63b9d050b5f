// The tour: buttons that change the simulated world, and a line that says how it stands.

import { goneWords, observe, tick } from "./demo-steps.js";
import { $, setText } from "./dom.js";
import { ask, repeat } from "./wire.js";

const LIFE_SECONDS = 6;
const SESSIONS = { WORKING: "Number connected", STARTING: "Number starting", STOPPED: "Number stopped", FAILED: "Number failed" };
// These say how the provider talks, not that something is wrong.
const MANNERS = [
  "fail_status", "reuse_ids", "label_null", "payload_shape", "hmac_algorithm", "color_as", "wrapped", "keyed",
  "busy_seconds", "hang_ms", "hang_acts", "lists_of",
];
const PHONES = {
  WORKING: ["Its phone is connected. What was wished meanwhile is sent.", "Take the old phone away", "SCAN_QR_CODE"],
  SCAN_QR_CODE: ["Its session waits for a QR code. Salma tagged three chats meanwhile: what she wished waits too.", "Bring the old phone back", "WORKING"],
};
const IN_WORDS = {
  down: () => "provider stopped",
  lie: () => "provider lies",
  latency_ms: (ms) => `answers take ${seconds(ms)}`,
  mute: () => "no deliveries",
  status: (code) => `answers ${code}`,
};

let state = null;
let sliding = false; // a person is at the slider: what the simulator says must not move it
let failure = ""; // of the last button; stays until the next one works

async function look() {
  try {
    const [now, old] = await Promise.all([ask("GET", "/sim/state"), ask("GET", "/sim/state?instance=demo3")]);
    state = now;
    paint();
    paintOldPhone(old.session.status);
    await observe(state);
    setText($("trouble"), failure);
  } catch (error) {
    setText($("trouble"), error.message);
  }
}

async function act(...request) {
  try {
    await ask(...request);
    failure = "";
  } catch (error) {
    failure = error.message;
  }
  await look();
  return !failure;
}

function paint() {
  for (const button of document.querySelectorAll("[data-switch]")) press(button, state.faults[button.dataset.switch]);
  press($("life"), state.life > 0);
  if (!sliding) $("latency").value = state.faults.latency_ms;
  setText($("latency-words"), seconds($("latency").value));
  setText($("status"), summary());
  $("status").classList.toggle("warn", wrong().length > 0 || state.session.status !== "WORKING");
  const goner = doomed();
  $("delete-label").hidden = !goner;
  setText($("delete-words"), goner ? ", or take this one:" : ".");
}

function paintOldPhone(status) {
  const [words, does, next] = PHONES[status] ?? PHONES.SCAN_QR_CODE;
  setText($("old-phone-words"), words);
  setText($("old-phone"), does);
  $("old-phone").dataset.next = next;
}

/** A button whose words change with its state says it in words, any other by `aria-pressed`. */
function press(button, on) {
  button.dataset.on = String(Boolean(on));
  if (button.dataset.words) setText(button, button.dataset.words.split("|")[Number(Boolean(on))]);
  else button.setAttribute("aria-pressed", button.dataset.on);
}

function seconds(ms) {
  return `${(Number(ms) / 1000).toFixed(1)} s`;
}

/** The switches that make this provider a bad one, in words. */
function wrong() {
  return Object.entries(state.faults)
    .filter(([name, value]) => (name === "echo" ? value === "none" : value && !MANNERS.includes(name)))
    .map(([name, value]) => IN_WORDS[name]?.(value) ?? name.replaceAll("_", " "));
}

function summary() {
  const { session, chats, deliveries } = state;
  const parts = [SESSIONS[session.status] ?? `Number: ${session.status}`, `${chats} chats`];
  parts.push(wrong().join(", ") || "no switch on");
  if (deliveries?.sent !== undefined) parts.push(`${deliveries.sent} deliveries sent`);
  if (deliveries?.waiting) parts.push(`${deliveries.waiting} waiting`);
  return parts.join(" · ");
}

function doomed() {
  return state?.labels.find((label) => label.name === $("delete-label").dataset.name);
}

for (const button of document.querySelectorAll("[data-switch]")) {
  button.addEventListener("click", () => {
    act("POST", "/sim/faults", { [button.dataset.switch]: button.dataset.on !== "true" });
  });
}
$("life").addEventListener("click", () => act("POST", "/sim/life", { every: state?.life > 0 ? 0 : LIFE_SECONDS }));
$("old-phone").addEventListener("click", () => {
  act("POST", "/sim/session?instance=demo3", { status: $("old-phone").dataset.next });
});
$("reset").addEventListener("click", () => act("DELETE", "/sim/faults"));
$("latency").addEventListener("input", () => {
  sliding = true;
  setText($("latency-words"), seconds($("latency").value));
});
$("latency").addEventListener("change", async () => {
  await act("POST", "/sim/faults", { latency_ms: Number($("latency").value) });
  sliding = false;
});
$("delete-label").addEventListener("click", async () => {
  const label = doomed();
  if (!label || !(await act("DELETE", `/sim/phone/labels/${label.id}`))) return;
  tick("delete", goneWords(label.name));
  $("did-delete").focus(); // the button that had the focus is gone
});

// The links of the tour go to the inbox that was opened last.
for (const form of document.querySelectorAll("[data-role]")) {
  form.addEventListener("submit", () => ($("groups").target = form.target));
}

repeat(look, 1000);
