// Numbers with as many significant digits as the lesson needs, so that what stands on the page can be worked out by hand.

const HIGH = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

// `digits` significant digits, trailing zeros kept: 0.0860, −1.33, 5.70 × 10⁻¹¹.
export function sig(value, digits = 3) {
  if (value === null || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const text = value.toExponential(digits - 1);
  const power = Number(text.split("e")[1]);
  if (power < -4 || power > 5) return `${minus(text.split("e")[0])} × 10${high(power)}`;
  return minus(Number(text).toFixed(Math.max(0, digits - 1 - power)));
}

// A setting such as a learning rate: as it was chosen, without rounding.
export function plain(value) {
  if (value === null || !Number.isFinite(value)) return "–";
  const [body, power] = value.toExponential().split("e");
  return Math.abs(value) < 1e-4 && value ? `${minus(body)} × 10${high(Number(power))}` : minus(String(Number(value.toPrecision(7))));
}

// So many digits that a number and what it becomes by a small change can be told apart.
export function telling(value, change) {
  return Math.max(3, Math.min(8, 2 + Math.ceil(Math.log10(Math.abs(value || 1) / Math.max(Math.abs(change), 1e-12)))));
}

// With its sign in front, for changes.
export function signed(value, digits = 3) {
  return value > 0 ? `+${sig(value, digits)}` : sig(value, digits);
}

export function minus(text) {
  return text.replaceAll("-", "−");
}

export function high(power) {
  return [...String(power)].map((digit) => HIGH[digit]).join("");
}

// What a learner typed, as a number: a comma for a point, any kind of minus sign; NaN where it is none.
export function typed(text) {
  const clean = text.trim().replace(/[−–]/g, "-").replace(",", ".");
  return clean === "" ? NaN : Number(clean);
}

// Whether a typed number agrees with `value` to three significant digits, the third up to one off.
export function agrees(value, guess) {
  if (!Number.isFinite(guess)) return false;
  if (value === 0) return guess === 0;
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 2);
  return Math.abs(guess - value) <= 1.01 * unit;
}
