// The plane's numbers: what the bytes of its probes stand for, and the colours that they become.

export const EXTENT = 6;

// Bytes of `signed_bytes` and of `rooted_bytes` (see nn_core/probes/plane.py) as values from -1 to 1.
export const SIGNED = Float32Array.from({ length: 256 }, (_, code) => (code - 128) / 127);
export const ROOTED = SIGNED.map((share) => share * Math.abs(share));

// What a link's byte stands for at its end.
export const STRONGEST = 8;

// The strongest answer is a little paler than the pure colour; where dots lie on it much paler, so that they stand out.
const FULL = 0.82;
const GROUND = 0.66;

// 256 packed colours for bytes that mean `values`: orange below zero, blue above.
export function diverging(theme, values, full = FULL) {
  const all = theme.bytes("negative", "zero", "positive");
  return Uint32Array.from(values, (value) => all[Math.round(127.5 + 127.5 * full * Math.max(-1, Math.min(1, value)))]);
}

// The colours of `count` classes; two classes are orange and blue like everything that has a sign.
export function classColours(theme, count) {
  return classNames(count).map((name) => theme.colour(name));
}

// The same for dots, which take a little ink: they must differ from a ground that is sure of their class.
const INKED = 52; // of 255

export function dotColours(theme, count) {
  return classNames(count).map((name) => theme.css(name, "ink")[INKED]);
}

function classNames(count) {
  return count <= 2 ? ["negative", "positive"] : Array.from({ length: count }, (_, i) => `class${i}`);
}

// A byte picture, kept as a small bitmap that is drawn smoothly at any size.
export class Patch {
  constructor() {
    this.canvas = new OffscreenCanvas(1, 1);
    this.pen = this.canvas.getContext("2d");
  }

  // `colours(i)` gives the packed colour of pixel i.
  fill(width, height, colours) {
    if (this.canvas.width !== width || this.canvas.height !== height || !this.image) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.image = this.pen.createImageData(width, height);
      this.packed = new Uint32Array(this.image.data.buffer);
    }
    for (let i = 0; i < this.packed.length; i++) this.packed[i] = colours(i);
    this.pen.putImageData(this.image, 0, 0);
  }

  draw(pen, x, y, width, height, smooth = true) {
    pen.imageSmoothingEnabled = smooth;
    pen.imageSmoothingQuality = "high";
    pen.drawImage(this.canvas, x, y, width, height);
  }
}

// Mixes two packed colours.
export function mixed(one, other, share) {
  let result = 0;
  for (const shift of [0, 8, 16, 24]) {
    const a = (one >>> shift) & 255;
    result += Math.round(a + (((other >>> shift) & 255) - a) * share) * 2 ** shift;
  }
  return result;
}

// The picture of an output: one unit's answer, or the class believed in most, the stronger the paler its doubt.
export class OutputPatch extends Patch {
  show(arrays, theme, { discrete = false } = {}) {
    const { field, winner, belief } = arrays;
    if (field?.length) this.single(field, theme, discrete);
    else if (winner?.length) this.several(winner, belief, theme, discrete);
  }

  single(field, theme, discrete) {
    const [height, width] = field.shape;
    const colours = diverging(theme, ROOTED, GROUND);
    if (!discrete) return this.fill(width, height, (i) => colours[field[i]]);
    const [low, high] = [colours[1], colours[255]];
    const fine = enlarged(field, width, 4);
    this.fill(4 * width, 4 * height, (i) => (fine[i] > 0 ? high : low));
  }

  several(winner, belief, theme, discrete) {
    const [height, width] = winner.shape;
    const classes = Math.max(3, Math.min(10, winner.reduce((most, one) => Math.max(most, one), 0) + 1));
    const zero = theme.bytes("zero", "zero")[0];
    const key = `${theme.scheme} ${discrete} ${classes}`;
    if (key !== this.key) {
      this.key = key;
      this.scales = Array.from({ length: classes }, (_, one) => {
        const full = theme.bytes(`class${one}`, `class${one}`)[0];
        return Uint32Array.from({ length: 256 }, (_, b) => mixed(zero, full, discrete ? 0.7 : 0.1 + 0.65 * Math.max(0, (b / 255 - 0.2) / 0.8)));
      });
    }
    this.fill(width, height, (i) => this.scales[winner[i]][belief[i]]);
  }
}

// A field's values, `times` as many a side, by straight interpolation.
function enlarged(field, side, times) {
  const size = side * times;
  const result = new Float32Array(size * size);
  for (let row = 0; row < size; row++) {
    const y = Math.max(0, Math.min(side - 1.001, (row + 0.5) / times - 0.5));
    const above = Math.floor(y);
    for (let column = 0; column < size; column++) {
      const x = Math.max(0, Math.min(side - 1.001, (column + 0.5) / times - 0.5));
      const left = Math.floor(x);
      const at = above * side + left;
      const top = ROOTED[field[at]] * (1 - x + left) + ROOTED[field[at + 1]] * (x - left);
      const bottom = ROOTED[field[at + side]] * (1 - x + left) + ROOTED[field[at + side + 1]] * (x - left);
      result[row * size + column] = top * (1 - y + above) + bottom * (y - above);
    }
  }
  return result;
}

// The edge where a field of rooted bytes crosses zero, by marching squares: calls `segment(x0, y0, x1, y1)` with places
// from 0 to 1, the origin at the upper left.
export function zeroEdge(field, segment) {
  const [height, width] = field.shape;
  const place = (i) => (i + 0.5) / width;
  for (let row = 0; row + 1 < height; row++) {
    for (let column = 0; column + 1 < width; column++) {
      const at = row * width + column;
      const a = ROOTED[field[at]];
      const b = ROOTED[field[at + 1]];
      const c = ROOTED[field[at + width + 1]];
      const d = ROOTED[field[at + width]];
      const signs = (a > 0) + 2 * (b > 0) + 4 * (c > 0) + 8 * (d > 0);
      if (signs === 0 || signs === 15) continue;
      const cut = [];
      if (a > 0 !== b > 0) cut.push([column + a / (a - b), row]);
      if (b > 0 !== c > 0) cut.push([column + 1, row + b / (b - c)]);
      if (d > 0 !== c > 0) cut.push([column + d / (d - c), row + 1]);
      if (a > 0 !== d > 0) cut.push([column, row + a / (a - d)]);
      for (let k = 0; k + 1 < cut.length; k += 2) segment(place(cut[k][0]), place(cut[k][1]), place(cut[k + 1][0]), place(cut[k + 1][1]));
    }
  }
}
