// The chips of clicks that the server has not answered, or never got: painted wherever the chat is on the page.
// A wish is one such click: {chat, label, state, name, look, status, why}.

const { fill, texts } = window.labelapp;
const sign = (n) => document.getElementById("signs").content.children[n].cloneNode(true);
const keyOf = (wish) => `${wish.chat}:${wish.label}`;

// As it looked when it was last changed; one that was never seen, behind "+3", comes off unseen
function chipOf(html) {
  const template = document.createElement("template");
  template.innerHTML = html ?? "";
  return template.content.firstElementChild ?? sign(3);
}

const places = (chat) => document.querySelectorAll(`#chat-${chat} > .chips, #tags-${chat} > .chips`);

function chipsOf(wish) {
  return [...places(wish.chat)].flatMap((place) => [...place.querySelectorAll(`.chip[data-pk="${wish.label}"]`)]);
}

function paint(wish) {
  for (const where of places(wish.chat)) {
    const there = where.querySelector(`.chip[data-pk="${wish.label}"]`);
    if (there) dress(there, wish);
    else if (wish.state === "on" || wish.status === "unsaved") add(where, wish);
  }
  note(wish);
  choose(wish);
}

// What the row says of the labels that its chat shall have
function note({ chat, label, state }) {
  const row = document.getElementById(`chat-${chat}`);
  if (!row) return;
  const others = row.dataset.on.split(" ").filter((pk) => pk && pk !== label);
  row.dataset.on = (state === "on" ? [...others, label] : others).join(" ");
}

function add(where, wish) {
  const chip = chipOf(wish.look);
  const large = where.closest(".tagline") !== null;
  chip.classList.toggle("lg", large);
  dress(chip, wish);
  const item = document.createElement("li");
  item.append(chip);
  where.querySelector(".none-yet")?.remove();
  const slot = where.querySelector(".stage-slot");
  if (chip.classList.contains("stage") && slot) {
    item.className = "stage-slot";
    slot.classList.remove("stage-slot");
    if (slot.querySelector(".nostage")) slot.remove();
    where.prepend(item);
  } else where.insertBefore(item, where.querySelector(".more")?.closest("li") ?? where.querySelector(".adder"));
}

function dress(chip, wish) {
  const lost = wish.status === "unsaved";
  const words = fill(lost ? texts[wish.why] : texts.waiting, { label: wish.name });
  chip.classList.remove("failed", "ghost", "pending", "unsaved", "leaving");
  chip.classList.add(lost ? "unsaved" : "pending");
  chip.classList.toggle("leaving", wish.state === "off");
  chip.dataset.state = lost ? "unsaved" : "pending";
  chip.dataset.wanted = wish.state;
  chip.title = words;
  if (chip.contains(document.activeElement)) document.getElementById(`add-${wish.chat}`)?.focus();
  chip.querySelectorAll(":scope > svg, .vh, .x, .tm").forEach((each) => each.remove());
  chip.prepend(sign(lost ? 2 : wish.state === "on" ? 0 : 1));
  if (lost) asButton(chip, words, wish);
  else for (const name of ["role", "tabindex", "aria-label", "data-retry"]) chip.removeAttribute(name);
}

function asButton(chip, words, wish) {
  chip.setAttribute("role", "button");
  chip.setAttribute("aria-label", words);
  chip.tabIndex = 0;
  chip.dataset.retry = keyOf(wish);
}

// The picker's marks
function choose(wish) {
  const picked = document.querySelector(`#picker [data-pk="${wish.chat}"] #opt-${wish.label}`);
  if (!picked) return;
  const group = picked.dataset.group;
  if (group && wish.state === "on") {
    for (const other of picked.parentElement.children) if (other.role === "option") other.setAttribute("aria-selected", "false");
  }
  picked.setAttribute("aria-selected", wish.state === "on" ? "true" : "false");
}

window.labelapp.chips = { chipOf, chipsOf, keyOf, paint, places };
