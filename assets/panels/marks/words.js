// Sentences of a page by name, with live numbers in them; the page's own sentence stands until one of them is told.

import { h, inline, write } from "../../live/dom.js";

export class Words {
  constructor(texts, show) {
    this.texts = texts;
    this.show = show;
    this.built = new Map();
  }

  tell(name, values) {
    if (!this.built.has(name)) {
      const fields = {};
      const nodes = inline(this.texts[name], (field) => (fields[field] = h("span", { class: "wil-number" }, "–")));
      this.built.set(name, { fields, nodes });
    }
    const { fields, nodes } = this.built.get(name);
    for (const [field, element] of Object.entries(fields)) write(element, String(values[field]));
    if (this.told !== name) this.show(nodes);
    this.told = name;
  }
}
