// Every run of the workbench: a small curve, its data and settings, the best it has reached; to open, name or delete.

import { Sheet } from "../live/canvas.js";
import { h, inline, say } from "../live/dom.js";
import { count, day } from "../live/format.js";

const DAY = 86400;
const EVERY = 4000; // ms between two looks while runs learn

export function mount(element, options, { theme, ask, status, runs, texts, tools, base }) {
  const list = h("div", { class: "wil-myrun-list", role: "list" });
  const empty = h("p", { class: "wil-explain", role: "status" }, texts.loading);
  const outcome = h("p", { class: "wil-myrun-outcome", role: "status" });
  element.append(empty, list);
  tools.append(outcome);
  let cards = new Map();
  let signature = "";
  let asking = false;
  let asked = 0;
  let said = null; // the run that the outcome speaks of

  async function refresh() {
    if (asking) return;
    asking = true;
    asked = performance.now();
    const reply = await ask({ cmd: "runs" });
    asking = false;
    if (!reply?.ok) return;
    empty.hidden = reply.runs.length > 0;
    say(empty, texts.none);
    const shown = status()?.shown;
    const kept = new Map();
    for (const run of reply.runs) {
      const card = cards.get(run.id) ?? new Card(run.id, theme, ask, texts, refresh, { compare, toCompare });
      card.show(run, run.id === shown, live(run.id));
      kept.set(run.id, card);
    }
    for (const [id, card] of cards) if (!kept.has(id)) card.destroy();
    cards = kept;
    const wanted = [...kept.values()].map((card) => card.element);
    if (wanted.some((one, i) => list.children[i] !== one) || list.children.length !== wanted.length) list.replaceChildren(...wanted);
  }

  // Puts a run beside the shown one, which stays the shown one, and says so, since all of it is to be seen on another page.
  async function compare(id, name) {
    const { shown } = status();
    for (const command of [{ cmd: "show", run: id, beside: true }, { cmd: "show", run: shown }]) if (!(await ask(command))?.ok) return;
    said = id;
    outcome.replaceChildren(...inline(texts["put-beside"], () => h("span", {}, name)), " ", toCompare());
  }

  // The way to the page where runs stand side by side.
  function toCompare() {
    const url = new URL("compare", location.origin + base);
    url.search = new URLSearchParams({ run: new URLSearchParams(location.search).get("run") });
    return h("a", { href: url.href, target: "_self" }, texts["to-compare"]);
  }

  // How far a run is, for one that is loaded; the list has what was stored of it.
  function live(id) {
    return runs.get(id)?.scalars.head ?? status()?.runs.find((run) => run.id === id)?.head;
  }

  // While runs learn, their updates count at once and the list follows them slowly.
  function follow() {
    for (const [id, card] of cards) card.tell(live(id));
    if (performance.now() - asked > EVERY) refresh();
  }

  return {
    draw: follow,
    told: (news) => {
      const now = news.runs.map(({ id, name, head }) => [id, name, news.playing ? 0 : head]).join() + news.shown;
      if (now === signature) return;
      signature = now;
      if (said === news.shown || !news.runs.some(({ id }) => id === said)) outcome.replaceChildren();
      refresh();
    },
    resize: () => cards.forEach((card) => card.paint()),
    restart: () => {},
    destroy: () => cards.forEach((card) => card.destroy()),
  };
}

class Card {
  constructor(id, theme, ask, texts, changed, { compare, toCompare }) {
    Object.assign(this, { id, theme, ask, texts, changed });
    this.room = h("div", { class: "wil-myrun-curve", role: "img" });
    this.name = h("input", { class: "wil-myrun-name", type: "text", maxlength: 80, title: texts.rename, placeholder: texts.unnamed, "aria-label": "Name of the run", onchange: () => this.rename() });
    this.facts = h("p", { class: "wil-myrun-facts" });
    this.best = h("p", { class: "wil-myrun-best" });
    this.notice = h("p", { class: "wil-myrun-notice", hidden: true });
    this.open = h("button", { class: "wil-button", type: "button", onclick: () => this.ask({ cmd: "show", run: id }) }, "Open");
    this.beside = h("button", { class: "wil-button", type: "button", title: texts.beside, onclick: () => compare(id, this.name.value || this.name.placeholder) }, "Compare");
    this.remove = h("button", { class: "wil-button", type: "button", onclick: () => this.delete() }, "Delete");
    this.reason = h("p", { class: "wil-myrun-reason" }, (this.because = h("span", {})), " ", (this.way = toCompare()));
    this.element = h(
      "article",
      { class: "wil-myrun", role: "listitem" },
      this.room,
      h("div", { class: "wil-myrun-words" }, this.name, h("span", { class: "wil-myrun-pencil", "aria-hidden": "true" }, "✎"), this.facts, this.best, this.notice),
      h("div", { class: "wil-myrun-acts" }, this.open, this.beside, this.remove, this.reason),
    );
    this.sheet = new Sheet(this.room, () => this.paint());
  }

