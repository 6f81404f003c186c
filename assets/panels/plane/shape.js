// What a run on the plane is built like, as pages write it: its inputs, its layers, and the names of both.

import { repeats } from "../../live/run.js";

// The inputs that the plane offers, in the order of the core's table, with their signs.
export const INPUTS = [
  ["x1", "x₁"],
  ["x2", "x₂"],
  ["x1^2", "x₁²"],
  ["x2^2", "x₂²"],
  ["x1x2", "x₁x₂"],
  ["sin_x1", "sin x₁"],
  ["sin_x2", "sin x₂"],
];

export const MOST_LAYERS = 8;
export const MOST_NEURONS = 16;

export class Shape {
  constructor(run) {
    this.sizes = run.sizes;
    this.hidden = run.sizes.slice(1, -1);
    this.outputs = run.sizes[run.sizes.length - 1];
    this.classes = run.classes ?? [];
    this.regression = run.task === "regression";
    this.activations = run.config.activations;
    this.inputs = run.config.dataset_args.features ?? ["x1", "x2"];
    this.first = [0];
    for (const width of this.hidden) this.first.push(this.first[this.first.length - 1] + width);
  }

  // Whether the pictures of another run stand at the same places.
  like(other) {
    return other && JSON.stringify([this.sizes, this.inputs]) === JSON.stringify([other.sizes, other.inputs]);
  }

  get layers() {
    return this.sizes.length - 1;
  }

  isOutput(layer) {
    return layer === this.layers - 1;
  }

  // "Layer 2, neuron 3" for the second hidden layer's third neuron.
  name(layer, unit) {
    if (this.isOutput(layer)) return this.outputs > 1 ? `Output ${this.classes[unit] ?? unit + 1}` : "Output";
    return `Layer ${layer + 1}, neuron ${unit + 1}`;
  }

  // What a layer's `place`-th input is called.
  source(layer, place) {
    if (layer > 0) return `layer ${layer}, neuron ${place + 1}`;
    return INPUTS.find(([name]) => name === this.inputs[place])?.[1] ?? this.inputs[place];
  }

  // Where a unit's link begins in the row of all weights.
  link(layer, from, to) {
    let start = 0;
    for (let l = 0; l < layer; l++) start += this.sizes[l] * this.sizes[l + 1];
    return start + from * this.sizes[layer + 1] + to;
  }
}

// The command for a new run that differs by `changes`: for all runs alike where they only repeat one with other seeds.
export function renewed(status, changes) {
  return repeats(status) ? { cmd: "repeat", n: status.runs.length, changes } : { cmd: "new", changes };
}
