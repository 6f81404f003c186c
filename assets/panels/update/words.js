// The page's texts with numbers put in. Texts come from assets/text/update.md; {name} in them is looked up here.

import { h, inline } from "../../live/dom.js";

export class Words {
  constructor(texts) {
    this.texts = texts;
  }

  has(name) {
    return name in this.texts;
  }

  // As plain text, for labels and screen readers.
  plain(name, values = {}) {
    return (this.texts[name] ?? "")
      .replace(/\[\[([^|\]]+)\|[^\]]+\]\]/g, "$1")
      .replaceAll("**", "")
      .replace(/\{(\w+)\}/g, (_, key) => values[key] ?? `{${key}}`);
  }

  // As nodes, with special words explained and strong ones strong.
  nodes(name, values = {}) {
    return inline(this.texts[name] ?? "", (key) => h("span", { class: "wil-number" }, String(values[key] ?? "")));
  }
}
