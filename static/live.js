// What happens elsewhere: one event stream per browser. The tab that holds the lock listens and tells the others.
// Dispatches on document.body: "chat-17", "message-17", "labels-<slug>", "instance-<slug>" (for htmx triggers),
// "live-change" (the whole notice), "live-resync" (refresh what is shown), "live-state" {state, since}.

const { announce } = window.labelapp;
const channel = "BroadcastChannel" in window ? new BroadcastChannel("labelapp-live") : null;
const RETRY = 3000; // milliseconds, and as many again by chance: all screens come back at once after a restart
let source = null;
let leads = false;
let now = { state: "connecting", since: Date.now() };

// A list of all numbers listens for "labels-all" and "instance-all": whichever number it is
const withAll = (slugs) => (slugs.length ? [...slugs, "all"] : slugs);

function spread({ labels, instances, ...rest }) {
  const notice = { ...rest, labels: withAll(labels), instances: withAll(instances) };
  for (const pk of notice.chats) announce(`chat-${pk}`);
  for (const pk of notice.messages) announce(`message-${pk}`);
  for (const slug of notice.labels) announce(`labels-${slug}`);
  for (const slug of notice.instances) announce(`instance-${slug}`);
  announce("live-change", notice);
}

function take(message) {
  if (message.kind === "change") spread(message.notice);
  else if (message.kind === "resync") announce("live-resync");
  else if (message.kind === "state") setState(message.state, message.since);
  else if (message.kind === "hello" && leads) channel.postMessage({ kind: "state", ...now });
}

// What the leader hears goes to this tab and to all others
function tell(message) {
  channel?.postMessage(message);
  take(message);
}

function setState(state, since) {
  const before = now.state;
  now = { state, since };
  show();
  announce("live-state", now);
  // the page was made before the stream began, or missed something meanwhile
  if (state === "live" && before !== "live") announce("live-resync");
}

function show() {
  const { texts, fill } = window.labelapp;
  const time = new Date(now.since).toLocaleTimeString("en-GB", {
    hour: "2-digit", minute: "2-digit", timeZone: document.body.dataset.zone || undefined,
  });
  const words = { live: texts.live, connecting: texts.connecting, reconnecting: fill(texts.reconnecting, { time }) };
  for (const pill of document.querySelectorAll("[data-live]")) {
    if (pill.dataset.live === now.state && !pill.hidden) continue;
    pill.hidden = false;
    pill.dataset.live = now.state;
    pill.lastElementChild.textContent = words[now.state];
  }
}

function connect() {
  source?.close();
  source = new EventSource("/live/");
  source.onopen = () => tell({ kind: "state", state: "live", since: Date.now() });
  source.addEventListener("change", (event) => tell({ kind: "change", notice: JSON.parse(event.data) }));
  source.addEventListener("resync", () => tell({ kind: "resync" }));
  source.onerror = () => {
    lost();
    if (source?.readyState === EventSource.CLOSED) setTimeout(() => leads && connect(), RETRY * (1 + Math.random()));
  };
}

function lost() {
  if (now.state !== "reconnecting") tell({ kind: "state", state: "reconnecting", since: Date.now() });
}

function lead() {
  leads = true;
  if (navigator.onLine) connect();
  else lost();
  return new Promise(() => {}); // holds the lock as long as the page lives
}

window.addEventListener("offline", () => {
  if (!leads) return;
  source?.close();
  lost();
});
window.addEventListener("online", () => leads && connect());
window.addEventListener("pagehide", () => {
  leads = false;
  source?.close();
});
window.addEventListener("pageshow", (event) => event.persisted && location.reload()); // shown again from memory: it is old

window.labelapp.leads = () => leads; // whether this tab listens for all of them
channel?.addEventListener("message", (event) => take(event.data));
document.addEventListener("placed", show);
if (navigator.locks) navigator.locks.request("labelapp-live", lead); // only where the page is secure; else each tab listens
else lead();
channel?.postMessage({ kind: "hello" });
