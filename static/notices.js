// Tells a person of chats they want to know of: a toast, a sound, the desktop. Once for the person, not once in each tab: the tab that
// listens (live.js) asks the server, which gives each notice away once, and of all open tabs one shows it, best one that is looked at.

const { ask, fill, leads, texts } = window.labelapp;
const channel = "BroadcastChannel" in window ? new BroadcastChannel("labelapp-notices") : null;
const PATIENCE = 400; // milliseconds that tabs in view have before one that is not shows it
let asking = false;
let again = false;

async function take() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  try {
    const news = JSON.parse(await ask("/notices/take/", { method: "POST", quiet: true }));
    if (news.items.length) offer({ ...news, id: crypto.randomUUID?.() ?? String(Math.random()) });
  } catch {
    // the next news, or the next connection, asks again
  }
  asking = false;
  if (again) {
    again = false;
    take();
  }
}

function offer(news) {
  channel?.postMessage(news);
  consider(news);
  setTimeout(() => claim(news), PATIENCE); // nobody looks at any of them: this one it is
}

function consider(news) {
  if (document.visibilityState === "visible") claim(news);
}

// Of all tabs the first that holds the lock shows it
function claim(news) {
  if (!navigator.locks) {
    if (!news.shown) show(news);
    news.shown = true;
    return;
  }
  navigator.locks.request(`labelapp-notice-${news.id}`, { ifAvailable: true }, (lock) => {
    if (!lock) return null;
    show(news);
    return new Promise((free) => { setTimeout(free, 10 * PATIENCE); });
  });
}

function show({ items, sound, desktop }) {
  for (const item of items) {
    const text = fill(texts.notice, { chat: item.title, words: item.body });
    const level = item.urgent ? "info urgent" : "info";
    document.dispatchEvent(new CustomEvent("toast", { detail: { text, level, href: item.url, stays: item.urgent } }));
    if (desktop && (item.urgent || !document.hasFocus())) onDesktop(item);
  }
  if (sound) beep();
}

function onDesktop({ title, body, url, urgent, key }) {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  const note = new Notification(title, { body, tag: `labelapp-${key ?? "many"}`, requireInteraction: urgent });
  note.onclick = () => {
    window.focus();
    location.assign(url);
    note.close();
  };
}

// Two soft tones. Made here: there is no file to fetch.
function beep() {
  const Context = window.AudioContext || window.webkitAudioContext;
  if (!Context) return;
  const context = new Context();
  document.body.dataset.beeped = String(Number(document.body.dataset.beeped || 0) + 1);
  [660, 880].forEach((tone, place) => {
    const at = context.currentTime + place * 0.14;
    const voice = context.createOscillator();
    const gain = context.createGain();
    voice.frequency.value = tone;
    gain.gain.setValueAtTime(0.0001, at);
    gain.gain.exponentialRampToValueAtTime(0.2, at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, at + 0.24);
    voice.connect(gain).connect(context.destination);
    voice.start(at);
    voice.stop(at + 0.25);
  });
  setTimeout(() => context.close(), 1000);
}

document.body.addEventListener("live-change", ({ detail }) => detail.notices && leads() && take());
document.body.addEventListener("live-state", ({ detail }) => detail.state === "live" && leads() && take());
channel?.addEventListener("message", ({ data }) => consider(data));

// The form of the settings: the browser may be asked, and a sound be made, only at somebody's own click
document.addEventListener("change", ({ target }) => {
  if (!target.matches("#notice-form [type=checkbox]") || !target.checked) return;
  if (target.name === "desktop" && "Notification" in window) Notification.requestPermission();
  if (target.name === "sound") beep();
});
