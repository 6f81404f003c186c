// A canvas that is as sharp as the screen: its bitmap follows its size on the page and the device's pixel ratio.

import { h } from "./dom.js";

export class Sheet {
  // Fills `parent`; `redraw` is called when the size has changed.
  constructor(parent, redraw, className = "wil-sheet") {
    this.canvas = h("canvas", { class: className, "aria-hidden": "true" });
    this.pen = this.canvas.getContext("2d");
    this.width = 0;
    this.height = 0;
    parent.append(this.canvas);
    this.observer = new ResizeObserver(() => this.fit() && redraw());
    this.observer.observe(this.canvas);
    this.fit();
  }

  // Takes the size on the page over into the bitmap; true where it has changed.
  fit() {
    const ratio = (window.devicePixelRatio || 1) * (this.canvas.currentCSSZoom ?? 1);
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const changed = width !== this.width || height !== this.height || ratio !== this.ratio;
    if (changed) {
      Object.assign(this, { width, height, ratio });
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
    }
    return changed;
  }

  // A clean pen in CSS pixels.
  clear() {
    this.pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    this.pen.clearRect(0, 0, this.width, this.height);
    return this.pen;
  }

  destroy() {
    this.observer.disconnect();
    this.canvas.remove();
  }
}

// A byte image through a colour scale, one bitmap pixel a value; the style sheet scales it up without smoothing.
export class Pixels {
  constructor(parent, className = "wil-pixels") {
    this.canvas = h("canvas", { class: className, "aria-hidden": "true" });
    this.pen = this.canvas.getContext("2d");
    parent.append(this.canvas);
  }

  size(width, height) {
    if (this.canvas.width !== width || this.canvas.height !== height || !this.image) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.image = this.pen.createImageData(width, height);
      this.colours = new Uint32Array(this.image.data.buffer);
    }
  }

  // `values` are bytes, row by row; `scale` maps each to a packed colour.
  show(values, width, height, scale) {
    this.size(width, height);
    for (let i = 0; i < values.length; i++) this.colours[i] = scale[values[i]];
    this.pen.putImageData(this.image, 0, 0);
  }
}

// Words over a drawing: a rim of the surface's colour keeps lines from striking through them.
export function words(pen, theme, text, x, y) {
  pen.lineJoin = "round";
  pen.lineWidth = 5;
  pen.strokeStyle = theme.colour("surface");
  pen.strokeText(text, x, y);
  pen.fillText(text, x, y);
}
