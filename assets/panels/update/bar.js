// The bar of the slow motion: back, play and next through the parts of the stages; which update, and which number.

import { h, say, write } from "../../live/dom.js";
import { count } from "../../live/format.js";

const HEADER = 64; // px that the page's header covers
const MARGIN = 16; // px that a menu keeps from its button and from the edge, together
const TITLES = { forward: "Forward", loss: "Loss", backward: "Backward", update: "Update" };

export class Bar {
  // `on` has back(), toggle(), next(), go(index), choose(chosen), update(step), newest(), find(label, later), row(k), link(withheld), quiz().
  constructor(on, withheld) {
    this.on = on;
    this.back = button("◂ Back", on.back);
    this.play = button("▸ Slow motion", on.toggle);
    this.play.classList.add("wil-primary");
    this.next = button("Next ▸", on.next);
    this.steps = h("div", { class: "wilu-steps", role: "group", "aria-label": "The parts of the update" });
    this.digit = menu("This digit");
    this.weight = menu("Weight");
    this.newest = button("Take the newest", on.newest);
    this.which = h("strong", {}, "–");
    this.buildDigit();
    this.buildWeight(withheld);
    this.element = h(
      "section",
      { class: "wil-controls wilu-stagebar", "aria-label": "Slow motion" },
      h("div", { class: "wil-bar" }, h("div", { class: "wil-buttons" }, this.back, this.play, this.next), h("div", { class: "wilu-place" }, h("span", { class: "wilu-which" }, h("span", {}, "update "), this.which), this.steps), h("div", { class: "wilu-menus" }, this.digit.element, this.weight.element)),
    );
    this.closing = (event) => [this.digit, this.weight].forEach(({ element }) => element.contains(event.target) || (element.open = false));
    document.addEventListener("pointerdown", this.closing);
    this.element.addEventListener("keydown", (event) => event.key === "Escape" && this.shut());
  }

  shut() {
    for (const { element } of [this.digit, this.weight]) if (element.open) {
      element.open = false;
      element.querySelector("summary").focus();
    }
  }

  buildDigit() {
    const { on } = this;
    this.earlier = button("‹ Update before", () => on.update(this.step - 1));
    this.later = button("Update after ›", () => on.update(this.step + 1));
    this.number = h("input", { class: "wilu-input", type: "number", min: 0, step: 1, "aria-label": "Number of the update", onchange: () => this.number.value !== "" && on.update(Number(this.number.value)) });
    this.like = h("select", { class: "wil-select wil-small", "aria-label": "An earlier update on a", onchange: () => this.like.value !== "" && on.find(Number(this.like.value)) });
    this.row = h("input", { class: "wilu-input", type: "number", min: 1, step: 1, "aria-label": "Row of the batch", onchange: () => this.row.value !== "" && on.row(Number(this.row.value) - 1) });
    this.rowField = field("row of the batch", this.row);
    this.found = h("p", { class: "wilu-origin", role: "status" });
    this.digit.body.append(
      h("div", { class: "wil-buttons" }, this.earlier, this.later),
      field("update number", this.number),
      this.rowField,
      field("an earlier one on a", this.like),
      h("div", { class: "wil-buttons" }, this.newest),
      this.found,
    );
  }

  buildWeight(withheld) {
    const { on } = this;
    const send = () => {
      const layer = Number(this.layer.value);
      const array = this.array.value;
      const j = Math.max(0, Math.min(this.model.layers[layer].fan_out - 1, Number(this.to.value)));
      const i = Math.max(0, Math.min(this.model.layers[layer].fan_in - 1, Number(this.from.value)));
      on.choose(array === "b" ? { layer, array, j } : { layer, array, i, j });
    };
    this.layer = h("select", { class: "wil-select wil-small", "aria-label": "Layer", onchange: () => on.choose({ layer: Number(this.layer.value) }) });
    this.array = h("select", { class: "wil-select wil-small", "aria-label": "Weight or bias", onchange: send }, h("option", { value: "W" }, "a weight"), h("option", { value: "b" }, "a bias"));
    this.from = h("input", { class: "wilu-input", type: "number", min: 0, step: 1, "aria-label": "From input", onchange: send });
    this.to = h("input", { class: "wilu-input", type: "number", min: 0, step: 1, "aria-label": "To unit", onchange: send });
    this.fromField = field("from", this.from);
    this.copied = h("p", { class: "wilu-origin", role: "status" });
    this.weight.body.append(
      field("layer", this.layer),
      field("what", this.array),
      this.fromField,
      field("to unit", this.to),
      h("div", { class: "wil-buttons" }, button("The steepest", () => on.choose({ layer: this.model.chosen.layer }))),
      h("hr", {}),
      withheld ? null : button("Leave a number out for me", () => on.quiz()),
      button("Copy a link to this", () => on.link(false)),
      withheld ? null : button("Copy a link without answers", () => on.link(true)),
      this.copied,
    );
  }

