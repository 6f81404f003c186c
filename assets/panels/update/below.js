// Below the fold: the outer product as a picture, the delta of every layer, and the check of every array.

import { Sheet } from "../../live/canvas.js";
import { h, say } from "../../live/dom.js";
import { count } from "../../live/format.js";
import { sig } from "./numbers.js";

export class Below {
  constructor(theme, words, choose) {
    Object.assign(this, { theme, words, choose });
    this.productTitle = h("h2", { class: "wil-card-title" });
    this.productRoom = h("div", { class: "wilu-product", role: "img" });
    this.product = new Sheet(this.productRoom, () => this.paintProduct());
    this.deltas = h("div", { class: "wilu-deltas" });
    this.table = h("tbody", {});
    this.rule = h("p", { class: "wilu-origin" });
    this.checkTitle = h("strong", {}, "The check, every number");
    this.sheets = [];
    const summary = h("summary", {}, "Below: the outer product, the delta of every layer, the check of every array");
    this.element = h(
      "details",
      { class: "wilu-below", ontoggle: () => this.element.open && this.paint() },
      summary,
      h(
        "section",
        { class: "wil-card wilu-below-card", "aria-label": "The whole layer at once" },
        h("div", {}, this.productTitle, this.productRoom),
        h("div", {}, h("h2", { class: "wil-card-title" }, h("strong", {}, "Delta of every layer "), "dz, how the loss leans on each unit’s weighted sum"), this.deltas),
        h(
          "div",
          {},
          h("h2", { class: "wil-card-title" }, this.checkTitle),
          h("table", { class: "wilu-checks" }, h("thead", { class: "wil-sr" }, h("tr", {}, ["array", "shape", "relative error", "verdict"].map((name) => h("th", { scope: "col" }, name)))), this.table),
          this.rule,
        ),
      ),
    );
  }

  show(model, rows) {
    this.model = model;
    this.rows = rows;
    const { fan_in: inputs, fan_out: units } = model.layerOf;
    const shape = rows ? `x⊤ @ dz = dW, ${count(inputs)} × ${count(units)}` : `dz @ x⊤ = dW, ${count(units)} × ${count(inputs)}`;
    this.productTitle.replaceChildren(h("strong", {}, "The outer product "), model.n > 1 ? `${shape}, this row’s share` : shape);
    this.productRoom.setAttribute("aria-label", `Every weight's gradient in layer ${model.chosen.layer + 1}: what came in times how the loss leans on each unit`);
    if (this.sheets.length !== model.layers.length) {
      this.sheets.forEach(({ sheet }) => sheet.destroy());
      this.sheets = model.layers.map(() => {
        const name = h("p", { class: "wilu-apart" });
        const room = h("div", { class: "wilu-delta", role: "img" });
        return { name, room, sheet: new Sheet(room, () => this.paintDeltas()) };
      });
      this.deltas.replaceChildren(...this.sheets.flatMap(({ name, room }) => [name, room]));
    }
    model.layers.forEach(({ fan_out: units }, l) => {
      const values = model.arrays[`dz${l}`];
      const most = Math.max(...values.map(Math.abs));
      const what = l === model.last ? (model.loss_name === "mse" ? "outputs" : "outputs: belief − truth") : "units";
      this.sheets[l].name.replaceChildren(h("span", {}, `layer ${l + 1}, ${count(units)} ${what}`), h("span", { class: "wilu-origin" }, `tallest ${sig(most)}`));
      this.sheets[l].room.setAttribute("aria-label", `Delta of layer ${l + 1}: ${units} values, the largest ${sig(most)}`);
    });
    this.paint();
  }

  paint() {
    this.paintProduct();
    this.paintDeltas();
  }

  paintDeltas() {
    if (!this.model) return;
    const { theme, model } = this;
    this.sheets.forEach(({ sheet }, l) => {
      const pen = sheet.clear();
      if (!sheet.width) return;
      const values = model.arrays[`dz${l}`];
      const most = Math.max(...values.map(Math.abs), 1e-30);
      const middle = sheet.height / 2;
      const step = sheet.width / values.length;
      values.forEach((value, unit) => {
        const tall = (Math.abs(value) / most) * (middle - 3);
        pen.fillStyle = theme.colour(value > 0 ? "positive" : "negative");
        pen.fillRect(unit * step + step * 0.1, value > 0 ? middle - tall : middle, Math.max(0.8, step * 0.8), tall);
        if (l === model.chosen.layer && unit === model.chosen.j) {
          pen.strokeStyle = theme.colour("ink");
          pen.lineWidth = 1.5;
          pen.strokeRect(unit * step - 1, value > 0 ? middle - tall - 2 : middle - 2, Math.max(4, step + 2), tall + 4);
        }
      });
      pen.fillStyle = theme.colour("line");
      pen.fillRect(0, Math.round(middle), sheet.width, 1);
    });
  }

