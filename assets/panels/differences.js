// How the runs of a workbench differ and when they parted, as a table; and ways to put another one beside them.

import { h, inline, say } from "../live/dom.js";
import { count, fixed } from "../live/format.js";

const MOST = 8;

export function mount(element, options, { ask, status, runs, texts, sentence }) {
  const table = h("table", { class: "wil-table" });
  const empty = h("p", { class: "wil-explain" }, inline(texts.alone));
  const busy = h("p", { class: "wil-explain", role: "status" });
  const adds = h("div", { class: "wil-compare-adds", role: "group", "aria-label": "Compare with" });
  element.append(adds, busy, empty, h("div", { class: "wil-table-room" }, table));
  const step = h("strong", {}, "0");
  const best = h("strong", {}, "–");
  const right = h("strong", {}, "–");
  const plural = h("span", {}, "s");
  let known = "";
  let said = "";

  const button = (label, title, act) => h("button", { class: "wil-button", type: "button", title, onclick: () => add(act) }, label);
  const sets = [
    button("+ Another seed", texts["add-seed"], (run) => [{ cmd: "new", changes: { seed: freeSeed(status()) }, beside: true }]),
    button("+ Rate × 10", texts["add-rate"], (run) => [{ cmd: "new", changes: { learning_rate: tidy(run.settings.learning_rate * 10) }, beside: true }]),
    button("+ Rate ÷ 10", texts["add-rate"], (run) => [{ cmd: "new", changes: { learning_rate: tidy(run.settings.learning_rate / 10) }, beside: true }]),
    h("span", { class: "wil-compare-or" }, "or instead"),
    button("Four seeds", texts["four-seeds"], () => [{ cmd: "repeat", n: 4 }]),
    button("Three learning rates", texts["three-rates"], (run) => threeRates(run, status())),
    ...options.pairs.map(({ title, presets }) => button(title, texts.pair, () => [{ cmd: "compare", runs: presets.map(([preset, name]) => ({ preset, name })) }])),
  ];
  adds.append(...sets);

  async function add(plan) {
    const told = status();
    const run = told?.runs.find(({ id }) => id === told.shown);
    if (!run?.config) return;
    sets.forEach((one) => (one.disabled = true));
    for (const command of plan(run)) {
      const reply = await ask(command);
      if (!reply?.ok) break;
    }
    sets.forEach((one) => (one.disabled = false));
    tell();
  }

  function tell() {
    const told = status();
    if (!told) return;
    const several = told.runs.length > 1;
    if (!several) speak("first");
    empty.hidden = several;
    table.hidden = !several;
    for (const one of sets.slice(0, 3)) one.disabled = told.runs.length >= MOST;
    const { comparison } = told;
    const signature = JSON.stringify([comparison, told.shown]);
    if (several && comparison && signature !== known) build(told, comparison);
    known = signature;
    draw();
  }

  // Turns to another sentence of the page, with these live numbers in it.
  function speak(name) {
    if (said === name) return;
    said = name;
    const numbers = { step, step_s: plural, best, right };
    sentence(inline(texts[name], (number) => numbers[number]));
  }

  function build(told, { runs: ids, rows, labels, parted }) {
    const head = ids.map((id) =>
      h(
        "th",
        { scope: "col", class: id === told.shown ? "wil-shown" : "" },
        h("button", { class: "wil-link", type: "button", title: "Show this run", onclick: () => ask({ cmd: "show", run: id }) }, labels[id]),
        h("button", { class: "wil-cross", type: "button", title: "Take it away; it stays under My runs", onclick: () => ask({ cmd: "remove", run: id }) }, "×", h("span", { class: "wil-sr" }, `: take ${labels[id]} away`)),
      ),
    );
    const line = (name, cells) => h("tr", {}, h("th", { scope: "row" }, name), cells.map((cell, i) => h("td", { class: ids[i] === told.shown ? "wil-shown" : "" }, cell)));
    const since = ids.map((id, i) => {
      if (i === 0) return "—";
      if (parted[id] === null) return "not yet: identical, bit for bit";
      return parted[id] === 0 ? "from the start" : `after update ${count(parted[id])}`;
    });
    table.replaceChildren(
      h("thead", {}, h("tr", {}, h("td", {}), head)),
      h(
        "tbody",
        {},
        rows.map(([what, values]) => line(what, values)),
        line("parted from the first", since),
        (losses = line("loss, unseen examples", ids.map(() => "–"))),
        (values = line("right of 100 unseen", ids.map(() => "–"))),
      ),
    );
  }

  let values = null;
  let losses = null;

  // The live numbers: of the table's last row and of the sentence.
  function draw() {
    const told = status();
    const ids = told?.comparison?.runs ?? [];
    const shares = ids.map((id) => runs.get(id)?.scalars.heldout_accuracy);
    ids.forEach((id, i) => values?.cells[i + 1] && say(values.cells[i + 1], Number.isFinite(shares[i]) ? (100 * shares[i]).toFixed(1) : "–"));
    ids.forEach((id, i) => losses?.cells[i + 1] && say(losses.cells[i + 1], fixed(runs.get(id)?.scalars.heldout_loss, 3)));
    const now = Math.max(0, ...ids.map((id) => runs.get(id)?.scalars.step ?? 0));
    say(step, count(now));
    say(plural, now === 1 ? "" : "s");
    if (ids.length > 1) {
      const written = shares.map((share) => fixed(100 * share, 1)); // as the table has them
      const top = Math.max(...shares.filter(Number.isFinite));
      const winners = ids.filter((id, i) => written[i] === fixed(100 * top, 1));
      say(best, winners.map((id) => told.comparison.labels[id]).join(" and "));
      say(right, fixed(100 * top, 1));
      speak(!Number.isFinite(top) ? "unmeasured" : winners.length === ids.length ? "same" : "several");
    }
    const waiting = told?.opening ? `${count(told.opening.step)} of ${count(told.opening.of)}` : "";
    say(busy, waiting && `Computing a run again: update ${waiting}.`);
  }

  return { draw, told: tell, resize: () => {}, restart: () => {}, destroy: () => {} };
}

function freeSeed(told) {
  const used = new Set(told.runs.map(({ seed }) => seed));
  let seed = 0;
  while (used.has(seed)) seed++;
  return seed;
}

// The shown run, and beside it the same ones with a third and three times its learning rate. They begin afresh.
function threeRates(run, told) {
  const others = told.runs.filter(({ id }) => id !== run.id).map(({ id }) => ({ cmd: "remove", run: id }));
  const rates = [run.settings.learning_rate / 10, run.settings.learning_rate * 10].map(tidy);
  return [...others, ...rates.map((learning_rate) => ({ cmd: "new", changes: { learning_rate }, beside: true })), { cmd: "show", run: run.id }];
}

function tidy(rate) {
  return Number(Math.min(1000, rate).toPrecision(3));
}
