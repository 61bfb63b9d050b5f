// What both pages share: asking the simulator, making elements, and looking again every second.

export async function ask(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error || `The simulator answered ${response.status}.`);
  return answer;
}

export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "on") for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

export function chip(label) {
  return el("span", { class: `chip c${label.color}`, "data-label": label.id, dir: "auto", title: label.name }, label.name);
}

/** Calls `look` now and every second, never twice at once; `failed` when the simulator does not answer. */
export function watch(look, failed) {
  const again = async () => {
    try {
      if (!document.hidden) await look();
    } catch (error) {
      failed(error);
    }
    setTimeout(again, 1000);
  };
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) look().catch(failed);
  });
  again();
}
