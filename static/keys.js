// The keyboard. The table comes from the server; modules register what is done under its names: labelapp.acts.next = (key) => ….
// A key is what is printed on it in Latin; on a layout of another script it is its place, so that "j" is the same key for all.

const { acts } = window.labelapp;
const table = JSON.parse(document.getElementById("key-table").textContent);
const bound = new Map(table.flatMap((line) => line.keys.map((key) => [key, line])));
const opens = new Set([...bound.keys()].filter((key) => key.includes(" ")).map((key) => key.split(" ")[0]));
const onMac = /mac|iphone|ipad/i.test(navigator.userAgentData?.platform ?? navigator.platform);
const PATIENCE = 2000; // milliseconds for the second of two keys
const SHIFTED = { Slash: "/?", Period: ".>", BracketLeft: "[{", BracketRight: "]}", Digit8: "8*" };
const ANGLES = { ">": "Shift+.", ".": "Shift+.", "<": "Shift+,", ",": "Shift+,", Period: "Shift+.", Comma: "Shift+," };
const HELD = ["next", "previous", "extend", "extendUp", "column-after", "column-before"]; // goes on while the key stays down
let first = "";
let timer;
let elsewhere = false; // the layout writes another script than Latin, as the last letter said

// "j", "Shift+j", "?", "Enter", "Shift+Enter"
function nameOf(event) {
  const { key, code, shiftKey } = event;
  const angle = shiftKey && (ANGLES[key] ?? ANGLES[code]);
  if (angle && bound.has(angle)) return angle;
  if (key.length > 1 && /^[\x20-\x7e]+$/.test(key)) return (shiftKey ? "Shift+" : "") + key;
  const isLatin = /^\p{Script=Latin}$/u.test(key);
  if (/\p{L}/u.test(key)) elsewhere = !isLatin;
  if (isLatin) return (shiftKey ? "Shift+" : "") + key.toLowerCase();
  return bound.has(key) || opens.has(key) ? key : byPlace(key, code, shiftKey);
}

function byPlace(key, code, shift) {
  const foreign = key.codePointAt(0) > 127; // "-" stays "-", wherever it is
  const sign = foreign && SHIFTED[code]?.[shift ? 1 : 0];
  if (sign) return sign;
  if (/^Digit\d$/.test(code) && !shift) return code.at(-1); // digits are behind Shift on some layouts
  const isLetter = foreign || elsewhere; // Hebrew has "'" where Latin has W; so has Dvorak where others have Q, and there it is a sign
  if (isLetter && /^Key[A-Z]$/.test(code)) return (shift ? "Shift+" : "") + code.at(-1).toLowerCase();
  return key;
}

// With Ctrl or Cmd and nothing else: all other combinations belong to browsers, systems and screen readers
function withModifier(event) {
  const own = onMac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
  return own && !event.altKey && !event.shiftKey ? `Mod+${nameOf(event)}` : "";
}

const isField = (target) => target.isContentEditable || target.matches("input:not([type=checkbox]), textarea, select");
const isCovered = () => document.querySelector("dialog[open], [popover]:popover-open") !== null;
const follows = (target) => target.closest("a[href], button, summary, [role=button], input") !== null; // has an Enter of its own

function find(event) {
  const composed = event.getModifierState("AltGraph"); // many layouts write "[" with it: then it is a sign like others
  if (!composed && (event.ctrlKey || event.metaKey)) return withModifier(event);
  if ((!composed && event.altKey) || isCovered()) return "";
  if (isField(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return "";
  }
  const arrows = event.key.startsWith("Arrow");
  if (arrows && event.target !== document.body && !event.target.closest("#main")) return ""; // there they scroll
  return event.key === "Enter" && follows(event.target) ? "" : nameOf(event);
}

function forget() {
  clearTimeout(timer);
  first = "";
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented || event.key === "Shift") return;
  const name = find(event);
  const line = bound.get(first ? `${first} ${name}` : name);
  const begins = !first && opens.has(name);
  forget();
  if (begins) {
    first = name;
    timer = setTimeout(forget, PATIENCE);
  } else if (!line || !run(line, name, event.repeat)) return;
  event.preventDefault();
});

function run({ act, href }, key, again) {
  if (again && !HELD.includes(act)) return false;
  if (href) location.assign(href);
  else if (acts[act]) acts[act](key);
  else return false; // not on this page
  return true;
}

acts.help = () => document.getElementById("keys").showModal();
if (onMac) for (const cap of document.querySelectorAll("kbd[data-mod]")) cap.textContent = "⌘";
