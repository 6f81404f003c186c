// The sealed test set: pictures that nobody looks at while choosing, opened on request, and counted each time. It is there
// where the run's data has one.

import { h, inline } from "../live/dom.js";
import { count } from "../live/format.js";

export function mount(element, options, { ask, status, texts }) {
  const words = h("p", { class: "wil-sealed-words" });
  const open = h("button", { class: "wil-button", type: "button", onclick: () => ask({ cmd: "test" }) }, "Open the test set");
  element.append(h("div", { class: "wil-sealed" }, words, open));
  let shown = "";

  // A sentence of the page's texts with numbers put in.
  function told(news, run) {
    if (!run?.n_test) return;
    const { tested } = news;
    const here = tested?.run === run.id;
    const name = !tested ? "sealed" : here ? "opened" : "opened-before";
    const values = {
      of: count(run.n_test),
      step: count(tested?.step ?? 0),
      right: count(tested?.right ?? 0),
      share: tested ? ((100 * tested.right) / tested.of).toFixed(1) : "",
      times: tested?.opened === 1 ? "once" : tested?.opened === 2 ? "twice" : `${tested?.opened} times`,
    };
    const text = texts[name].replace(/\{(\w+)\}/g, (_, value) => values[value]);
    if (text === shown) return;
    shown = text;
    words.replaceChildren(...inline(text));
  }

  return { draw: () => {}, told, fits: (run) => Boolean(run?.n_test), resize: () => {}, destroy: () => {} };
}
