// A single neuron and one example: what comes in, what each input is weighed with, and what the answer should be.

import { svg } from "../../live/dom.js";
import { number } from "../../live/format.js";
import { Card } from "../card.js";
import { signed } from "../words.js";
import { narrow } from "./graph.js";

export class View {
  constructor({ options }, { small }) {
    this.options = options;
    this.close = narrow(small);
    this.card = new Card("One neuron", "and the example that it sees", small ? 12 : 7, "wil-lesson-neuron");
    this.cards = [this.card];
    this.draw();
  }

  // `change` is what an update made of the weights, which were 0; `after` is what the neuron says then.
  draw(change = null, after = null) {
    const { x, target, belief } = this.options;
    const [first, link, neuron, end] = this.close ? [42, 152, 268, 326] : [90, 246, 436, 526];
    const label = (index) => `w${index + 1} = ${change ? number(change[index], 2) : "0"}`;
    const middle = (y) => y + 0.45 * (165 - y); // where a link's weight is written
    const input = (index, y) => [
      svg("circle", { cx: first, cy: y, r: 34, class: "wil-net-unit" }),
      svg("text", { x: first, y: y - 4, class: "wil-net-name", "text-anchor": "middle" }, `x${index + 1}`),
      svg("text", { x: first, y: y + 16, class: "wil-net-value", "text-anchor": "middle" }, number(x[index])),
      svg("path", { d: `M${first + 36} ${y}L${neuron - 44} 165`, class: `wil-neuron-link ${change ? (change[index] ? "wil-neuron-moved" : "wil-neuron-still") : ""}` }),
      svg("rect", { x: link - 58, y: middle(y) - 15, width: 116, height: 30, rx: 9, class: "wil-neuron-plate" }),
      svg("text", { x: link, y: middle(y) + 6, class: "wil-net-name", "text-anchor": "middle" }, label(index)),
    ];
    const changes = change
      ? change.map((value, index) => svg("text", { x: link, y: index ? middle(250) + 44 : middle(80) - 28, class: `wil-neuron-change ${value ? "" : "wil-neuron-none"}`, "text-anchor": "middle" }, value ? signed(value) : "no change"))
      : [];
    this.card.body.replaceChildren(
      svg(
        "svg",
        { class: "wil-net", viewBox: `0 0 ${this.close ? 400 : 620} 330`, role: "img", "aria-label": `x1 is ${x[0]}, x2 is ${x[1]}. The neuron believes in blue by ${belief}; it should by ${target}.${change ? ` After the update it does by ${number(after, 2)}.` : ""}` },
        input(0, 80),
        input(1, 250),
        svg("circle", { cx: neuron, cy: 165, r: 42, class: "wil-net-unit" }),
        svg("text", { x: neuron, y: change ? 150 : 160, class: "wil-net-name", "text-anchor": "middle" }, "neuron"),
        svg("text", { x: neuron, y: change ? 170 : 182, class: "wil-net-value", "text-anchor": "middle" }, `${change ? "said" : "says"} ${number(belief)}`),
        change && svg("text", { x: neuron, y: 189, class: "wil-net-name", "text-anchor": "middle" }, `now ${number(after, 2)}`),
        svg("path", { d: `M${neuron + 46} 165h${end - neuron - 56}`, class: "wil-neuron-link" }),
        svg("text", { x: end, y: 158, class: "wil-net-name" }, "should"),
        svg("text", { x: end, y: 180, class: "wil-net-name" }, `say ${target}`),
        changes,
      ),
    );
  }

  reveal(results) {
    const { W0, b0 } = results[0].runs[0].read.numbers;
    const change = W0.map(([value]) => value);
    const z = change.reduce((sum, weight, i) => sum + weight * this.options.x[i], b0[0]);
    this.draw(change, 1 / (1 + Math.exp(-z)));
  }

  reset() {
    this.draw();
  }
}
