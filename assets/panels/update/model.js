// What the probes say of an update, put into the words and symbols of the lesson: names of units, the stages and their
// parts, the formulas with their links. Nothing here touches the page.

import { plain, sig } from "./numbers.js";

// The activations and losses as formulas; one that is missing here is shown in the core's own words.
const ACTIVATIONS = {
  identity: ["{z}", "1"],
  sigmoid: ["\\frac{1}{1 + e^{−{z}}}", "{a} ( 1 − {a} )"],
  tanh: ["\\op{tanh} {z}", "1 − {a}^2"],
  relu: ["\\op{max} ( 0 , {z} )", "1 \\op{if} {z} > 0"],
  leaky_relu: ["\\op{max} ( 0.01 {z} , {z} )", "1 \\op{if} {z} > 0 , \\op{else} 0.01"],
  elu: ["{z} \\op{if} {z} > 0 , \\op{else} e^{z} − 1", "1 \\op{if} {z} > 0 , \\op{else} {a} + 1"],
  softplus: ["\\op{log} ( 1 + e^{z} )", "\\frac{1}{1 + e^{−{z}}}"],
  gelu: ["{z} Φ ( {z} )", "Φ ( {z} ) + {z} φ ( {z} )"],
  silu: ["\\frac{z}{1 + e^{−{z}}}", "s + {a} ( 1 − s )"],
  softmax: ["\\frac{e^{z}}{\\sum_k e^{z_k}}", "{a} ( 1 − {a} )"],
};
const LOSSES = {
  cross_entropy: "− \\op{ln} \\link{belief}{a_{Y}}",
  binary_cross_entropy: "− y \\op{ln} \\link{belief}{a} − ( 1 − y ) \\op{ln} ( 1 − \\link{belief}{a} )",
  mse: "\\frac{1}{K} \\sum_k ( \\link{belief}{a_k} − y_k )^2",
};
export const FORMULAS = { ACTIVATIONS, LOSSES };

export class Model {
  // `about` is the probe's JSON, `names` the labels of the classes, `arrays` its arrays.
  constructor(about, arrays, names) {
    Object.assign(this, about);
    this.arrays = arrays;
    this.names = names;
    this.last = this.layers.length - 1;
    this.digitsShown = about.digits;
    this.perClass = names.length > 1 && arrays.outputs.length === names.length; // one output a class
    this.sure = this.perClass || (names.length > 1 && about.loss_name === "binary_cross_entropy"); // it has a belief
    const { layer, array, i, j } = about.chosen;
    this.bias = array === "b";
    this.layerOf = this.layers[layer];
    this.out = layer === this.last;
    this.to = this.unitName(layer, j);
    this.from = this.bias ? "bias" : this.inputName(layer, i);
    this.symbol = this.bias ? "b" : "w";
    this.stages = this.parts();
  }

  // A unit by name: output units are classes.
  unitName(layer, j) {
    if (layer < this.last) return `unit ${j}`;
    return this.perClass ? `output ${this.names[j]}` : this.layers[layer].fan_out === 1 ? "the output" : `output ${j}`;
  }

  inputName(layer, i) {
    return layer === 0 ? `input ${i}` : `unit ${i}`;
  }

  pixel(i) {
    const [, width] = this.arrays.image?.shape ?? [1, 0];
    return width ? `row ${Math.floor(i / width) + 1}, column ${(i % width) + 1}` : null;
  }

  // Every part of every stage in the order of the slow motion: {stage, part, of, link}.
  parts() {
    const list = [];
    const add = (stage, count, link) => {
      for (let part = 0; part < count; part++) list.push({ stage, part, of: count, link: link(part) });
    };
    add("forward", this.layers.length, () => "z");
    add("loss", 1, () => "loss");
    add("backward", this.factors.length + 1, (part) => this.factors[part]?.what ?? "product");
    add("update", 2, (part) => (part ? "effect" : "w"));
    return list;
  }

  at(stage) {
    return this.stages.findIndex((one) => one.stage === stage);
  }

  // How much it believes in the true class; the single output where that is no belief.
  get belief() {
    return this.believed(this.arrays.outputs);
  }

  get beliefAfter() {
    return this.believed(this.arrays.after);
  }

  believed(outputs) {
    if (this.perClass) return outputs[this.label];
    return this.sure && this.label === 0 ? 1 - outputs[0] : outputs[0];
  }

  // The truth in words: a class, or the value aimed at.
  get truth() {
    return this.sure ? this.names[this.label] : sig(this.target?.[0] ?? NaN);
  }

  // --- formulas --------------------------------------------------------------------------------------------------------

  // The activation of a layer at z with the value a, both already TeX.
  activation(layer, z, a, derivative = false) {
    const known = ACTIVATIONS[this.layers[layer].activation];
    return known ? known[derivative ? 1 : 0].replaceAll("{z}", `{${z}}`).replaceAll("{a}", a) : null;
  }

  get lossFormula() {
    return LOSSES[this.loss_name]?.replace("{Y}", `{${this.label}}`) ?? null;
  }

