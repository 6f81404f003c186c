// A layer as a grid of dots, one a unit, the brighter the more active.

// How a layer of `units` is laid out: so many columns and rows.
export function grid(units) {
  const rows = units <= 10 ? units : units <= 32 ? 8 : units <= 256 ? 16 : 32;
  return { columns: Math.ceil(units / rows), rows };
}

// Draws bytes as dots with the upper left corner at (x, y) and `cell` pixels from dot to dot, row by row.
export function drawDots(pen, values, columns, x, y, cell, colours) {
  const radius = cell * 0.36;
  for (let i = 0; i < values.length; i++) {
    pen.fillStyle = colours[values[i]];
    pen.beginPath();
    pen.arc(x + cell * ((i % columns) + 0.5), y + cell * (Math.floor(i / columns) + 0.5), radius, 0, 2 * Math.PI);
    pen.fill();
  }
}

// The hidden layers of a probe "activations" in order: {values, largest}.
export function layersOf(arrays, scalars) {
  const layers = [];
  while (`layer${layers.length}` in arrays) {
    const l = layers.length;
    layers.push({ values: arrays[`layer${l}`], largest: scalars[`max${l}`] });
  }
  return layers;
}
