// Data on its way: what the worker brings for a run that waits, how far it is, and what can be done where it is not to be
// had. The page and the present run go on meanwhile.

import { h, say, write } from "./dom.js";

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);

export class Arrival {
  // `ask` sends a command; `texts` are the page's sentences by name.
  constructor(ask, texts) {
    const button = (label, how, primary) => h("button", { class: primary ? "wil-button wil-primary" : "wil-button", type: "button", onclick: () => ask({ cmd: "data", how }) }, label);
    this.texts = texts;
    this.words = h("p", {});
    this.reason = h("p", { class: "wil-reason" });
    this.bar = h("div", { class: "wil-progress-fill" });
    this.done = h("span", { class: "wil-number" });
    this.progress = h("div", { class: "wil-progress", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 }, this.bar);
    this.measure = h("div", { class: "wil-measure" }, this.progress, h("span", { class: "wil-progress-words" }, this.done));
    this.again = button("Try again", "again");
    this.bundled = button("Use the bundled digits instead", "bundled", true);
    this.stop = button("Cancel", "stop");
    this.element = h(
      "div",
      { class: "wil-notice wil-arrival", role: "status", hidden: true },
      this.words,
      this.measure,
      this.reason,
      h("div", { class: "wil-buttons" }, this.bundled, this.again, this.stop),
    );
  }

  // `data` is the status' word on it: {title, coming, done, total, problem, new}, or null.
  show(data) {
    const appears = this.element.hidden && data;
    this.element.hidden = !data;
    if (!data) return;
    if (appears) requestAnimationFrame(() => this.element.scrollIntoView({ block: "nearest" }));
    const { title, coming, done, total, problem } = data;
    const kind = `${coming ? "data-coming" : "data-missing"}-${data.new ? "new" : "stored"}`;
    say(this.words, this.texts[kind].replaceAll("{data}", title));
    this.measure.hidden = !coming;
    if (coming) {
      const share = total ? done / total : 0;
      this.bar.style.transform = `scaleX(${share})`;
      this.progress.setAttribute("aria-valuenow", Math.round(100 * share));
      this.progress.setAttribute("aria-label", title);
      write(this.done, total ? `${megabytes(done)} of ${megabytes(total)} MB` : "asking for it …");
    }
    say(this.reason, problem ?? "");
    this.reason.hidden = !problem;
    this.again.hidden = this.bundled.hidden = coming;
    this.stop.hidden = !coming && !data.new;
    say(this.stop, coming ? "Cancel" : "Leave it");
  }
}