  show(run, shown, head) {
    this.run = run;
    if (document.activeElement !== this.name) this.name.value = run.name;
    this.name.placeholder = run.title || this.texts.unnamed;
    this.element.classList.toggle("wil-myrun-shown", shown);
    const settings = run.problem || [run.data, ...run.settings].join(" · ");
    const changes = run.changes ? ` · changed ${run.changes === 1 ? "once" : `${count(run.changes)} times`}` : "";
    const marks = run.bookmarks ? ` · ${run.bookmarks} bookmark${run.bookmarks > 1 ? "s" : ""}` : "";
    say(this.facts, settings + changes + marks);
    const value = run.best === null ? null : run.measure === "accuracy" ? `best ${(100 * run.best).toFixed(1)} of 100 right` : `least loss ${run.best}`;
    this.reached = run.curve.length > 1 && value ? `${value} after ${count(run.best_step)}` : "";
    this.tell(head);
    this.notice.hidden = !run.expires;
    if (run.expires) this.notice.replaceChildren(...inline(this.texts.expires, () => h("strong", {}, day(run.expires))));
    say(this.open, shown ? "Shown now" : "Open");
    this.open.disabled = shown;
    const why = shown ? this.texts["is-shown"] : this.texts["is-beside"];
    this.beside.disabled = this.remove.disabled = run.loaded;
    this.beside.title = run.loaded ? "" : this.texts.beside;
    say(this.because, run.loaded ? why : "");
    this.way.hidden = !run.loaded || shown;
    this.room.setAttribute("aria-label", `Small curve: ${this.reached || "too little measured yet"}`);
    this.paint();
  }

  // How far the run is: `head` where that is known better than the list knows it.
  tell(head) {
    const { run, reached } = this;
    if (!run) return;
    const updates = Math.max(head ?? 0, run.head);
    say(this.best, [`${count(updates)} update${updates === 1 ? "" : "s"}`, reached, since(run.updated)].filter(Boolean).join(" · "));
  }

  async rename() {
    const name = this.name.value.trim();
    if (name) await this.ask({ cmd: "rename", run: this.id, name });
    this.changed();
  }

  // Deleting asks once more, in place.
  async delete() {
    if (!this.sure) {
      this.sure = true;
      say(this.remove, "Really delete");
      this.remove.classList.add("wil-danger");
      this.timer = setTimeout(() => this.calm(), 4000);
      return;
    }
    this.calm();
    await this.ask({ cmd: "delete", run: this.id });
    this.changed();
  }

  calm() {
    clearTimeout(this.timer);
    this.sure = false;
    say(this.remove, "Delete");
    this.remove.classList.remove("wil-danger");
  }

  paint() {
    const pen = this.sheet.clear();
    const { width, height } = this.sheet;
    const points = this.run?.curve ?? [];
    pen.strokeStyle = this.theme.colour("line");
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(0, height - 0.5);
    pen.lineTo(width, height - 0.5);
    pen.stroke();
    if (!width || points.length < 2) return;
    const end = Math.max(1, points[points.length - 1][0]);
    const top = this.run.measure === "accuracy" ? 1 : Math.max(...points.map(([, value]) => value)) || 1;
    pen.strokeStyle = this.theme.colour("fill");
    pen.lineWidth = 1.75;
    pen.lineJoin = "round";
    pen.beginPath();
    for (const [step, value] of points) pen.lineTo(3 + ((width - 6) * step) / end, height - 4 - (height - 8) * Math.min(1, value / top));
    pen.stroke();
  }

  destroy() {
    clearTimeout(this.timer);
    this.sheet.destroy();
    this.element.remove();
  }
}

// How long ago, in words.
function since(seconds) {
  const days = Math.floor((Date.now() / 1000 - seconds) / DAY);
  if (days < 1) return "used today";
  return days === 1 ? "used yesterday" : `used ${days} days ago`;
}