  // One factor's derivative as TeX.
  derivative(what) {
    const j = this.chosen.j;
    const w = this.symbol;
    return {
      da: `\\frac{∂ L}{∂ a_{${j}}}`,
      truth: `\\frac{∂ L}{∂ a_{${this.label}}}`,
      dz: `\\frac{∂ L}{∂ z_{${j}}}`,
      slope: `\\frac{∂ a_{${j}}}{∂ z_{${j}}}`,
      answer: `\\frac{∂ a_{${this.label}}}{∂ z_{${j}}}`,
      mask: `m_{${j}}`,
      norm: `\\frac{∂ L}{∂ u_{${j}}}`,
      input: this.layerOf.norm ? `\\frac{∂ u_{${j}}}{∂ ${w}}` : `\\frac{∂ z_{${j}}}{∂ ${w}}`,
      one: this.layerOf.norm ? `\\frac{∂ u_{${j}}}{∂ ${w}}` : `\\frac{∂ z_{${j}}}{∂ ${w}}`,
      bug: `\\frac{∂ L}{∂ ${w}}`,
      product: `\\frac{∂ L}{∂ ${w}}`,
    }[what];
  }

  // All of a layer at once: parts {tex, link, shape} with operators between, in rows or in columns.
  whole(rows) {
    const l = this.chosen.layer + 1;
    const { fan_in: inputs, fan_out: units } = this.layerOf;
    const n = this.n;
    const shape = (a, b) => (rows ? `${a} × ${b}` : `${b} × ${a}`);
    const up = (name) => `${name}^{(${l})}`;
    const delta = this.out
      ? [{ tex: `\\frac{∂ L}{∂ ${up("z")}}`, link: "chain", shape: shape(n, units) }]
      : ["(", { tex: `\\frac{∂ L}{∂ ${up("a")}}`, link: "da", shape: shape(n, units) }, "⊙", { tex: `f^′ ( ${up("z")} )`, link: "slope", shape: shape(n, units) }, ")"];
    const gradient = { tex: `\\frac{∂ L}{∂ ${up(this.bias ? "b" : "W")}}`, link: "product", shape: this.bias ? shape(1, units) : shape(inputs, units) };
    if (this.bias) return [gradient, "=", { tex: "\\sum_n", link: "one", shape: "over the batch" }, ...delta];
    const input = { tex: rows ? `${up("x")}^⊤` : `${up("x")}^⊤`, link: "input", shape: rows ? `${inputs} × ${n}` : `${n} × ${inputs}` };
    return rows ? [gradient, "=", input, ...delta] : [gradient, "=", ...delta, input];
  }

  // The same for the forward pass of a layer.
  wholeForward(layer, rows) {
    const l = layer + 1;
    const { fan_in: inputs, fan_out: units, bias } = this.layers[layer];
    const shape = (a, b) => (rows ? `${a} × ${b}` : `${b} × ${a}`);
    const z = { tex: `z^{(${l})}`, link: "z", shape: shape(this.n, units) };
    const x = { tex: `x^{(${l})}`, link: "x", shape: shape(this.n, inputs) };
    const W = { tex: `W^{(${l})}`, link: "W", shape: shape(inputs, units) };
    const b = bias ? ["+", { tex: `b^{(${l})}`, link: "b", shape: shape(1, units) }] : [];
    return rows ? [z, "=", x, W, ...b] : [z, "=", W, x, ...b];
  }

  // --- the lines under the code ------------------------------------------------------------------------------------------

  // What a line of code computed for the chosen parameter: {link: [numbers, shapes]}. `blank` is a link to keep quiet.
  notes(layer) {
    const { i, j } = this.chosen;
    const k = this.row;
    const d = this.digitsShown;
    const { fan_in: inputs, fan_out: units } = this.layerOf;
    const n = this.n;
    const sum = this.path[layer];
    const size = this.layers[layer];
    const value = (what) => this.factors.find((one) => one.what === what)?.value;
    const chain = this.factors.slice(0, -1).filter(({ then }) => then === "×");
    const product = chain.map(({ value }) => sig(value, d)).join(" × ");
    const delta = chain.reduce((total, { value }) => total * value, 1);
    const next = this.layers[this.chosen.layer + 1];
    const index = this.bias ? j : `${i}, ${j}`;
    const share = `${sig(this.share, 3)}`;
    const equations = Object.fromEntries(this.equations.map((one) => [one.link, one]));
    return {
      z: [`z[${k}, ${sum.unit}] = ${sig(sum.z)}`, `${n}×${size.fan_out} = ${n}×${size.fan_in} @ ${size.fan_in}×${size.fan_out}`],
      a: [`a[${k}, ${sum.unit}] = ${sig(sum.active)}`, `${n}×${size.fan_out}`],
      loss: [`loss of this row = ${sig(this.row_loss, 4)}`, `${n} rows, then their mean`],
      da: value("da") === undefined ? null : [`da[${k}, ${j}] = ${sig(value("da"), d)}`, next ? `${n}×${units} = ${n}×${next.fan_out} @ ${next.fan_out}×${units}` : ""],
      slope: [`dz[${k}, ${j}] = ${product} = ${sig(delta)}`, `${n}×${units} = ${n}×${units} * ${n}×${units}`],
      chain: [`dz[${k}, ${j}] = ${sig(this.arrays[`dz${this.last}`][j])}`, `${n}×${units}`],
      product: [`d${this.bias ? "b" : "W"}[${index}] = ${sig(this.gradient)}${n > 1 ? `, of which this row ${share}` : ""}`, this.bias ? `${units}` : `${inputs}×${units} = ${inputs}×${n} @ ${n}×${units}`],
      w: [`${this.bias ? "b" : "W"}[${index}]: ${sig(equations.w.values.w, 4)} → ${sig(equations.w.values["w'"], 4)}`, `rate ${plain(this.learning_rate)}`],
    };
  }
}
