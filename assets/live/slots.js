// Which of a page's pictures are shown. A page begins with its own few; the learner can put another one in a picture's
// place, add one, and take it away again. A picture takes over the size of the place that it is put in, so that nothing
// else moves. What was chosen stays for this tab.

import { h } from "./dom.js";

export class Slots {
  // `pictures` are the page's; those with the option `spare` are away at first, those that are `anchored` stay as they are.
  // `grid` holds their elements; `changed` is called when others are shown.
  constructor(page, pictures, grid, changed) {
    this.store = `wil-pictures-${page}`;
    this.grid = grid;
    this.changed = changed;
    this.pictures = pictures.filter(({ spec, element }) => !spec.options.anchored && element.parentNode === grid);
    this.menu = h("select", { class: "wil-select wil-small", "aria-label": "Add a picture", onchange: () => this.add(this.menu.value) });
    this.element = h("div", { class: "wil-add", hidden: true }, this.menu);
    if (!this.pictures.some(({ spec }) => spec.options.spare)) return;
    for (const picture of this.pictures) this.equip(picture);
    const own = this.pictures.filter(({ spec }) => !spec.options.spare).map(({ spec }) => ({ name: spec.name }));
    this.places = this.recalled(own).map((place, i) => ({ ...place, size: sizeOf(this.named((own[i] ?? place).name).spec) }));
    this.arrange();
  }

  // Gives a picture's card the menu that puts another one in its place, and the cross that takes it away.
  equip(picture) {
    const select = h("select", { "aria-label": `Show another picture instead of: ${picture.spec.title}`, onchange: () => this.swap(picture, select.value) });
    const swap = h("span", { class: "wil-swap", title: "Show another picture here" }, h("span", { "aria-hidden": "true" }, "⇄"), select);
    const cross = h("button", { class: "wil-cross", type: "button", title: "Take this picture away", onclick: () => this.remove(picture) }, "×", h("span", { class: "wil-sr" }, ` Take away: ${picture.spec.title}`));
    picture.element.querySelector(".wil-card-title").append(h("span", { class: "wil-card-place" }, swap, cross));
    picture.place = { select, swap, cross };
  }

  named(name) {
    return this.pictures.find(({ spec }) => spec.name === name);
  }

  swap(picture, name) {
    const place = this.places.find((one) => one.name === picture.spec.name);
    if (!name) return;
    place.name = name;
    this.arrange();
    this.named(name).place.select.focus();
  }

  add(name) {
    const picture = this.named(name);
    this.places.push({ name, added: true, size: sizeOf(picture.spec) });
    this.arrange();
    picture.element.scrollIntoView({ block: "nearest" });
  }

  remove(picture) {
    this.places = this.places.filter(({ name }) => name !== picture.spec.name);
    this.arrange();
    this.menu.focus();
  }

  arrange() {
    const spare = this.pictures.filter(({ spec }) => !this.places.some(({ name }) => name === spec.name));
    const options = (first) => [h("option", { value: "" }, first), ...spare.map(({ spec }) => h("option", { value: spec.name }, spec.title))];
    for (const picture of spare) picture.away = true;
    let before = null;
    for (const { name, added, size } of this.places) {
      const picture = this.named(name);
      const { element, place } = picture;
      picture.away = false;
      for (const [variable, value] of Object.entries(size)) element.style.setProperty(variable, value);
      place.select.replaceChildren(...options(picture.spec.title));
      place.swap.hidden = !spare.length;
      place.cross.hidden = !added;
      if (before) before.after(element);
      else this.grid.prepend(element);
      before = element;
    }
    this.menu.replaceChildren(...options("Add a picture …"));
    this.element.hidden = !spare.length;
    for (const picture of this.pictures) picture.settle();
    sessionStorage.setItem(this.store, JSON.stringify(this.places.map(({ name, added }) => ({ name, added }))));
    this.changed();
  }

  // What this tab showed last, if all of it is still there; else the page's own pictures.
  recalled(own) {
    try {
      const kept = JSON.parse(sessionStorage.getItem(this.store));
      const names = kept.map(({ name }) => name);
      if (names.every((name) => this.named(name)) && new Set(names).size === names.length && kept.length >= own.length) return kept;
    } catch {
      // nothing, or nothing of ours, was kept
    }
    return own;
  }
}

function sizeOf({ span, height, grow }) {
  return { "--span": span, "--height": `${height}px`, "--grow": `${grow}px` };
}
