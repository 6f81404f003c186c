// Which pixels matter for the score of one class: blue would raise it if they were darker, orange would lower it.

import { Pixels } from "../live/canvas.js";
import { h, say } from "../live/dom.js";
import { number } from "../live/format.js";
import { classesOf } from "../live/run.js";

export function mount(element, options, { theme, status, tools, aim, light }) {
  const frames = ["the picture", "what each pixel does"].map((caption) => {
    const frame = h("div", { class: "wil-digit-frame" });
    const line = h("p", { class: "wil-caption" }, caption);
    return { pixels: new Pixels(frame), line, element: h("div", { class: "wil-saliency-part" }, frame, line) };
  });
  const low = h("span", {});
  const high = h("span", {});
  const legend = h("div", { class: "wil-legend", "aria-hidden": "true" }, low, h("span", { class: "wil-ramp" }), high);
  const box = h("div", { class: "wil-saliency", role: "img" }, frames.map((frame) => frame.element), legend);
  element.append(box);
  const choice = h("select", { class: "wil-select wil-small", "aria-label": "For which class", onchange: () => choose() });
  tools.append(choice);
  let built = "";
  let last = null;
  const unfollow = light.follow(({ class: lit }) => box.classList.toggle("wil-dim", lit !== undefined && last && last.score !== lit));

  function choose() {
    const score = choice.value === "" ? {} : { score: Number(choice.value) };
    aim({ saliency: score });
  }

  function draw(arrays, scalars) {
    const names = classesOf(status());
    if (built !== names.join()) {
      built = names.join();
      choice.replaceChildren(h("option", { value: "" }, "for its own answer"), ...names.map((name, i) => h("option", { value: i }, `for “${name}”`)));
    }
    const { gradient } = arrays.saliency;
    const { height, width, scale, score, value } = scalars.saliency;
    box.hidden = !height;
    if (!height) return;
    last = { score };
    const bytes = new Uint8Array(gradient.length);
    for (let i = 0; i < gradient.length; i++) bytes[i] = Math.max(1, Math.min(255, Math.round(128 + (127 * gradient[i]) / scale)));
    frames[0].pixels.show(arrays.sample.image, width, height, theme.bytes("zero", "ink"));
    frames[1].pixels.show(bytes, width, height, theme.bytes("negative", "zero", "positive"));
    say(frames[1].line, `for “${names[score]}”, whose score is ${number(value)}`);
    say(low, `against  −${number(scale)}`);
    say(high, `+${number(scale)}  for`);
    box.setAttribute("aria-label", `Which pixels matter for the class ${names[score]}: its score changes by up to ${number(scale)} a pixel.`);
  }

  return { draw, resize() {}, destroy: unfollow };
}
