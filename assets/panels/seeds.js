// One network, many beginnings: the same choices trained side by side with several seeds, a small picture each.

import { h, say } from "../live/dom.js";
import { repeats } from "../live/run.js";
import { number } from "../live/format.js";
import { OutputPatch } from "./plane/scales.js";

const SOLVED = 0.95; // from this share of right new dots on a run counts as solved; our choice, said on the page

export function mount(element, { counts }, { theme, ask, status, runs, tell, aim, tools }) {
  let run = null;
  let repeated = false;
  const buttons = counts.map((n) => h("button", { class: "wil-button wil-small", type: "button", onclick: () => begin(n) }, `${n} seeds`));
  const only = h("button", { class: "wil-button wil-small", type: "button", onclick: () => alone() }, "Only the marked one");
  const words = h("p", { class: "wil-seeds-words", "aria-live": "off" });
  const grid = h("div", { class: "wil-seeds" });
  tools.append(...buttons, only);
  element.append(words, grid);
  let tiles = [];
  aim({ all: null });

  async function begin(n) {
    const reply = await ask({ cmd: "repeat", n, changes: {} });
    if (!reply?.ok) return;
    tell(`${n} runs have started, each with a seed of its own.`);
    await ask({ cmd: "play" });
  }

  async function alone() {
    for (const { id } of status().runs) if (id !== status().shown) await ask({ cmd: "remove", run: id });
  }

  function told(news, shown) {
    run = shown;
    const now = repeats(news);
    if (now !== repeated) aim({ all: now ? {} : null });
    repeated = now;
    only.hidden = !now;
    grid.hidden = !now;
    const key = now ? news.runs.map(({ id }) => id).join() : "";
    if (key !== grid.dataset.runs) build(now ? news.runs : [], key);
    for (const tile of tiles) tile.button.setAttribute("aria-pressed", String(tile.id === news.shown));
    if (!now) say(words, "Every beginning is drawn from a seed. Train the same network from several at once, and see how much is luck.");
  }

  function build(list, key) {
    grid.dataset.runs = key;
    tiles = list.map(({ id, seed }) => {
      const canvas = h("canvas", { width: 96, height: 96, "aria-hidden": "true" });
      const score = h("strong", {}, "–");
      const button = h("button", { class: "wil-seed", type: "button", onclick: () => ask({ cmd: "show", run: id }) }, canvas, h("span", {}, `seed ${seed}`), score);
      return { id, seed, button, canvas, score, patch: new OutputPatch() };
    });
    grid.replaceChildren(...tiles.map(({ button }) => button));
  }

  function draw() {
    if (!repeated) return;
    let solved = 0;
    let known = 0;
    for (const tile of tiles) {
      const found = runs.get(tile.id)?.probes.run_field;
      if (!found?.arrays.field && !found?.arrays.winner) continue;
      const { new_right: right, new_dots: dots, new_error: error } = found.scalars;
      tile.patch.show(found.arrays, theme);
      const pen = tile.canvas.getContext("2d");
      tile.patch.draw(pen, 0, 0, 96, 96);
      const done = run?.task !== "regression" && right / dots >= SOLVED;
      tile.button.classList.toggle("wil-solved", done);
      const text = run?.task === "regression" ? `± ${number(error, 2)}` : `${right} of ${dots}${done ? " ✓" : ""}`;
      say(tile.score, text);
      tile.button.setAttribute("aria-label", `Seed ${tile.seed}: ${text}. Show it large.`);
      known += 1;
      solved += done;
    }
    if (known && run?.task !== "regression") say(words, `${solved} of ${tiles.length} solve it so far: at least 95 in 100 new dots on the right side. One step is the same update in all of them.`);
    element.dataset.solved = known ? solved : "";
  }

  return { draw, told, resize: draw, destroy: () => {} };
}
