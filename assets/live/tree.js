// The tree of runs: every run that is related to the shown one, each a line from where it left its parent to where it
// got. A click shows it.

import { h, inline, say, svg } from "./dom.js";
import { count } from "./format.js";

const ROW = 26; // px from one run to the next
const LINE = 220; // px that the longest run takes

export class Tree {
  constructor({ ask, theme, title }) {
    Object.assign(this, { ask, theme });
    this.list = h("div", { class: "wil-tree-list" });
    this.element = h("div", { class: "wil-tree", hidden: true, role: "group", "aria-label": "Tree of runs" }, h("p", { class: "wil-explain" }, inline(title)), this.list);
  }

  deepen(level) {
    this.wanted = level >= 2;
    this.look();
  }

  // Asks for the list again where the runs are others than before.
  told(status, run) {
    const signature = status.runs.map(({ id, parent, head, name }) => [id, parent, name, status.playing ? 0 : head]).join(";") + status.shown;
    Object.assign(this, { status, run });
    if (signature === this.signature) return;
    this.signature = signature;
    this.look();
  }

  async look() {
    if (!this.wanted || !this.run) return (this.element.hidden = true);
    const reply = await this.ask({ cmd: "runs" });
    if (!reply?.ok) return null;
    this.family = familyOf(reply.runs, this.run.id);
    this.paint();
    return null;
  }

  paint() {
    const { family, status } = this;
    this.element.hidden = !this.wanted || !family || family.length < 2;
    if (this.element.hidden) return;
    const end = Math.max(1, ...family.map(({ head }) => head));
    const x = (step) => 6 + (LINE * step) / end;
    const row = new Map(family.map(({ id }, i) => [id, i]));
    const lines = family.map((run, i) => {
      const y = ROW * (i + 0.5);
      const from = row.has(run.parent) ? run.parent_step : 0;
      const shown = run.id === status.shown;
      const elbow = row.has(run.parent) ? `M${x(from)} ${ROW * (row.get(run.parent) + 0.5)}V${y}` : `M${x(0)} ${y}`;
      return svg("g", {}, svg("path", { d: `${elbow}H${x(run.head)}`, class: shown ? "wil-tree-shown" : "wil-tree-line" }), svg("circle", { cx: x(run.head), cy: y, r: shown ? 5 : 3.5, class: shown ? "wil-tree-dot wil-tree-dot-shown" : "wil-tree-dot" }));
    });
    const picture = svg("svg", { width: LINE + 14, height: ROW * family.length, "aria-hidden": "true" }, lines);
    const names = family.map((run) => {
      const words = `${run.name || run.settings.slice(0, 2).join(", ")} · ${count(run.head)} update${run.head === 1 ? "" : "s"}`;
      const show = () => this.ask({ cmd: "show", run: run.id });
      const name = h("button", { class: "wil-link", type: "button", "aria-current": run.id === status.shown ? "true" : null, onclick: show });
      say(name, words);
      return h("div", { class: "wil-tree-name" }, name);
    });
    this.list.replaceChildren(picture, h("div", {}, names));
  }
}

// The runs that share an ancestor with one of them, parents before children.
function familyOf(runs, id) {
  const known = new Map(runs.map((run) => [run.id, run]));
  let root = known.get(id);
  const seen = new Set();
  while (root && known.has(root.parent) && !seen.has(root.id)) {
    seen.add(root.id);
    root = known.get(root.parent);
  }
  const family = [];
  const add = (run) => {
    if (family.includes(run) || family.length >= 40) return;
    family.push(run);
    for (const child of runs.filter(({ parent }) => parent === run.id).sort((a, b) => a.parent_step - b.parent_step)) add(child);
  };
  if (root) add(root);
  return family;
}