  // Rows are inputs and columns units, or the other way round in the columns view; dz and x stand along the edges.
  paintProduct() {
    const pen = this.product.clear();
    const { width, height } = this.product;
    if (!this.model || !width) return;
    const { theme, model, rows } = this;
    const { layer, i, j } = model.chosen;
    const x = layer ? model.arrays[`a${layer - 1}`] : model.arrays.x;
    const dz = model.arrays[`dz${layer}`];
    const [down, across] = rows ? [x, dz] : [dz, x];
    const edge = 46;
    const foot = 20;
    const [w, t] = [width - edge, height - edge - foot];
    const scale = quantile(x, 0.98) * quantile(dz, 0.98) || Math.max(...x.map(Math.abs)) * Math.max(...dz.map(Math.abs)) || 1;
    const colours = theme.bytes("negative", "zero", "positive");
    const picture = pen.createImageData(across.length, down.length);
    const out = new Uint32Array(picture.data.buffer);
    for (let r = 0; r < down.length; r++) {
      for (let c = 0; c < across.length; c++) out[r * across.length + c] = colours[Math.max(0, Math.min(255, Math.round(127.5 * (1 + (down[r] * across[c]) / scale))))];
    }
    const store = (this.store ??= document.createElement("canvas"));
    store.width = across.length;
    store.height = down.length;
    store.getContext("2d").putImageData(picture, 0, 0);
    pen.imageSmoothingEnabled = down.length > t || across.length > w;
    pen.drawImage(store, edge, edge, w, t);
    this.edges(pen, across, edge, w, true, rows);
    this.edges(pen, down, edge, t, false, !rows);
    const [r, c] = rows ? [i, j] : [j, i];
    if (r >= 0 && c >= 0) {
      pen.strokeStyle = theme.colour("ink");
      pen.lineWidth = 1.5;
      const [side, tall] = [Math.max(6, w / across.length), Math.max(6, t / down.length)];
      pen.strokeRect(edge + ((c + 0.5) * w) / across.length - side / 2, edge + ((r + 0.5) * t) / down.length - tall / 2, side, tall);
    }
    pen.fillStyle = theme.colour("muted");
    pen.font = theme.font(13);
    pen.textAlign = "left";
    pen.fillText(`colour full at ±${sig(scale, 2)}`, edge, height - 5);
    pen.fillText(rows ? "dz" : "x", 8, edge - 16);
    pen.fillText(rows ? "x" : "dz", 8, edge + 12);
  }

  edges(pen, values, edge, length, top, signed) {
    const most = Math.max(...values.map(Math.abs), 1e-30);
    const step = length / values.length;
    values.forEach((value, k) => {
      const tall = (Math.abs(value) / most) * (signed ? 16 : 26);
      pen.fillStyle = this.theme.colour(!signed ? "fill" : value > 0 ? "positive" : "negative");
      if (top) pen.fillRect(edge + k * step, signed ? (value > 0 ? 22 - tall : 22) : 40 - tall, Math.max(0.6, step * 0.8), tall);
      else pen.fillRect(signed ? (value > 0 ? 24 : 24 - tall) : 42 - tall, edge + k * step, tall, Math.max(0.6, step * 0.8));
    });
  }

  // The arrays of the check: [{name, shape, error, limit, checked, size, ready}].
  check({ arrays, limit }) {
    const total = arrays.reduce((sum, { size }) => sum + size, 0);
    say(this.checkTitle, `The check, all ${count(total)} numbers`);
    say(this.rule, this.words.plain("check error", { limit: sig(limit, 1) }));
    while (this.table.rows.length > arrays.length) this.table.deleteRow(-1);
    arrays.forEach((entry, k) => {
      const row = this.table.rows[k] ?? this.table.appendChild(h("tr", {}, h("th", { scope: "row" }), h("td", {}), h("td", { class: "wilu-figures" }), h("td", {})));
      const wrong = entry.error > limit;
      say(row.cells[0], entry.name);
      say(row.cells[1], entry.checked < entry.whole ? `${count(entry.checked)} of ${count(entry.whole)}` : entry.shape);
      say(row.cells[2], entry.done ? (entry.error ? sig(entry.error, 2) : "0") : "…");
      say(row.cells[3], entry.done ? (wrong ? "✗" : "✓") : "");
      row.className = wrong ? "wilu-wrong" : "";
    });
  }

  destroy() {
    this.product.destroy();
    this.sheets.forEach(({ sheet }) => sheet.destroy());
  }
}

function quantile(values, share) {
  const sizes = Array.from(values, Math.abs).sort((one, other) => one - other);
  return sizes[Math.floor(share * (sizes.length - 1))] ?? 0;
}
