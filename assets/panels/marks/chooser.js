// Buttons that choose the example looked at. This is independent of the examples that the network is trained on.

import { h } from "../../live/dom.js";

// `ways` are names out of "previous", "next", "random", "class", "most_wrong" and "draw", which calls `draw`.
export class Chooser {
  constructor(ways, ask, draw) {
    const look = (how, value) => ask({ cmd: "look", how, ...(value === undefined ? {} : { value }) });
    const button = (label, how, title) => h("button", { class: "wil-button wil-small", type: "button", title, onclick: () => look(how) }, label);
    this.select = h("select", { class: "wil-select wil-small", "aria-label": "Show me a", onchange: () => this.choose(look) });
    this.drawing = h("button", { class: "wil-button wil-small", type: "button", "aria-pressed": "false", onclick: draw }, ways.at(-1) === "draw" ? "or draw your own" : "Draw your own");
    const all = {
      previous: () => button("‹", "previous", "The digit before"),
      next: () => button("Next digit ›", "next", "The next digit that it has never seen"),
      random: () => button("Random", "random", "Any digit that it has never seen"),
      most_wrong: () => button("Most wrong", "most_wrong", "The digit on which it errs most confidently"),
      class: () => this.select,
      draw: () => this.drawing,
    };
    this.element = h("div", { class: "wil-chooser", role: "group", "aria-label": "The digit looked at" }, ways.map((way) => all[way]()));
    this.element.querySelector("[title='The digit before']")?.append(h("span", { class: "wil-sr" }, " Previous digit"));
  }

  build(names) {
    if (this.select.options.length !== names.length + 1) {
      this.select.replaceChildren(h("option", { value: "" }, "Show me a …"), ...names.map((name, i) => h("option", { value: i }, name)));
    }
  }

  choose(look) {
    if (this.select.value !== "") look("class", Number(this.select.value));
    this.select.value = "";
  }
}
