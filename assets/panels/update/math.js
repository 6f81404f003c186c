// Formulas as MathML, from a small subset of TeX, with symbols that can be lit.
//
//   \frac{..}{..}  \sqrt{..}  x_{..}  x^{..}  \op{word}     as in TeX; spaces only separate
//   \link{name}{..}   a part that belongs to the number, picture and line of code of that name
//   \sym{name}        a symbol such as w' or β_1; with `values` it is replaced by its number

import { plain, sig } from "./numbers.js";

const MATHML = "http://www.w3.org/1998/Math/MathML";
// Settings stand as they were chosen; everything else is rounded.
const SETTINGS = ["η", "μ", "ρ", "β_1", "β_2", "ε", "λ", "λ_1", "λ_2", "t"];
const LETTER = /[\p{L}∂∇]/u;

// The formula as a <math> element. `values` puts numbers in the place of symbols, `links` gives symbols their names,
// `digits` says to how many a symbol's number is shown.
export function math(tex, { values = null, links = {}, digits = () => 3, label = null } = {}) {
  const reader = new Reader(tex, { values, links, digits });
  const element = m("math", { display: "block", class: "wilu-math" }, reader.row());
  if (label) element.setAttribute("aria-label", label);
  return element;
}

export function m(tag, attributes = {}, ...children) {
  const element = document.createElementNS(MATHML, tag);
  for (const [name, value] of Object.entries(attributes)) if (value != null) element.setAttribute(name, value);
  element.append(...children.flat());
  return element;
}

class Reader {
  constructor(tex, how) {
    this.tokens = tex.match(/\\[a-z]+|[\d.]+|\S/gu) ?? [];
    this.at = 0;
    this.how = how;
  }

  row(end = null) {
    const parts = [];
    while (this.at < this.tokens.length && this.tokens[this.at] !== end) {
      const number = this.how.values && this.tokens[this.at] === "\\sym";
      if (number && (parts.at(-1)?.number || parts.at(-1)?.textContent === ")")) parts.push(letter("·"));
      this.first = !parts.length || parts.at(-1).textContent === "=";
      parts.push(Object.assign(this.scripted(), { number }));
    }
    this.at += 1;
    return parts;
  }

  // One part with what stands below and above it.
  scripted() {
    const base = this.part();
    let below = null;
    let above = null;
    while (this.tokens[this.at] === "_" || this.tokens[this.at] === "^") {
      if (this.tokens[this.at++] === "_") below = this.part();
      else above = this.part();
    }
    if (below && above) return m("msubsup", {}, base, below, above);
    if (below) return m("msub", {}, base, below);
    return above ? m("msup", {}, base, above) : base;
  }

  part() {
    const token = this.tokens[this.at++];
    if (token === "{") return m("mrow", {}, this.row("}"));
    if (token === "\\frac") return m("mfrac", {}, this.part(), this.part());
    if (token === "\\sqrt") return m("msqrt", {}, this.part());
    if (token === "\\sum") return m("mo", { movablelimits: "false" }, "∑");
    if (token === "\\op") return m("mi", { class: "wilu-op", mathvariant: "normal" }, this.word());
    if (token === "\\sym") return this.symbol(this.word());
    if (token === "\\link") {
      const name = this.word();
      return m("mrow", { "data-link": name, class: "wilu-sym" }, this.part());
    }
    return letter(token);
  }

  // The text between braces, as it is.
  word() {
    const from = ++this.at;
    while (this.tokens[this.at] !== "}") this.at += 1;
    return this.tokens.slice(from, this.at++).join("");
  }

  symbol(name) {
    const link = this.how.links[name] ?? null;
    if (this.how.values) {
      const value = this.how.values[name];
      const number = m("mn", {}, SETTINGS.includes(name) ? plain(value) : sig(value, this.how.digits(name)));
      const shown = value < 0 && !this.first ? [letter("("), number, letter(")")] : [number];
      return m("mrow", { "data-link": link, class: "wilu-sym" }, shown);
    }
    const [body, below] = name.split("_");
    const strokes = body.match(/'+$/)?.[0].length ?? 0;
    const [base, hat] = body.slice(0, body.length - strokes).normalize("NFD");
    let element = hat ? m("mover", { accent: "true" }, letter(base), m("mo", {}, "ˆ")) : letter(base);
    if (below) element = m("msub", {}, element, letter(below));
    if (strokes) element = m("msup", {}, element, m("mo", {}, "′".repeat(strokes)));
    return m("mrow", { "data-link": link, class: "wilu-sym" }, element);
  }
}

function letter(token) {
  if (/^[\d.]+$/.test(token)) return m("mn", {}, token);
  if (LETTER.test(token)) return m("mi", token === "∂" ? { class: "wilu-op" } : {}, token);
  return m("mo", "()[]".includes(token) ? { stretchy: "false" } : {}, token === "-" ? "−" : token);
}
