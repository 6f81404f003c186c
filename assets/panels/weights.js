// The first layer's weights as pictures, one tile a unit: what each looks for. One diverging scale for all tiles.

import { h, say } from "../live/dom.js";
import { number } from "../live/format.js";

const GAP = 2; // bitmap pixels between tiles

export function mount(element, options, { theme }) {
  const canvas = h("canvas", { class: "wil-pixels wil-tiles", "aria-hidden": "true" });
  const pen = canvas.getContext("2d");
  const low = h("span", {});
  const high = h("span", {});
  const legend = h("div", { class: "wil-legend", "aria-hidden": "true" }, low, h("span", { class: "wil-ramp" }), high);
  const room = h("div", { class: "wil-tiles-room" }, canvas);
  const box = h("div", { class: "wil-weights", role: "img" }, room, legend);
  element.append(box);
  let last = null;
  const observer = new ResizeObserver(() => paint());
  observer.observe(room);

  function draw(arrays, scalars) {
    last = { ...arrays.weights, scale: scalars.weights.scale };
    const text = number(last.scale);
    say(low, `speaks against  −${text}`);
    say(high, `+${text}  speaks for`);
    box.setAttribute("aria-label", `What each of the ${last.scales.length} units of the first layer looks for, as pictures of its weights from −${text} to +${text}`);
    paint();
  }

  function paint() {
    if (!last || !room.clientWidth) return;
    const { images, scales, scale } = last;
    const [units, height, width] = images.shape;
    const columns = best(units, room.clientWidth / width, room.clientHeight / height);
    const rows = Math.ceil(units / columns);
    const across = columns * (width + GAP) - GAP;
    const down = rows * (height + GAP) - GAP;
    if (canvas.width !== across || canvas.height !== down) {
      canvas.width = across;
      canvas.height = down;
      canvas.style.aspectRatio = `${across} / ${down}`;
    }
    const shown = Math.min(room.clientWidth, (room.clientHeight * across) / down);
    canvas.style.width = `${shown}px`;
    const colours = theme.bytes("negative", "zero", "positive");
    const tile = pen.createImageData(width, height);
    const out = new Uint32Array(tile.data.buffer);
    const size = width * height;
    for (let unit = 0; unit < units; unit++) {
      const stretch = scales[unit] / scale || 0;
      for (let i = 0; i < size; i++) {
        const value = 128 + (images[unit * size + i] - 128) * stretch;
        out[i] = colours[value < 0 ? 0 : value > 255 ? 255 : value | 0];
      }
      pen.putImageData(tile, (unit % columns) * (width + GAP), Math.floor(unit / columns) * (height + GAP));
    }
  }

  return { draw, resize: paint, restart: () => (last = null), destroy: () => observer.disconnect() };
}

// So many columns that the tiles become as large as the room allows; a little smaller where that fills the last row.
function best(units, across, down) {
  const size = (columns) => Math.min(across / columns, down / Math.ceil(units / columns)) * (units % columns ? 0.92 : 1);
  let columns = 1;
  for (let other = 2; other <= units; other++) if (size(other) > size(columns)) columns = other;
  return columns;
}
