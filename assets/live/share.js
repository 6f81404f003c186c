// Share: a link that makes this run again on any installation, the same as a small file, and the weights as they are now.

import { h, inline, say } from "./dom.js";
import { onPlane } from "./run.js";

export class Share {
  // `ask` sends a command and promises its reply, `home` is the address of the dashboard's first page.
  constructor({ ask, text, home }) {
    Object.assign(this, { ask, home });
    this.button = h("button", { class: "wil-link wil-share-button", type: "button", "aria-expanded": "false", onclick: () => this.toggle() }, "Share");
    this.link = h("input", { class: "wil-field-input wil-share-link", type: "text", readonly: true, "aria-label": "Link to this run", onfocus: () => this.link.select() });
    this.copy = h("button", { class: "wil-button", type: "button", onclick: () => this.copyLink() }, "Copy link");
    this.file = h("button", { class: "wil-button", type: "button", onclick: () => this.saveText() }, "Download the run (.json)");
    this.weights = h("button", { class: "wil-button", type: "button", onclick: () => this.saveWeights() }, "Download its weights (.npz)");
    this.note = h("p", { class: "wil-share-note", role: "status" });
    this.row = h("div", { class: "wil-share-row" }, this.link, this.copy);
    this.element = h(
      "section",
      { class: "wil-share", hidden: true, "aria-label": "Share this run" },
      h("p", {}, inline(text.share)),
      this.row,
      h("div", { class: "wil-buttons" }, this.file, this.weights),
      this.note,
    );
    this.copied = text["share-copied"];
    this.element.addEventListener("keydown", (event) => event.key === "Escape" && this.toggle(false));
  }

  // Another step or run makes another link.
  told(status, run) {
    this.page = run?.config && onPlane(run) ? "dots" : ""; // where the run's pictures are
    if (!this.element.hidden && status.playing) this.toggle(false);
  }

  async toggle(open = this.element.hidden) {
    this.element.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (!open) return;
    say(this.note, "");
    await this.ask({ cmd: "pause" });
    this.reply = await this.ask({ cmd: "share" });
    if (!this.reply?.ok) return this.toggle(false);
    this.row.hidden = this.reply.link === null;
    this.link.value = this.reply.link === null ? "" : `${this.home}${this.page}?share=${this.reply.link}`;
    say(this.note, this.reply.note);
    this.link.focus();
  }

  async copyLink() {
    try {
      await navigator.clipboard.writeText(this.link.value);
      say(this.note, this.copied);
    } catch {
      this.link.focus();
      this.link.select();
    }
  }

  saveText() {
    save(new Blob([this.reply.text], { type: "application/json" }), `run-${JSON.parse(this.reply.text).step}.json`);
  }

  async saveWeights() {
    const reply = await this.ask({ cmd: "weights" });
    if (!reply?.ok) return;
    const bytes = Uint8Array.from(atob(reply.npz), (letter) => letter.charCodeAt(0));
    save(new Blob([bytes], { type: "application/octet-stream" }), `weights-${JSON.parse(this.reply.text).step}.npz`);
  }
}

function save(blob, name) {
  const link = h("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
