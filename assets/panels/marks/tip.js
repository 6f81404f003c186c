// A small note beside the pointer, in one place at a time.

import { h, say } from "../../live/dom.js";

export class Tip {
  constructor(parent) {
    this.parent = parent;
    this.element = h("div", { class: "wil-note", hidden: true, "aria-hidden": "true" });
    parent.append(this.element);
  }

  // Shows `text` near (x, y) of the parent, within it.
  show(text, x, y) {
    say(this.element, text);
    this.element.hidden = false;
    const { offsetWidth: wide, offsetHeight: high } = this.element;
    const left = Math.max(4, Math.min(x - wide / 2, this.parent.clientWidth - wide - 4));
    const above = y - high - 12;
    this.element.style.transform = `translate(${Math.round(left)}px, ${Math.round(above < 0 ? y + 18 : above)}px)`;
  }

  hide() {
    this.element.hidden = true;
  }
}
