// Talking to the simulator's control API, and between its pages.

/** The number that this page is about, as the address says; nothing for the first one. */
export const instance = new URLSearchParams(location.search).get("instance") ?? "";

/** The address of a screen of the same number. */
export function to(screen) {
  return `?${new URLSearchParams({ ...(instance && { instance }), ...screen })}`;
}

function about(path) {
  return instance ? `${path}${path.includes("?") ? "&" : "?"}instance=${encodeURIComponent(instance)}` : path;
}

/** The JSON answer. Throws an Error whose message is a sentence for people. */
export async function ask(method, path, body) {
  let answer;
  try {
    answer = await fetch(about(path), {
      method,
      headers: body ? { "Content-Type": "application/json" } : {},
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
  } catch {
    throw new Error("The simulator does not answer. Is make demo still running?");
  }
  const data = await answer.json().catch(() => null);
  if (answer.ok) return data;
  const told = [data?.error, data?.message].find((words) => typeof words === "string" && words);
  throw new Error(told ?? `The simulator refused this with status ${answer.status}.`);
}

/** Runs `task` now and `pause` ms after each end, but only while the page can be seen. `task` must not throw. */
export function repeat(task, pause) {
  let timer = 0;
  let busy = false;
  async function turn() {
    clearTimeout(timer);
    if (document.hidden || busy) return;
    busy = true;
    await task();
    busy = false;
    timer = setTimeout(turn, pause);
  }
  document.addEventListener("visibilitychange", turn);
  turn();
}

const channel = new BroadcastChannel("labelapp-simulator");

/** Tells the simulator's other pages what a person did on the phone: "labelled" or "deleted". */
export function tell(did, name = "") {
  channel.postMessage({ did, name });
}

export function listen(hear) {
  channel.addEventListener("message", (event) => hear(event.data));
}
