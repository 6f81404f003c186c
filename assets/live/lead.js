// A line that, after a minute of watching, leads on to a lesson. Words and address are the page's own texts.

import { h, inline } from "./dom.js";

const AFTER = 60_000; // ms

export class Lead {
  // `address` is a page with its arguments, such as "lessons?lesson=step-size"; the workbench comes along.
  constructor(words, address, base, token) {
    const url = new URL(address, location.origin + base);
    url.searchParams.set("run", token);
    this.element = h("p", { class: "wil-lead", role: "status", hidden: true });
    this.timer = setTimeout(() => {
      this.element.append(h("a", { href: url.href, target: "_self" }, inline(words)));
      this.element.hidden = false;
    }, AFTER);
  }

  close() {
    clearTimeout(this.timer);
  }
}
