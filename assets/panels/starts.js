// Ready-made comparisons: each button begins its runs side by side, in lockstep, in the place of what was here. Which one is
// at work is known from the runs themselves, and the page's sentence then says how each of them does.

import { h, say, write } from "../live/dom.js";
import { count } from "../live/format.js";

export function mount(element, options, { ask, status, runs, texts, sentence }) {
  const ways = options.starts.map((start) => {
    const button = h("button", { class: "wil-button wil-start", type: "button", onclick: () => ask({ cmd: "compare", runs: start.runs }) }, h("strong", {}, start.title), h("span", {}, start.what));
    return { ...start, button };
  });
  element.append(h("div", { class: "wil-starts", role: "group", "aria-label": "Run side by side" }, ways.map(({ button }) => button)));
  let told = "";
  let numbers = [];

  // Whether the workbench's runs are those of a comparison: the same presets under the same names.
  function isAtWork({ runs: wanted }, present) {
    return wanted.length === present.length && wanted.every(({ preset, name }, i) => present[i].preset === preset && (name ?? "") === present[i].name);
  }

  function labels(present) {
    const given = status().comparison?.labels ?? {};
    return present.map((run) => given[run.id] ?? run.title);
  }

  // The sentence is built when other runs are there, and its numbers are written into it at every drawing.
  function announce(present) {
    const names = labels(present);
    const key = JSON.stringify(names);
    if (key === told) return;
    told = key;
    const step = h("span", { class: "wil-number" }, "0");
    const plural = h("span", {}, "s");
    numbers = present.map(({ id }) => ({ id, element: h("span", { class: "wil-number" }, "–") }));
    const parts = names.flatMap((name, i) => [i ? (i === names.length - 1 ? " and " : ", ") : "", `${name} gets `, h("strong", {}, numbers[i].element)]);
    sentence(["After ", h("strong", {}, step), " update", plural, ", ", ...parts, " of 100 unseen digits right. Guessing gets 10."]);
    Object.assign(numbers, { step, plural });
  }

  function draw() {
    const present = status()?.runs ?? [];
    if (!present.length) return;
    announce(present);
    const now = Math.max(...present.map(({ id }) => runs.get(id)?.scalars.heldout_step ?? 0));
    say(numbers.step, count(now));
    say(numbers.plural, now === 1 ? "" : "s");
    for (const { id, element } of numbers) {
      const share = runs.get(id)?.scalars.heldout_accuracy;
      write(element, Number.isFinite(share) ? count(Math.round(100 * share)) : "–");
    }
  }

  return {
    draw,
    told: (news) => {
      for (const way of ways) way.button.setAttribute("aria-pressed", String(isAtWork(way, news.runs)));
    },
    resize: () => {},
    restart: () => (told = ""),
    destroy: () => {},
  };
}
