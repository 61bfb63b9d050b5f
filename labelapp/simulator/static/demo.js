// The guided demo: switches of the simulator, and six steps that tick themselves off when they were seen to happen.
import { ask, watch } from "./sim.js";

const $ = (id) => document.getElementById(id);
const KEY = "labelapp-demo";
const memory = JSON.parse(sessionStorage.getItem(KEY) || "null") || { base: null, done: [] };
let now = null;

const count = (name) => (now.seen[name] || 0) - (memory.base[name] || 0);
const STEPS = {
  tag: () => count("tagged") > 0,
  phone: () => count("phone_labelled") > 0,
  lie: () => count("lied") > 0 && !now.faults.lie,
  stop: () => count("dropped") > 0 && count("recovered") > 0 && !now.faults.down,
  delete: () => count("phone_deleted") > 0,
  group: () => count("group_opened") > 0,
};

function say(text) {
  $("told").textContent = text;
}

async function run(act) {
  try {
    await act();
    say("");
    await look();
  } catch (error) {
    say(error.message);
  }
}

function tick() {
  // counts that went down: the simulator was started anew
  if (!memory.base || Object.entries(memory.base).some(([name, value]) => (now.seen[name] || 0) < value)) memory.base = { ...now.seen };
  for (const [step, seen] of Object.entries(STEPS)) if (!memory.done.includes(step) && seen()) memory.done.push(step);
  sessionStorage.setItem(KEY, JSON.stringify(memory));
  for (const item of document.querySelectorAll("[data-step]")) {
    const done = memory.done.includes(item.dataset.step);
    item.classList.toggle("done", done);
    item.querySelector(".mark").textContent = done ? "Done" : "";
  }
  $("progress").textContent = `${memory.done.length} of 6 done`;
}

function press(button, on, words) {
  button.setAttribute("aria-pressed", String(on));
  button.textContent = words;
}

/** The free label that the fewest chats carry: nobody will miss it. */
function suggested() {
  return [...now.labels].filter((label) => Number(label.id) > 6).sort((a, b) => a.chats - b.chats)[0];
}

async function look() {
  now = await ask("GET", "/sim/state");
  const { faults, deliveries } = now;
  tick();
  press($("lie"), faults.lie, faults.lie ? "Let it tell the truth again" : "Let the provider lie");
  press($("down"), faults.down, faults.down ? "Start the provider" : "Stop the provider");
  press($("life"), now.life > 0, now.life > 0 ? "Pause" : "Let things happen");
  const label = suggested();
  $("delete").disabled = !label;
  $("delete").dataset.label = label?.id || "";
  $("delete-name").textContent = label?.name || "a label";
  if (document.activeElement !== $("latency")) $("latency").value = faults.latency_ms;
  $("latency-now").textContent = `${(Number($("latency").value) / 1000).toFixed(1)} s`;
  const trouble = [faults.down && "stopped", faults.lie && "lying", faults.latency_ms > 0 && "slow"].filter(Boolean);
  $("health").textContent = trouble.length ? `The provider is ${trouble.join(" and ")}.` : "The provider is well.";
  $("health").classList.toggle("trouble", trouble.length > 0);
  $("figures").textContent = `${now.chats.toLocaleString("en")} chats, ${now.calls.toLocaleString("en")} calls from labelapp, ${deliveries.sent.toLocaleString("en")} deliveries to it`;
  $("hooked").hidden = now.hooks.length > 0;
}

$("lie").addEventListener("click", () => run(() => ask("POST", "/sim/faults", { lie: !now.faults.lie })));
$("down").addEventListener("click", () => run(() => ask("POST", "/sim/faults", { down: !now.faults.down })));
$("life").addEventListener("click", () => run(() => ask("POST", "/sim/life", { every: now.life > 0 ? 0 : 6 })));
$("delete").addEventListener("click", () => run(() => ask("DELETE", `/sim/phone/labels/${$("delete").dataset.label}`)));
$("latency").addEventListener("input", () => {
  $("latency-now").textContent = `${(Number($("latency").value) / 1000).toFixed(1)} s`;
});
$("latency").addEventListener("change", () => run(() => ask("POST", "/sim/faults", { latency_ms: Number($("latency").value) })));
$("again").addEventListener("click", () =>
  run(async () => {
    await ask("DELETE", "/sim/faults");
    memory.base = null;
    memory.done = [];
  }),
);
watch(look, () => say("The simulator does not answer."));
