// Its worst mistakes: the pictures that it takes for something else with most belief. A click looks at one closely.

import { Pixels } from "../live/canvas.js";
import { h, say } from "../live/dom.js";
import { count, percent } from "../live/format.js";
import { classesOf } from "../live/run.js";

export function mount(element, options, { theme, ask, status }) {
  const grid = h("div", { class: "wil-mistakes" });
  const words = h("p", { class: "wil-caption" }, "\u00a0");
  element.append(h("div", { class: "wil-mistakes-frame" }, grid, words));
  const tiles = [];
  let last = null;

  function tile() {
    const picture = h("span", { class: "wil-mistake-picture" });
    const pixels = new Pixels(picture);
    const says = h("span", { class: "wil-mistake-says" });
    const is = h("span", {});
    const made = { pixels, says, is, row: 0 };
    made.element = h("button", { class: "wil-mistake", type: "button", title: "Look at this one", onclick: () => ask({ cmd: "look", how: "index", value: made.row }) }, picture, says, is);
    return made;
  }

  function draw(arrays, scalars) {
    last = { arrays, scalars };
    const { images, index, label, answer, belief } = arrays.mistakes;
    const { wrong, of } = scalars.mistakes;
    const names = classesOf(status());
    const shown = index?.length ?? 0;
    while (tiles.length < shown) tiles.push(tile());
    if (grid.children.length !== shown) grid.replaceChildren(...tiles.slice(0, shown).map(({ element }) => element));
    const colours = theme.bytes("zero", "ink");
    for (let k = 0; k < shown; k++) {
      const [, height, width] = images.shape;
      tiles[k].pixels.show(images.subarray(k * height * width, (k + 1) * height * width), width, height, colours);
      tiles[k].row = index[k];
      say(tiles[k].says, `“${names[answer[k]]}” ${percent(belief[k])}`);
      say(tiles[k].is, `it is ${names[label[k]]}`);
    }
    say(words, wrong ? `${count(wrong)} of ${count(of)} unseen pictures are wrong; these it believes in most` : `Not one of ${count(of)} unseen pictures is wrong`);
  }

  return {
    draw,
    resize: () => last && draw(last.arrays, last.scalars),
    restart: () => {
      last = null;
      grid.replaceChildren();
      say(words, "\u00a0");
    },
    destroy: () => {},
  };
}
