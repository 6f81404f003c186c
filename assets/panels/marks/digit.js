// The looked-at example as the network gets it: one square a pixel, with a line below that says what it is.

import { Pixels } from "../../live/canvas.js";
import { h, say } from "../../live/dom.js";

export class Digit {
  constructor(theme) {
    this.theme = theme;
    this.frame = h("div", { class: "wil-digit-frame" });
    this.pixels = new Pixels(this.frame);
    this.caption = h("p", { class: "wil-caption" }, "\u00a0");
    this.element = h("div", { class: "wil-digit", role: "img" }, this.frame, this.caption);
  }

  // `image` is (h, w) bytes; `name` is the class that it truly belongs to, none for the learner's own drawing.
  show(image, name) {
    const [height, width] = image.shape;
    this.pixels.show(image, width, height, this.theme.bytes("zero", "ink"));
    this.frame.style.setProperty("--cells", width);
    this.tell(width, height, name === undefined ? "your drawing" : `it is a ${name}`);
  }

  // No picture is there yet; `words` say what to do.
  wait({ shape: [height, width] }, words) {
    this.tell(width, height, words);
  }

  tell(width, height, words) {
    const text = `${width} × ${height} pixels · ${words}`;
    if (text !== this.text) {
      this.text = text;
      say(this.caption, text);
      this.element.setAttribute("aria-label", `The picture that it looks at: ${text}`);
    }
  }
}
