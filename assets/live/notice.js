// Sentences over the pictures: what is wrong and what to do, with the buttons that do it. What merely is so stands quietly
// below the run bar instead.

import { Arrival } from "./arrival.js";
import { h } from "./dom.js";

export class Notice {
  constructor(ask, texts) {
    this.ask = ask;
    this.arrival = new Arrival(ask, texts);
    this.element = h("div", { class: "wil-notices" }, this.arrival.element);
    this.quiet = h("div", { class: "wil-quiet" });
    this.lines = new Map();
  }

  // The state of the connection; `texts` holds our sentences by name, `detail` is the server's where it refuses.
  connection(state, detail, texts) {
    this.line("connection", {
      lost: { text: texts.reconnecting, calm: true },
      refused: { text: detail, actions: [["Open a new run", () => location.assign(location.pathname)]] },
      fallback: { text: texts.fallback, calm: true, quiet: true },
    }[state]);
  }

  // What the worker has to say of itself and of the run.
  show(status, run) {
    this.arrival.show(status.data);
    const told = status.data && !status.data.new; // a stored run's reason stands with its data
    this.line("problem", status.problem && !told && { text: status.problem });
    const saving = status.saving && status.saving !== "ok" && status.saving;
    this.line("saving", saving && { text: saving, calm: true, quiet: true });
    this.line("stopped", run?.stopped && { text: run.stopped, actions: this.waysOn(run) });
  }

  // What a stopped run offers: an earlier step, the beginning, and for a diverged one the beginning with smaller steps.
  waysOn(run) {
    const rate = Number((run.settings.learning_rate / 10).toPrecision(2));
    const ways = [
      ["Go back 100 updates", () => this.ask({ cmd: "goto", step: Math.max(0, run.step - 100) })],
      ["Start over", () => this.ask({ cmd: "reset" })],
    ];
    const smaller = async () => {
      const reply = await this.ask({ cmd: "reset" });
      if (reply.ok) await this.ask({ cmd: "change", values: { learning_rate: rate } });
    };
    if (run.diverged) ways.push([`Start over with rate ${rate}`, smaller]);
    return ways;
  }

  line(name, content) {
    const old = this.lines.get(name);
    const signature = content ? content.text + (content.actions ?? []).map(([label]) => label) : "";
    if (old?.signature === signature) return;
    old?.element.remove();
    this.lines.delete(name);
    if (!content) return;
    const buttons = (content.actions ?? []).map(([label, act]) => h("button", { class: "wil-button", type: "button", onclick: act }, label));
    const element = h(
      "div",
      { class: content.quiet ? "" : content.calm ? "wil-notice wil-calm" : "wil-notice", role: content.calm ? "status" : "alert" },
      h("p", {}, content.text),
      buttons.length ? h("div", { class: "wil-buttons" }, buttons) : null,
    );
    this.lines.set(name, { element, signature });
    (content.quiet ? this.quiet : this.element).append(element);
  }
}
