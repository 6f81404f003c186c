// Presenter mode: for a room, not for a desk. Controls go, numbers grow, and one picture fills the screen by a click on it
// or by its number on the keyboard. Space plays and pauses, the right arrow makes one update, Escape goes back a step.

import { h } from "./dom.js";

const LARGEST = 2.4;
const SMALLEST = 1;
const USUAL = 1.6; // with all pictures on the screen: what is 13 px elsewhere has 20 then
const STEP = 0.05;
const NEED = 640; // px of its own that a page's pictures need in width
const NEEDS = { dots: 800, digits: 900, start: 700, layers: 860, update: 760 }; // and those that need more
const CONTROLS = "button:not(.wil-net-spot), input, select, textarea, a, summary";

export class Presenter {
  // `body` is the page's element, `act` has toggle() and step().
  constructor(body, act) {
    Object.assign(this, { body, act });
    this.button = h("button", { class: "wil-link wil-present", type: "button", title: "Large numbers, no controls (key P)", onclick: () => this.begin() }, "Present");
    const hint = h("span", { class: "wil-present-hint" }, "Space plays and pauses · → makes one update · click a picture, or press its number, to fill the screen · Esc ends");
    const end = h("button", { class: "wil-button wil-small wil-present-end", type: "button", "aria-label": "End presenter mode", onclick: () => this.show(false) }, "End");
    this.body.append(h("div", { class: "wil-present-foot" }, hint, end));
    this.onKey = (event) => this.key(event);
    this.onClick = (event) => this.clicked(event);
    this.onResize = () => this.on && this.fit();
    this.sentence = body.querySelector(".wil-sentence");
    this.pictures = body.querySelector(".wil-stage > .wil-pictures");
    this.foot = body.querySelector(".wil-present-foot");
    this.grown = new ResizeObserver(() => this.on && !this.fits() && this.fit());
    for (const one of [this.sentence, this.pictures]) this.grown.observe(one);
    document.addEventListener("keydown", this.onKey);
    addEventListener("resize", this.onResize);
    this.body.addEventListener("click", this.onClick, true);
  }

  get on() {
    return this.body.classList.contains("wil-presenting");
  }

  // The pictures that have a number, in their order: those that the style sheet shows while none fills the screen.
  get cards() {
    const alone = this.body.classList.contains("wil-one");
    this.body.classList.remove("wil-one");
    const all = this.body.querySelectorAll(".wil-stage > .wil-pictures > .wil-card");
    const shown = [...all].filter((card) => card.checkVisibility());
    this.body.classList.toggle("wil-one", alone);
    return shown;
  }

  begin() {
    this.show(true);
  }

  // The page lies over everything else then. What is below keeps its height, so that it stands where it stood afterwards.
  show(on) {
    const { body } = this;
    body.parentNode.style.minHeight = on ? `${body.parentNode.offsetHeight}px` : "";
    body.classList.toggle("wil-presenting", on);
    document.documentElement.classList.toggle("wil-stage-only", on);
    this.solo(null);
    dispatchEvent(new Event("resize"));
  }

  // Lets one picture fill the screen, or none.
  solo(card) {
    for (const other of this.body.querySelectorAll(".wil-solo")) other.classList.remove("wil-solo");
    card?.classList.add("wil-solo");
    this.body.classList.toggle("wil-one", Boolean(card));
    this.body.scrollTop = 0;
    this.fit();
  }

  // px of the screen between the sentence and the line with the keys.
  left() {
    const above = this.sentence.getBoundingClientRect().bottom + parseFloat(getComputedStyle(this.body).rowGap);
    return this.foot.getBoundingClientRect().top - above - this.body.scrollTop - 8;
  }

  // Whether the pictures' zoom still is the right one: they come later than their page, and a sentence grows.
  fits() {
    return this.pictures.getBoundingClientRect().height < this.room + 2 && Math.abs(this.left() - this.room) < 2;
  }

  // As large as the screen allows: its width, what a page's pictures need of it, and its height.
  fit() {
    const { pictures } = this;
    pictures.style.zoom = "";
    if (!this.on) return;
    const room = (this.room = this.left());
    const one = this.body.querySelector(".wil-solo");
    const whole = !one || one.style.getPropertyValue("--span") === "12"; // else it gains width by being alone
    const need = (whole && NEEDS[this.body.dataset.page.split("-")[0]]) || NEED;
    const most = Math.min(one && !one.matches(".wil-card-network") ? LARGEST : USUAL, innerWidth / need); // a network is its tiles, not its words
    for (let zoom = Math.max(SMALLEST, most); zoom >= SMALLEST; zoom -= STEP) {
      pictures.style.zoom = zoom;
      pictures.style.setProperty("--room", `${room / zoom}px`);
      if (pictures.getBoundingClientRect().height <= room + 1) return;
    }
  }

  // A click on a picture is for the screen, and for nothing in the picture: an input that is touched would start a new run.
  clicked(event) {
    if (!this.on || event.target.closest(CONTROLS)) return;
    const card = this.cards.find((one) => one.contains(event.target));
    if (!card || (this.cards.length === 1 && !card.matches(".wil-solo"))) return;
    event.stopPropagation();
    this.solo(card.classList.contains("wil-solo") ? null : card);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, select, textarea, [contenteditable], [role=application]")) return;
    if (!this.on) {
      if (event.key === "p" || event.key === "P") this.begin();
      return;
    }
    const { cards } = this;
    if (event.key === "Escape") this.body.classList.contains("wil-one") ? this.solo(null) : this.show(false);
    else if (event.key === " ") this.act.toggle();
    else if (event.key === "ArrowRight") this.act.step();
    else if (event.key >= "1" && event.key <= String(cards.length)) this.solo(cards[Number(event.key) - 1]);
    else return;
    event.preventDefault();
  }

  close() {
    this.show(false);
    document.removeEventListener("keydown", this.onKey);
    removeEventListener("resize", this.onResize);
    this.grown.disconnect();
  }
}
