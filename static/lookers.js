// Says that the open chat is looked at, and shows who else does. Only while the tab is in sight; whoever leaves says so.

const { ask } = window.labelapp;
const PACE = 30_000;
let at = ""; // the chat that we have said we look at

const open = () => (document.hidden ? "" : document.getElementById("side")?.dataset.pk ?? "");
const tell = (pk, what, more) => ask(`/chats/${pk}/lookers/${what}`, { method: "POST", quiet: true, ...more });

async function look() {
  if (!at || !navigator.onLine) return;
  const pk = at;
  let html;
  try {
    html = await tell(pk, "");
  } catch {
    return; // the next look tells; the header says when the page is cut off
  }
  const now = document.getElementById(`lookers-${pk}`);
  const template = document.createElement("template");
  template.innerHTML = html;
  const fresh = template.content.querySelector(".lookers");
  if (now && fresh && now.innerHTML !== fresh.innerHTML) now.innerHTML = fresh.innerHTML; // the same would be read out again
}

function follow() {
  const next = open();
  if (next === at) return;
  if (at) tell(at, "leave/", { keepalive: true }).catch(() => {});
  at = next;
  look();
}

document.addEventListener("placed", follow);
document.addEventListener("visibilitychange", follow);
window.addEventListener("pagehide", () => {
  if (at) tell(at, "leave/", { keepalive: true }).catch(() => {});
  at = "";
});
document.body.addEventListener("live-change", ({ detail }) => detail.lookers.includes(Number(at)) && look());
setInterval(look, PACE);
follow();
