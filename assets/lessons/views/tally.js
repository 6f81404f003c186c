// One circle a run: it fills when the run has got there. A card a trial, and the dots that all of them learn.

import { h } from "../../live/dom.js";
import { Card } from "../card.js";

export class View {
  constructor({ labels, options }, { small }) {
    this.options = options;
    this.trials = labels.map(([label, note]) => {
      const card = new Card(label, note, small ? 12 : 3, "wil-lesson-tally");
      const circles = Array.from({ length: options.runs }, () => h("span", { class: "wil-tally-one" }));
      const grid = h("div", { class: "wil-tally", role: "img", "aria-label": "Not known yet" }, circles);
      card.body.append(grid);
      return { card, circles, grid, ended: 0, reached: 0 };
    });
    this.cards = this.trials.map(({ card }) => card);
  }

  news(entries) {
    for (const entry of entries) if (entry.ended) this.fill(this.trials[entry.trial], entry);
  }

  // The next circle: full where the run got there, else a ring with what it got of 100.
  fill(trial, { read }) {
    const circle = trial.circles[trial.ended++];
    if (!circle) return;
    const share = this.options.path.split(".").reduce((value, part) => value[part], read);
    const reached = share >= this.options.reach;
    trial.reached += reached;
    circle.className = reached ? "wil-tally-one wil-tally-reached" : "wil-tally-one wil-tally-ended";
    circle.textContent = reached ? "✓" : Math.floor(100 * share);
    trial.grid.setAttribute("aria-label", `${trial.reached} of ${trial.ended} got there`);
  }

  reveal(results) {
    this.reset();
    results.forEach(({ runs }, i) => runs.forEach((run) => this.fill(this.trials[i], run)));
  }

  reset() {
    for (const trial of this.trials) {
      Object.assign(trial, { ended: 0, reached: 0 });
      trial.grid.setAttribute("aria-label", "Not known yet");
      for (const circle of trial.circles) {
        circle.className = "wil-tally-one";
        circle.textContent = "";
      }
    }
  }
}
