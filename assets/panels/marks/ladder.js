// One value a layer on a logarithmic axis, a dot in each layer's row, joined to a line: the line's shape is the diagnosis.

export class Ladder {
  // The axis runs from 10 to the power of `low` to 10 to the power of `high`; it grows, and shrinks only on `restart`.
  constructor(low, high) {
    this.least = [low, high];
    this.restart();
  }

  restart() {
    [this.low, this.high] = this.least;
  }

  // Makes room for values; those that are 0 or no number need none.
  reach(values) {
    for (const value of values) {
      if (!(value > 0) || !Number.isFinite(value)) continue;
      this.low = Math.max(-30, Math.min(this.low, Math.floor(Math.log10(value) + 1e-9)));
      this.high = Math.min(12, Math.max(this.high, Math.ceil(Math.log10(value) - 1e-9)));
    }
  }

  place(value) {
    const { left, right, low, high } = this;
    if (!(value > 0)) return left;
    return left + ((Math.log10(value) - low) / (high - low)) * (right - left);
  }

  // Thin lines at every power of ten, labels at as many as there is room for; `strong` is the label in the accent.
  grid(pen, theme, top, bottom, strong = null) {
    const { left, right, low, high } = this;
    const every = [1, 2, 3, 5, 10].find((n) => ((right - left) / (high - low)) * n >= (n > 2 ? 46 : 74)) ?? 10;
    pen.lineWidth = 1;
    pen.textAlign = "center";
    for (let power = low; power <= high; power++) {
      const x = Math.round(this.place(10 ** power)) + 0.5;
      pen.strokeStyle = theme.colour("line");
      pen.beginPath();
      pen.moveTo(x, top);
      pen.lineTo(x, bottom);
      pen.stroke();
      const special = strong !== null && power === strong;
      const crowded = strong !== null && !special && Math.abs(power - strong) < every;
      if ((special || (power - (strong ?? high)) % every === 0) && !crowded) {
        pen.fillStyle = theme.colour(special ? "accent" : "muted");
        pen.font = theme.font(12, special ? 700 : 400);
        pen.fillText(tick(power), Math.min(Math.max(x, left + 8), right + 6), bottom + 17);
      }
    }
  }

  // The bands from the 10 % to the 90 % point, then the line, then the dots; values that are 0 stand at the edge with a
  // ring. `ghost` draws a pale line with rings only.
  line(pen, theme, values, rows, { bands = null, ghost = false, lit = -1 } = {}) {
    const known = values.map((value) => value >= 0 && Number.isFinite(value));
    if (bands) {
      pen.strokeStyle = theme.colour("fill");
      pen.globalAlpha *= 0.28;
      pen.lineWidth = 5;
      pen.lineCap = "round";
      bands.forEach(([low, high], l) => {
        if (!known[l] || !(high > 0)) return;
        pen.beginPath();
        pen.moveTo(this.place(low), rows[l]);
        pen.lineTo(this.place(high), rows[l]);
        pen.stroke();
      });
      pen.globalAlpha /= 0.28;
    }
    pen.strokeStyle = theme.colour(ghost ? "baseline" : "fill");
    pen.lineWidth = ghost ? 1.25 : 2;
    pen.lineJoin = "round";
    pen.beginPath();
    let begun = false;
    values.forEach((value, l) => {
      if (!known[l]) return (begun = false);
      if (begun) pen.lineTo(this.place(value), rows[l]);
      else pen.moveTo(this.place(value), rows[l]);
      begun = true;
    });
    pen.stroke();
    values.forEach((value, l) => {
      if (!known[l]) return;
      pen.beginPath();
      pen.arc(this.place(value), rows[l], ghost ? 3 : l === lit ? 6.5 : 5, 0, 2 * Math.PI);
      pen.fillStyle = theme.colour(ghost || value === 0 ? "surface" : "fill");
      pen.fill();
      if (ghost || value === 0) pen.stroke();
      else {
        pen.lineWidth = 1.5;
        pen.strokeStyle = theme.colour("surface");
        pen.stroke();
        pen.strokeStyle = theme.colour("fill");
      }
    });
  }

  // A label beside a dot and its band, `values` being all three: on the side asked for where there is room, else on the
  // other.
  label(pen, theme, values, y, text, { bold = false, side = "left" } = {}) {
    const places = values.filter(Number.isFinite).map((value) => this.place(value));
    pen.font = theme.font(13, bold ? 700 : 400);
    pen.textAlign = "left";
    const wide = pen.measureText(text).width;
    const before = Math.min(...places) - 10 - wide;
    const after = Math.max(...places) + 10;
    const left = side === "left" ? before >= this.left - 6 : after + wide > this.right + 14;
    pen.strokeStyle = theme.colour("surface");
    pen.lineWidth = 4;
    pen.lineJoin = "round";
    pen.strokeText(text, left ? before : after, y + 4.5);
    pen.fillStyle = theme.colour("ink");
    pen.fillText(text, left ? before : after, y + 4.5);
  }
}

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

// A power of ten: written out near 1, with a raised number further away.
export function tick(power) {
  if (power === 0) return "1";
  if (power > 0 && power <= 3) return String(10 ** power);
  if (power < 0 && power >= -4) return `0.${"0".repeat(-power - 1)}1`;
  return `10${power < 0 ? "⁻" : ""}${[...String(Math.abs(power))].map((digit) => RAISED[digit]).join("")}`;
}
