// Axes that grow in steps: an axis ends at a round number and stays there until the data outgrows it.

const MANTISSAS = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];

// The smallest round number that is at least `value`.
export function ceiling(value) {
  if (!(value > 0)) return 1;
  const scale = 10 ** Math.floor(Math.log10(value) + 1e-9);
  return scale * (MANTISSAS.find((mantissa) => mantissa * scale >= value * (1 - 1e-9)) ?? 10);
}

// An axis' end that grows with the data and shrinks only when `restart` is called.
export class GrowingEnd {
  constructor(least) {
    this.least = least;
    this.end = least;
  }

  restart() {
    this.end = this.least;
  }

  reach(value) {
    if (value > this.end) this.end = ceiling(value);
    return this.end;
  }
}
