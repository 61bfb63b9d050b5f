// The six steps: seen in the simulator's log of calls and in what a person does on the phone, or ticked by the person.

import { $, setText } from "./dom.js";
import { ask, listen } from "./wire.js";

const STORE = "labelapp-steps";
const items = [...document.querySelectorAll("[data-step]")];

let next = null; // the number of the last call that is judged
const lied = new Set(); // addresses of assignments for which a 200 was a lie
const lost = new Set(); // addresses of assignments asked for while nobody answered

/** Looks at the product's calls since the last time. Throws when the simulator does not answer. */
export async function observe(state) {
  if (next === null || state.calls < next) next = state.calls; // from now on; or the simulator began anew
  const { calls } = await ask("GET", `/sim/calls?since=${next}`);
  for (const call of calls) {
    if (call.status === null) break; // still under way: judged when it is over
    next = call.n;
    judge(call);
  }
  if (!state.faults.lie && lied.size) say("lie", "The lie is over. labelapp will ask again in a moment.");
  if (!state.faults.down && lost.size) say("down", "The provider is back. labelapp will ask again in a moment.");
}

function judge(call) {
  const assignment = call.chat && ["PUT", "DELETE"].includes(call.method) ? call.path : "";
  if (assignment) judgeAssignment(assignment, call);
  else if (call.chat?.endsWith("@g.us") && call.path.includes("messages") && call.status === 200) {
    tick("group", "You opened one: labelapp asked for its messages.");
  }
}

function judgeAssignment(assignment, call) {
  if (call.note === "lied") {
    lied.add(assignment);
    say("lie", "The provider just said 200 and did nothing. See the hollow chip? Press again, so that the lie ends.");
  } else if (call.note === "dropped" || call.status === 0) {
    lost.add(assignment);
    say("down", "labelapp asked, nobody answered. Its chip waits. Now start the provider.");
  } else if (call.status === 200) agreed(assignment);
}

function agreed(assignment) {
  if (lied.delete(assignment)) tick("lie", "Asked again, and this time the phone has it.");
  else if (lost.delete(assignment)) tick("down", "Asked again, and the phone has it. Nothing was lost.");
  else tick("tag", "labelapp asked, and the phone agreed.");
}

/** Marks a step as done, once. */
export function tick(step, words) {
  const box = $(`did-${step}`);
  say(step, words);
  if (box.checked) return;
  box.checked = true;
  keep();
}

function say(step, words) {
  setText($(`did-${step}`).closest("li").querySelector(".told"), words);
}

export function goneWords(name) {
  return `“${name}” is gone from the phone. Look at the inbox: its chips are gone too.`;
}

function keep() {
  const done = items.filter((item) => item.querySelector("input").checked);
  sessionStorage.setItem(STORE, JSON.stringify(done.map((item) => item.dataset.step)));
  const rest = done.length === items.length ? "All six done" : `${done.length} of ${items.length} done`;
  setText($("progress"), rest);
  $("again").hidden = !done.length;
}

listen(({ did, name }) => {
  if (did === "labelled") tick("phone", "Done on the phone. Look at the chat’s row in the inbox.");
  if (did === "deleted") tick("delete", goneWords(name));
});
for (const item of items) item.addEventListener("change", keep);
$("again").addEventListener("click", () => {
  for (const item of items) {
    item.querySelector("input").checked = false;
    say(item.dataset.step, "");
  }
  keep();
  $("steps-title").focus();
});

const before = JSON.parse(sessionStorage.getItem(STORE) ?? "[]");
for (const item of items) item.querySelector("input").checked = before.includes(item.dataset.step);
keep();
