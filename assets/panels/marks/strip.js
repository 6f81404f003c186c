// How a distribution came about: time from left to right, values from bottom to top, the stronger the more of them.
//
// A distribution comes as points that cut it into equal shares, smallest first, so it fits any axis.

// How much of a distribution falls into each of `cells` rows between `low` and `high`, bottom row first; in units of what
// an even distribution would have, so that 1 is "evenly spread". What lies outside counts for the row at that end.
export function density(points, from, count, low, high, cells, out) {
  out.fill(0, 0, cells);
  const scale = cells / (high - low);
  const share = cells / (count - 1);
  for (let i = from; i < from + count - 1; i++) {
    let bottom = (points[i] - low) * scale;
    let top = (points[i + 1] - low) * scale;
    if (!(bottom <= top)) return false; // not a number: nothing is known here
    bottom = Math.min(Math.max(bottom, 0), cells - 1e-6);
    top = Math.min(Math.max(top, 0), cells - 1e-6);
    const first = bottom | 0;
    const last = top | 0;
    if (first === last) out[first] += share;
    else {
      const rate = share / (top - bottom);
      out[first] += (first + 1 - bottom) * rate;
      for (let cell = first + 1; cell < last; cell++) out[cell] += rate;
      out[last] += (top - last) * rate;
    }
  }
  return true;
}

// A byte for a density: even is faint, four times as much is strong.
export const shade = (value) => 255 * (1 - Math.exp(-value / 3));

// Paints the columns of one layer into a canvas of its own, each up to the next one and the last up to step `until`.
// `order` lists the columns by step, `steps` their steps; the canvas ends at step `limit`.
export class Strip {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.pen = this.canvas.getContext("2d");
    this.cells = new Float64Array(64);
  }

  paint({ width, height, points, from, stride, count, order, steps, until, limit, range, colours }) {
    width = Math.max(1, Math.round(width));
    height = Math.max(2, Math.round(height));
    if (this.canvas.width !== width || this.canvas.height !== height || !this.image) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.image = this.pen.createImageData(width, height);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    if (this.cells.length < height) this.cells = new Float64Array(height);
    const { pixels, cells } = this;
    let place = -1;
    let drawn = -2;
    let known = false;
    for (let x = 0; x < width; x++) {
      const step = ((x + 0.5) / width) * limit;
      while (place + 1 < order.length && steps[order[place + 1]] <= step) place++;
      const column = place === order.length - 1 && place >= 0 && step > Math.max(until, steps[order[place]]) ? -1 : place;
      if (column !== drawn) {
        drawn = column;
        known = column >= 0 && density(points, order[column] * stride + from, count, range[0], range[1], height, cells);
      }
      for (let y = 0; y < height; y++) pixels[(height - 1 - y) * width + x] = colours[known ? shade(cells[y]) | 0 : 0];
    }
    this.pen.putImageData(this.image, 0, 0);
    return this.canvas;
  }
}
