// Words around numbers: what a guess was worth, and how a fact is written.

import { count, number } from "../live/format.js";

// A number from a run as a sentence shows it: whole where it is large, else two digits, and the smallest ones in words.
export function fact(value) {
  if (!Number.isFinite(value)) return "–";
  if (value !== 0 && Math.abs(value) < 1e-6) return Math.abs(value) < 1e-9 ? "less than a billionth" : `${Math.ceil(Math.abs(value) * 1e9)} billionths`;
  return Math.abs(value) >= 10 ? count(Math.round(value)) : number(value, 2);
}

// With its sign, for changes.
export function signed(value) {
  return value > 0 ? `+${number(value, 2)}` : number(value, 2);
}

// What a marked part says: how far off it was, and whether that is near.
export function verdict({ verdict: how, off }) {
  const by = off === null ? 0 : Math.round(Math.abs(off));
  const where = by ? `${by} too ${off > 0 ? "high" : "low"}` : "";
  if (how === "right") return where ? `right: ${where}` : "right";
  if (how === "close") return where ? `close: ${where}` : "close";
  return where || "not this time";
}
