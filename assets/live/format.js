// Numbers as the page writes them: thousands with commas, a true minus sign, as many places as they deserve.

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

export function count(value) {
  return Number.isFinite(value) ? whole.format(value) : "–";
}

export function percent(share) {
  return Number.isFinite(share) ? `${Math.round(100 * share)} %` : "– %";
}

// Significant digits without exponents between a millionth and a billion: 0.1, 2.31, 0.00042.
export function number(value, digits = 3) {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-6 || size >= 1e9) return value.toExponential(1).replace("-", "−");
  const places = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  const text = value.toLocaleString("en-US", { maximumFractionDigits: Math.min(places, 12) });
  return text.replace("-", "−");
}

// A fixed number of places, for read-outs that must not change their width.
export function fixed(value, places) {
  return Number.isFinite(value) ? value.toFixed(places).replace("-", "−") : "–";
}

// A moment in seconds since 1970, in the learner's own time zone: 22 November 2026.
export function day(seconds) {
  return new Date(1000 * seconds).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}

// 22 Nov 2026, 05:39.
export function moment(seconds) {
  return new Date(1000 * seconds).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}
