// All lessons in a list, and the record: what was guessed and what came out, to print or to keep as CSV.

import { h } from "../live/dom.js";
import { moment } from "../live/format.js";
import { fact } from "./words.js";

const COLUMNS = ["lesson", "part", "asked about", "you said", "it was", "mark", "when"];

export class Overview {
  // `record` holds every answer so far; `go(name)` opens a lesson.
  constructor(lessons, record, texts, go) {
    const rows = recordRows(lessons, record);
    const list = h(
      "ol",
      { class: "wil-lesson-list" },
      lessons.map(({ name, title, minutes }, i) => {
        const done = record.findLast(({ key, truth }) => key === `${name}/question` && truth !== null);
        const state = done ? (done.right ? "guessed right" : "done") : `${minutes} minutes`;
        return h("li", {}, h("button", { class: "wil-lesson-item", type: "button", onclick: () => go(name) }, h("span", { class: done ? "wil-done wil-done-now" : "wil-done", "aria-hidden": "true" }, done ? "✓" : i + 1), h("span", {}, title), h("span", { class: "wil-label" }, state)));
      }),
    );
    const next = lessons.find(({ name }) => !record.some(({ key, truth }) => key === `${name}/question` && truth !== null));
    const table = h(
      "table",
      { class: "wil-record" },
      h("thead", {}, h("tr", {}, COLUMNS.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell) => h("td", {}, cell))))),
    );
    const buttons = [
      next ? h("button", { class: "wil-button wil-primary", type: "button", onclick: () => go(next.name) }, record.length ? `Continue: ${next.title}` : "Begin") : null,
      rows.length ? h("button", { class: "wil-button", type: "button", onclick: () => print() }, "Print") : null,
      rows.length ? h("button", { class: "wil-button", type: "button", onclick: () => save(rows) }, "Save as CSV") : null,
    ];
    this.element = h(
      "div",
      { class: "wil-overview" },
      h("h2", { class: "wil-sentence wil-lesson-question" }, "Nine lessons: guess, run, see"),
      h("p", { class: "wil-lesson-sub" }, texts.course),
      h("div", { class: "wil-pictures" }, h("section", { class: "wil-card", style: "--span: 4", "aria-label": "Lessons" }, list), h("section", { class: "wil-card wil-record-card", style: "--span: 8", "aria-label": "Your record" }, h("h2", { class: "wil-record-title" }, "Your record"), h("p", { class: "wil-label" }, rows.length ? texts.record : texts.unrecorded), rows.length ? h("div", { class: "wil-record-scroll" }, table) : null)),
      h("section", { class: "wil-controls wil-lesson-bar", "aria-label": "Lessons" }, h("div", { class: "wil-lesson-buttons" }, buttons)),
    );
  }
}

// The record as rows of text, one for each part of an answer.
export function recordRows(lessons, record) {
  return record.flatMap(({ key, at, marks, truth }) => {
    const [name, part] = key.split("/");
    const lesson = lessons.find((one) => one.name === name);
    if (!lesson || truth === null) return [];
    return marks.map((mark) => [lesson.title, part, mark.label, shown(mark.guess), shown(mark.truth), { right: "right", close: "close", off: "off" }[mark.verdict], moment(at)]);
  });
}

function shown(value) {
  return typeof value === "number" ? fact(value) : String(value ?? "");
}

function save(rows) {
  const quoted = (cell) => `"${String(cell).replaceAll('"', '""')}"`;
  const text = [COLUMNS, ...rows].map((row) => row.map(quoted).join(",")).join("\r\n");
  const link = h("a", { href: URL.createObjectURL(new Blob([`\ufeff${text}\r\n`], { type: "text/csv" })), download: "lessons.csv" });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
