// The course: nine lessons in a row, one of them on the screen, and the record of what was guessed and what came out.

import { h } from "../live/dom.js";
import { Lesson } from "../lessons/lesson.js";
import { Overview } from "../lessons/overview.js";

export function mount(element, options, context) {
  const course = new Course(element, options, context);
  return {
    draw: () => {},
    deepen: (level) => course.deepen(level),
    told: () => course.lesson?.wonder(),
    resize: () => course.restyle(),
    destroy: () => course.destroy(),
  };
}

class Course {
  constructor(element, { lessons, first }, context) {
    Object.assign(this, { element, lessons, context, first, record: [] });
    element.classList.add("wil-lesson");
    element.dataset.testid = "lesson";
    this.steps = h("ol", { class: "wil-steps" });
    this.title = h("span", { class: "wil-steps-title" });
    this.phases = h("p", { class: "wil-phases", "aria-label": "Predict, run, reveal" });
    this.listButton = h("button", { class: "wil-link wil-course-list", type: "button", onclick: () => this.overview() }, "All lessons", h("span", { class: "wil-wide" }, " and your record"));
    this.room = h("div", { class: "wil-lesson-room" });
    element.append(
      h("header", { class: "wil-course-head" }, h("nav", { class: "wil-course", "aria-label": "Lessons" }, this.steps, this.title, this.listButton), this.phases),
      this.room,
    );
    this.heard = ({ detail }) => this.lesson?.heard(detail);
    this.connected = ({ detail }) => (detail === "socket" || detail === "fallback") && this.resume();
    context.bus.addEventListener("experiment", this.heard);
    context.bus.addEventListener("connected", this.connected);
    this.resume();
  }

  // Looks again what is there, after every connection.
  async resume() {
    const reply = await this.context.ask({ cmd: "answers" });
    if (!reply.ok) return;
    this.record = reply.answers;
    if (!this.lesson && !this.listed) this.go(this.beginning());
    else this.lesson?.open();
  }

  // The lesson that the address asks for, the one on the screen before a reload, or the first that is not done.
  beginning() {
    const kept = JSON.parse(sessionStorage.getItem("wil-lesson") ?? "null");
    if (kept && kept.first === this.first && this.find(kept.name)) return kept.name;
    if (this.find(this.first)) return this.first;
    return (this.lessons.find(({ name }) => !this.answerTo(name)) ?? this.lessons[0]).name;
  }

  find(name) {
    return this.lessons.find((lesson) => lesson.name === name);
  }

  // The last answer to a lesson's question whose truth is known.
  answerTo(name) {
    return this.record.findLast(({ key, truth }) => key === `${name}/question` && truth !== null);
  }

  go(name) {
    const number = this.lessons.findIndex((lesson) => lesson.name === name);
    const next = this.lessons[number + 1];
    this.leave();
    this.listed = false;
    sessionStorage.setItem("wil-lesson", JSON.stringify({ name, first: this.first }));
    this.lesson = new Lesson(this.lessons[number], {
      ...this.context,
      phase: (phase) => this.showPhase(phase),
      recorded: (record) => {
        this.record = record;
        this.drawSteps(number);
      },
      next: next && { title: next.title, go: () => this.go(next.name) },
      finish: () => this.overview(),
    });
    this.room.replaceChildren(this.lesson.element);
    this.element.dataset.lesson = name;
    this.drawSteps(number);
    this.lesson.open();
  }

  overview() {
    this.leave();
    this.listed = true;
    this.element.dataset.lesson = "";
    this.drawSteps(-1);
    this.phases.replaceChildren();
    const overview = new Overview(this.lessons, this.record, this.context.texts, (name) => this.go(name));
    this.room.replaceChildren(overview.element);
  }

  leave() {
    this.lesson?.destroy();
    this.lesson = null;
  }

  // One mark a lesson: done, here, or to come. On a phone these are bars with the title below.
  drawSteps(here) {
    const focused = this.steps.contains(document.activeElement);
    this.steps.replaceChildren(
      ...this.lessons.map(({ name, title }, i) => {
        const done = Boolean(this.answerTo(name));
        const state = i === here ? "here" : done ? "done" : "open";
        const label = `Lesson ${i + 1}: ${title}${done ? ", done" : ""}`;
        const button = h(
          "button",
          { class: "wil-step", type: "button", title, "aria-label": label, "aria-current": i === here ? "step" : false, onclick: () => this.go(name) },
          state === "done" ? "✓" : String(i + 1),
        );
        return h("li", { class: `wil-step-${state}` }, button);
      }),
    );
    if (focused) this.steps.querySelector("[aria-current]")?.focus();
    const lesson = this.lessons[here];
    this.title.replaceChildren(...(lesson ? [h("span", { class: "wil-steps-count" }, `${here + 1} of ${this.lessons.length} · `), lesson.title] : []));
  }

  showPhase(phase) {
    this.element.dataset.phase = phase;
    const names = ["Predict", "Run", "Reveal"];
    this.phases.replaceChildren(
      ...names.flatMap((name, i) => [i ? h("span", { class: "wil-phase-arrow", "aria-hidden": "true" }, " → ") : null, h("span", { class: name.toLowerCase() === phase ? "wil-phase wil-phase-now" : "wil-phase" }, name)]).filter(Boolean),
    );
  }

  // At the deepest level the exact choices of every run are shown; from the second on, how guesses are marked.
  deepen(level) {
    this.element.dataset.level = level;
  }

  restyle() {
    this.lesson?.restyle();
  }

  destroy() {
    this.leave();
    this.context.bus.removeEventListener("experiment", this.heard);
    this.context.bus.removeEventListener("connected", this.connected);
  }
}
