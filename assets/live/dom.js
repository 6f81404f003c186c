// Small helpers to build elements. Text reaches the page only as text nodes: nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";

// An element with attributes and children; "on..." attributes are listeners, `class` and `data-*` work as written.
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

// The same for SVG.
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child != null));
  return element;
}

// Sets text only where it differs, so that a still page stays untouched.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Writes a number that keeps the room it once took, so that what follows it stays in place, until `release` is called.
export function write(element, text) {
  const digits = text.replace(/\D/g, "").length;
  const room = digits + 0.5 * (text.length - digits);
  if (room > (element.room ?? 0)) element.style.minWidth = `${(element.room = room)}ch`;
  say(element, text);
}

// Gives back the room that a number took: another run begins with small ones again.
export function release(element) {
  element.room = 0;
  element.style.minWidth = "";
}

const EDGE = 10; // px between an explanation and the window's edge
let tips = 0;

// A special word with its explanation, shown on hover, focus and tap.
function word(label, explanation, numbers) {
  const id = `wil-tip-${++tips}`;
  const tip = h("span", { class: "wil-tip", role: "tooltip", id }, explanation);
  const settle = () => keepInside(tip);
  return h("span", { class: "wil-word", tabindex: "0", "aria-describedby": id, onpointerenter: settle, onfocus: settle }, inline(label, numbers), tip);
}

// Shifts an explanation that stands in the middle above its word so far that all of it is seen.
function keepInside(tip) {
  tip.style.setProperty("--shift", "0px");
  const { left, right } = tip.getBoundingClientRect();
  const edge = document.documentElement.clientWidth - EDGE;
  tip.style.setProperty("--shift", `${Math.max(EDGE - left, Math.min(0, edge - right))}px`);
}

// A number behind an unbreakable space flows with the words: a box of its own could stand alone on the next line.
function together(nodes, number) {
  if (String(nodes.at(-1)).endsWith("\u00a0")) number.style.display = "inline";
  return number;
}

const unbroken = (text) => text.replaceAll("~", "\u00a0");

// Turns a line of our texts into nodes: **strong**, [[word|explanation]], {name} for a number that `numbers` collects, and
// ~ for a space at which no line breaks.
export function inline(text = "", numbers = null) {
  const nodes = [];
  const pattern = /\*\*(.+?)\*\*|\[\[([^|\]]+)\|([^\]]+)\]\]|\{(\w+)\}/g;
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    nodes.push(unbroken(text.slice(from, match.index)));
    from = match.index + match[0].length;
    if (match[1] !== undefined) nodes.push(h("strong", {}, inline(match[1], numbers)));
    else if (match[2] !== undefined) nodes.push(word(match[2], match[3], numbers));
    else if (numbers) nodes.push(together(nodes, numbers(match[4])));
  }
  nodes.push(unbroken(text.slice(from)));
  return nodes.filter((node) => node !== "");
}
