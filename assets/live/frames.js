// Reads frames (see nn_core/stream/frames.py) and keeps what they brought: the newest arrays of each probe, with those
// that come in pieces put together.

const TYPES = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};

// The sections of a frame, one a run: {run, step, scalars, arrays}; arrays are views of the message with a `shape`.
export function decode(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  return header.runs.map((section) => {
    const arrays = {};
    for (const [name, type, shape, offset] of section.arrays) {
      const size = shape.reduce((product, side) => product * side, 1);
      arrays[name] = Object.assign(new TYPES[type](buffer, 4 + length + offset, size), { shape });
    }
    return { ...section, arrays };
  });
}

// What is known of one run: its own scalars, and for every subscribed key its arrays and scalars.
export class RunState {
  constructor(id) {
    this.id = id;
    this.scalars = {};
    this.probes = {};
  }

  // Takes a section in and returns the keys that it brought; `gap` becomes true where a piece is missing.
  absorb(section) {
    const brought = {};
    for (const [name, value] of Object.entries(section.scalars)) {
      const dot = name.indexOf(".");
      if (dot < 0) this.scalars[name] = value;
      else part(brought, name.slice(0, dot)).scalars[name.slice(dot + 1)] = value;
    }
    for (const [name, array] of Object.entries(section.arrays)) {
      const dot = name.indexOf(".");
      part(brought, name.slice(0, dot)).arrays[name.slice(dot + 1)] = array;
    }
    for (const [key, news] of Object.entries(brought)) this.take(key, news);
    return Object.keys(brought);
  }

  take(key, { arrays, scalars }) {
    const kept = part(this.probes, key);
    if ("start" in scalars) this.append(kept, arrays, scalars.start);
    else if ("first" in scalars && "units" in scalars) this.place(kept, arrays, scalars);
    else kept.arrays = arrays;
    kept.scalars = scalars;
  }

  // Rows of a history, each one number or several: they follow what is there, or replace it from `start` on.
  append(kept, arrays, start) {
    for (const [name, array] of Object.entries(arrays)) {
      const rows = (kept.rows ??= {});
      const row = (rows[name] ??= new Rows(array.constructor));
      const sides = array.shape.slice(1);
      const from = start * sides.reduce((product, side) => product * side, 1);
      if (from > row.length) this.gap = true;
      else if (array.length || from < row.length) {
        kept.arrays[name] = Object.assign(row.extend(from, array), { shape: [start + array.shape[0], ...sides] });
      }
    }
  }

  // A few units' images of many: they go to their places in an array of all units. (Each keeps the scale it came with.)
  place(kept, arrays, { first, units, scale }) {
    const [some, ...sides] = arrays.images.shape;
    const size = sides.reduce((product, side) => product * side, 1);
    let { images, scales } = kept.arrays;
    if (images?.length !== units * size) {
      images = Object.assign(new Uint8Array(units * size).fill(128), { shape: [units, ...sides] });
      scales = new Float32Array(units);
      kept.arrays = { images, scales };
    }
    images.set(arrays.images, first * size);
    scales.fill(scale, first, first + some);
  }
}

function part(table, key) {
  return (table[key] ??= { arrays: {}, scalars: {} });
}

// A typed array that grows.
class Rows {
  constructor(Type) {
    this.store = new Type(1024);
    this.length = 0;
  }

  extend(start, more) {
    const length = start + more.length;
    if (length > this.store.length) {
      const larger = new this.store.constructor(2 ** Math.ceil(Math.log2(length)));
      larger.set(this.store.subarray(0, start));
      this.store = larger;
    }
    this.store.set(more, start);
    this.length = length;
    return this.store.subarray(0, length);
  }
}
