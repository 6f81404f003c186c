// Presenter mode: for a room, not for a desk. Controls go, numbers grow, and one picture fills the screen by a click on it
// or by its number on the keyboard. Space plays and pauses, the right arrow makes one update, Escape goes back a step.

import { h } from "./dom.js";

const LARGEST = 2.4;
const SMALLEST = 1.55;

export class Presenter {
  // `body` is the page's element, `act` has toggle() and step(), `cards` are the pictures' elements.
  constructor(body, cards, act) {
    Object.assign(this, { body, cards, act });
    this.button = h("button", { class: "wil-link wil-present", type: "button", title: "Large numbers, no controls (key P)", onclick: () => this.begin() }, "Present");
    this.hint = h("p", { class: "wil-present-hint" }, "Space plays and pauses · → makes one update · click a picture, or press its number, to fill the screen · Esc ends");
    this.body.append(this.hint);
    this.onKey = (event) => this.key(event);
    this.onClick = (event) => this.clicked(event);
    document.addEventListener("keydown", this.onKey);
    this.body.addEventListener("click", this.onClick);
  }

  get on() {
    return this.body.classList.contains("wil-presenting");
  }

  begin() {
    this.show(true);
  }

  show(on) {
    this.solo(null);
    this.body.classList.toggle("wil-presenting", on);
    document.documentElement.classList.toggle("wil-stage-only", on);
    dispatchEvent(new Event("resize"));
    if (on) this.body.scrollIntoView({ block: "start" });
  }

  // Lets one picture fill the screen, or none.
  solo(card) {
    for (const other of this.cards) other.classList.toggle("wil-solo", other === card);
    this.body.classList.toggle("wil-one", Boolean(card));
    this.fit(card);
  }

  // As large as the screen allows, but never so small that a picture's numbers fall below 20 pixels.
  fit(card) {
    const room = card?.parentNode ?? this.body.querySelector(".wil-pictures");
    for (const pictures of this.body.querySelectorAll(".wil-pictures")) pictures.style.zoom = "";
    if (!card) return;
    for (let zoom = LARGEST; zoom >= SMALLEST; zoom -= 0.05) {
      room.style.zoom = zoom;
      if (card.getBoundingClientRect().bottom <= innerHeight) return;
    }
  }

  clicked(event) {
    if (!this.on || event.target.closest("button, input, select, a, [tabindex]")) return;
    const card = event.target.closest(".wil-card");
    if (card) this.solo(card.classList.contains("wil-solo") ? null : card);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, select, textarea, [contenteditable], [role=application]")) return;
    if (!this.on) {
      if (event.key === "p" || event.key === "P") this.begin();
      return;
    }
    const shown = this.cards.filter((card) => !card.hidden && !card.querySelector(".wil-neuron-unpinned"));
    if (event.key === "Escape") this.body.classList.contains("wil-one") ? this.solo(null) : this.show(false);
    else if (event.key === " ") this.act.toggle();
    else if (event.key === "ArrowRight") this.act.step();
    else if (event.key >= "1" && event.key <= String(shown.length)) this.solo(shown[Number(event.key) - 1]);
    else return;
    event.preventDefault();
  }

  close() {
    this.show(false);
    document.removeEventListener("keydown", this.onKey);
  }
}
