// The units of a layer as small tiles: the stronger the more their answers vary, a dash at the end where one is stuck.

export const WORKING = 0;
export const ALIKE = 1;
export const STUCK_LOW = 2;
export const STUCK_HIGH = 3;
export const OFF = 4;

// The largest tiles with which `count` fit into a room of `width` x `height`.
export function tiling(count, width, height) {
  for (let size = 12; size > 1.5; size -= 0.5) {
    const columns = Math.floor(width / size);
    if (columns && Math.ceil(count / columns) * size <= height) return { size, columns };
  }
  return { size: 1.5, columns: Math.max(1, Math.floor(width / 1.5)) };
}

export function drawUnits(pen, theme, { reach, state, from, count, x, y, size, columns, pinned = -1, lit = -1 }) {
  const scale = theme.css("zero", "fill");
  const inner = size > 5 ? size - 2 : size * 0.78;
  for (let i = 0; i < count; i++) {
    const left = x + (i % columns) * size;
    const top = y + Math.floor(i / columns) * size;
    const what = state[from + i];
    pen.fillStyle = scale[what === WORKING ? Math.max(56, reach[from + i]) : what === OFF ? 0 : Math.min(40, reach[from + i])];
    box(pen, left, top, inner);
    pen.fill();
    if (what !== WORKING && size > 4) {
      pen.strokeStyle = theme.colour("baseline");
      pen.lineWidth = 0.8;
      pen.stroke();
    }
    if (what === STUCK_LOW || what === STUCK_HIGH) {
      pen.fillStyle = theme.colour("ink");
      const thick = Math.max(1, inner * 0.16);
      pen.fillRect(left + inner * 0.25, what === STUCK_LOW ? top + inner * 0.68 : top + inner * 0.18, inner * 0.5, thick);
    }
    if (what === OFF) {
      pen.strokeStyle = theme.colour("muted");
      pen.lineWidth = 1;
      pen.beginPath();
      pen.moveTo(left + inner * 0.2, top + inner * 0.8);
      pen.lineTo(left + inner * 0.8, top + inner * 0.2);
      pen.stroke();
    }
    if (i === pinned || i === lit) {
      pen.strokeStyle = theme.colour("ink");
      pen.lineWidth = 1.75;
      box(pen, left - 0.75, top - 0.75, inner + 1.5);
      pen.stroke();
    }
  }
}

function box(pen, x, y, side) {
  pen.beginPath();
  pen.roundRect(x, y, side, side, side * 0.22);
}

// What a unit's activation is called at either end, where it has ends.
const ENDS = { sigmoid: ["at 0", "at 1"], tanh: ["at −1", "at 1"] };

// "28 of 32", with what the others do.
export function census(state, from, count, activation) {
  const many = [0, 0, 0, 0, 0];
  for (let i = from; i < from + count; i++) many[state[i]]++;
  const working = many[WORKING];
  const parts = [working === count ? `all ${count}` : working === 0 ? `none of ${count}` : `${working} of ${count}`];
  const [low, high] = ENDS[activation] ?? ["silent", "at its end"];
  const tell = (number, where) => {
    if (!number) return;
    const stuck = where === "silent" ? "always silent" : `stuck ${where}`;
    parts.push(number === count ? `all ${stuck}` : `${number} ${stuck}`);
  };
  tell(many[STUCK_LOW], low);
  tell(many[STUCK_HIGH], high);
  if (many[OFF]) parts.push(`${many[OFF]} off`);
  return parts;
}