  show(model, at, playing, head) {
    this.model = model;
    this.step = model.update;
    say(this.play, playing ? "❚❚ Hold" : "▸ Slow motion");
    write(this.which, `${count(model.update)} → ${count(model.update + 1)}`);
    this.back.disabled = at === 0;
    this.next.disabled = at === model.stages.length - 1;
    const name = model.label === null ? `row ${model.train_row}` : model.arrays.image ? `a ${model.names[model.label]}` : model.names[model.label];
    say(this.digit.summary, `${model.arrays.image ? "This digit" : "This example"}: ${name}`);
    const { layer, i, j } = model.chosen;
    say(this.weight.summary, model.bias ? `Bias: layer ${layer + 1}, ${j}` : `Weight: layer ${layer + 1}, ${i} → ${j}`);
    this.earlier.disabled = model.update === 0;
    this.later.disabled = model.update >= head;
    keep(this.number, model.update);
    keep(this.row, model.row + 1);
    this.rowField.hidden = model.n === 1;
    options(this.like, [["", "…"], ...model.names.map((name, k) => [String(k), name])], "");
    this.like.parentElement.hidden = model.names.length < 2;
    options(this.layer, model.layers.map((one, l) => [String(l), `${l + 1}: ${count(one.fan_in)} → ${count(one.fan_out)}`]), String(layer));
    options(this.array, model.layerOf.bias ? [["W", "a weight"], ["b", "a bias"]] : [["W", "a weight"]], model.bias ? "b" : "W");
    keep(this.from, Math.max(0, i));
    keep(this.to, j);
    this.fromField.hidden = model.bias;
    this.showSteps(model, at);
  }

  showSteps(model, at) {
    if (this.shape !== model.stages.map(({ stage }) => stage).join()) {
      this.shape = model.stages.map(({ stage }) => stage).join();
      this.dots = model.stages.map(({ stage, part, of }, k) => h("button", { class: "wilu-part", type: "button", "aria-label": `${TITLES[stage]}, part ${part + 1} of ${of}`, onclick: () => this.on.go(k) }));
      const groups = Object.keys(TITLES).map((stage) => {
        const own = this.dots.filter((_, k) => model.stages[k].stage === stage);
        return h("div", { class: "wilu-part-group", "data-stage": stage, style: `--parts: ${own.length}` }, h("span", { class: "wilu-part-name" }, TITLES[stage]), h("span", { class: "wilu-parts" }, own));
      });
      this.now = h("span", { class: "wilu-part-now" });
      this.steps.replaceChildren(this.now, ...groups);
    }
    this.dots.forEach((dot, k) => {
      dot.classList.toggle("wilu-past", k < at);
      if (k === at) dot.setAttribute("aria-current", "step");
      else dot.removeAttribute("aria-current");
    });
    const { stage, part, of } = model.stages[at];
    for (const group of this.steps.querySelectorAll(".wilu-part-group")) group.classList.toggle("wilu-part-here", group.dataset.stage === stage);
    say(this.now, `${TITLES[stage]} ${part + 1} / ${of}`);
  }

  destroy() {
    document.removeEventListener("pointerdown", this.closing);
  }
}

function button(name, act) {
  return h("button", { class: "wil-button", type: "button", onclick: act }, name);
}

function field(name, control) {
  return h("label", { class: "wil-field" }, h("span", { class: "wil-label" }, name), control);
}

function menu(name) {
  const summary = h("span", {}, name);
  const body = h("div", { class: "wilu-menu-body" });
  const head = h("summary", { class: "wil-button" }, summary, h("span", { class: "wilu-caret", "aria-hidden": "true" }, "▾"));
  const element = h("details", { class: "wilu-menu", ontoggle: () => place(element, head, body) }, head, body);
  return { summary, body, element };
}

// A menu opens upwards, since its bar mostly stands at the foot of the window; downwards where the page's header would
// cover its first rows and there is more room below. What does not fit at all can be scrolled.
function place(element, head, body) {
  const { top, bottom } = head.getBoundingClientRect();
  const [above, below] = [top - HEADER, innerHeight - bottom].map((room) => room - MARGIN);
  const down = body.scrollHeight > above && below > above;
  element.classList.toggle("wilu-down", down);
  body.style.maxHeight = `${down ? below : above}px`;
}

// A control's value, unless the learner is typing in it.
function keep(input, value) {
  if (document.activeElement !== input) input.value = value;
}

function options(select, list, value) {
  const signature = JSON.stringify(list);
  if (select.signature !== signature) {
    select.signature = signature;
    select.replaceChildren(...list.map(([key, name]) => h("option", { value: key }, name)));
  }
  if (document.activeElement !== select) select.value = value;
}
