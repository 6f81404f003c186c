// The live component: one view a page, which owns the connection, the control bar and the panels of the page.
//
// Streamlit calls `render` at the first showing and again whenever the page's script hands over other data; the view
// stays, so pictures and connection survive every rerun. What comes over the connection is drawn in one loop, at most
// once an animation frame.

import { Controls } from "./controls.js";
import { h, inline, say } from "./dom.js";
import { decode, RunState } from "./frames.js";
import { Light } from "./light.js";
import { Lead } from "./lead.js";
import { Link } from "./link.js";
import { Notice } from "./notice.js";
import { Opening } from "./opening.js";
import { Picture } from "./picture.js";
import { Presenter } from "./present.js";
import { revealSoon } from "./reveal.js";
import { repeats } from "./run.js";
import { RunBar } from "./runbar.js";
import { Sentence } from "./sentence.js";
import { Share } from "./share.js";
import { Slots } from "./slots.js";
import { Theme } from "./theme.js";
import { Timeline } from "./timeline.js";

const DEPTHS = ["watch", "explain", "everything"];
const views = new WeakMap();

// The picture that every page shows where several runs are at work, unless it has one of its own.
const FUTURES = {
  kind: "futures",
  name: "futures",
  title: "Both futures",
  span: 12,
  height: 220,
  grow: 0,
  depth: "watch",
  probes: { curve: { key: "curve", probe: "curve", args: {}, run: "all" } },
  options: {},
};

// Shows `data` (see pages/shared/live.py) in `host` and returns what Streamlit calls when the page goes away.
export function render(host, base, { data, setStateValue, setTriggerValue }) {
  const envelope = data instanceof Uint8Array ? unpack(data) : { spec: data, messages: [], frames: [] };
  let view = views.get(host);
  if (view && view.identity !== identity(envelope.spec)) {
    view.close();
    view = null;
  }
  if (!view) views.set(host, (view = new View(host, base, envelope.spec)));
  view.update(envelope, setStateValue, setTriggerValue);
  return () => {
    view.close();
    views.delete(host);
  };
}

// What makes it another view: the page, the worker and the pictures. Depth and choices only change what is shown.
function identity({ page, token, panels }) {
  return JSON.stringify([page, token, panels]);
}

// What Streamlit carries where the socket is blocked: uint32 length, JSON, and frames each preceded by their length.
function unpack(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const take = (at) => [at + 4, at + 4 + view.getUint32(at, true)];
  let [from, to] = take(0);
  const envelope = JSON.parse(new TextDecoder().decode(bytes.subarray(from, to)));
  envelope.frames = [];
  while (to < bytes.length) {
    [from, to] = take(to);
    envelope.frames.push(bytes.slice(from, to).buffer);
  }
  return envelope;
}

class View {
  constructor(host, base, spec) {
    this.host = host;
    this.base = base;
    this.spec = spec;
    this.identity = identity(spec);
    this.frames = [];
    this.drawn = 0;
    this.undrawn = 0;
    this.runs = new Map();
    this.dirty = new Set();
    this.bus = new EventTarget();
    this.theme = new Theme(spec.tokens, host);
    this.build();
    const url = new URL(`${base}api/live/${encodeURIComponent(spec.token)}`, location.origin);
    url.protocol = url.protocol.replace("http", "ws");
    this.link = new Link(spec.refusal ? null : url.href, {
      frame: (buffer) => this.frames.push(buffer) && this.wake(),
      message: (message) => (message.status ? this.told(message.status) : this.spread("experiment", message.experiment)),
      state: (state, detail) => this.connected(state, detail),
      queued: () => this.mail(),
    }, { data: spec.data, preset: spec.first });
    if (spec.refusal) this.connected("refused", spec.refusal);
    document.fonts.ready.then(() => this.redraw());
  }

  build() {
    const { spec } = this;
    const text = spec.text;
    this.sentence = new Sentence(text);
    this.light = new Light();
    this.notice = new Notice((command) => this.ask(command), text);
    this.pictures = spec.panels.map((panel) => new Picture(panel, this.context(panel)));
    if (spec.timeline !== false) {
      this.timeline = new Timeline({ theme: this.theme, ask: (command) => this.controls.ask(command), text, tables: spec.tables });
      if (!spec.panels.some(({ kind }) => kind === "futures")) {
        const futures = structuredClone(FUTURES);
        this.pictures.push((this.futures = new Picture(futures, this.context(futures))));
      }
    }
    this.controls = new Controls({
      presets: spec.presets,
      more: spec.more,
      ask: (command) => this.ask(command),
      onMore: (open) => {
        this.controls.expand(open);
        this.controls.sheet(false);
        this.setStateValue("more", open);
        this.body.classList.toggle("wil-more-open", open);
        if (open) revealSoon(drawer.length ? ".wil-drawer .wil-plane-row" : ".st-key-choices");
      },
    });
    this.runBar = new RunBar((command) => this.controls.ask(command));
    this.share = new Share({ ask: (command) => this.controls.ask(command), text, home: location.origin + this.base });
    this.runBar.element.append(this.share.button);
    this.opening = new Opening((command) => this.ask(command), text);
    this.notice.element.append(this.opening.element);
    this.announcer = h("div", { class: "wil-sr", role: "status", "aria-live": "polite" });
    this.advice = h("p", { class: "wil-advice" });
    this.advise(text.see, text.try);
    this.lead = text.lead && new Lead(text.lead, text["lead to"], this.base, spec.token);
    const placed = (place) => this.pictures.filter((picture) => (picture.spec.place ?? "page") === place && picture !== this.futures).map((picture) => picture.element);
    const [cards, below, drawer] = ["page", "below", "more"].map(placed);
    this.body = h(
      "div",
      { class: "wil-page", "data-page": spec.page },
      h("h1", { class: "wil-sr" }, spec.title),
      this.sentence.element,
      h("div", { class: "wil-stage" }, h("div", { class: "wil-pictures" }, cards), this.notice.element),
      this.timeline?.element,
      this.futures && h("div", { class: "wil-pictures" }, this.futures.element),
      this.advice,
      this.lead?.element,
      this.controls.element,
      drawer.length ? h("div", { class: "wil-drawer" }, drawer) : null,
      this.opening.verdict,
      this.runBar.element,
      below.length ? h("div", { class: "wil-pictures wil-below" }, below) : null,
      this.share.element,
      this.notice.quiet,
      this.announcer,
    );
    this.host.replaceChildren(this.body);
    this.body.dataset.hide = (spec.hidden ?? []).join(" ");
    this.presenter = new Presenter(this.body, {
      toggle: () => this.controls.toggle(),
      step: () => this.controls.ask({ cmd: "step", n: 1 }),
    });
    this.runBar.element.append(this.presenter.button);
    if (spec.present) this.presenter.begin();
    this.slots = new Slots(spec.page, this.pictures, this.body.querySelector(".wil-pictures"), () => this.rearranged());
    this.body.querySelector(".wil-stage").after(this.slots.element);
    Object.assign(this.host.dataset, { step: "", epoch: "", loss: "", frames: "0", connected: "no" });
  }

  // What a panel may use of the view.
  context(panel) {
    return {
      theme: this.theme,
      base: this.base,
      text: this.spec.text[panel.name] ?? "",
      ask: (command) => this.controls.ask(command),
      status: () => this.status,
      texts: this.spec.text,
      tell: (words) => say(this.announcer, words),
      sentence: (words) => this.sentence.replace(words),
      aim: (args) => this.aim(panel, args),
      light: this.light,
      runs: this.runs,
      bus: this.bus,
      advise: (see, attempt) => this.advise(see, attempt),
    };
  }

  // Other arguments for a panel's probes: {role: arguments}; null for a role that is not wanted now.
  aim(panel, args) {
    for (const [role, given] of Object.entries(args)) panel.probes[role] = { ...panel.probes[role], args: given ?? {}, off: given === null };
    this.subscribe();
  }

  advise(see, attempt) {
    const part = (name, words) => (words ? [h("strong", {}, name), " — ", ...inline(words), " "] : []);
    this.advice.replaceChildren(...part("What you see", see), ...part("Try", attempt));
  }

  update(envelope, setStateValue, setTriggerValue) {
    this.setStateValue = setStateValue;
    this.setTriggerValue = setTriggerValue;
    this.spec = envelope.spec;
    this.controls.expand(envelope.spec.more);
    this.body.classList.toggle("wil-more-open", Boolean(envelope.spec.more));
    if (this.theme.refresh()) this.redraw();
    this.showDepth(envelope.spec.depth);
    if (envelope.acknowledged !== undefined) this.posted(envelope.acknowledged);
    this.link.deliver(envelope.messages, envelope.frames);
  }

  // Shows the pictures of this depth and asks for their numbers only.
  showDepth(depth) {
    if (this.depth === depth) return;
    this.depth = depth;
    const level = DEPTHS.indexOf(depth);
    this.body.dataset.depth = depth;
    this.runBar.deepen(level);
    for (const picture of this.pictures) picture.deepen(level, DEPTHS.indexOf(picture.spec.depth));
    this.timeline?.deepen(level);
    this.presentFutures();
    this.subscribe();
  }

  // Shows the picture of several futures while there are several.
  presentFutures() {
    const wanted = (this.status?.runs.length ?? 0) > 1 && !repeats(this.status);
    if (!this.futures || this.futures.away === !wanted) return false;
    this.futures.away = !wanted;
    this.futures.settle();
    if (wanted && this.status.runs.some(({ head, parent_step: begun }) => head === begun)) revealSoon(".wil-card-futures");
    return true;
  }

  // Other pictures are shown than before: their numbers are asked for.
  rearranged() {
    if (!this.link) return;
    this.subscribe();
    this.redraw();
  }

  subscribe() {
    const probes = new Map();
    for (const picture of this.pictures) {
      if (picture.shown) for (const { key, probe, args, run, off } of Object.values(picture.spec.probes)) if (!off) probes.set(key, { key, probe, args, run });
    }
    if (this.timeline) probes.set("curve", { key: "curve", probe: "curve", args: {}, run: "all" });
    this.link.subscribe([...probes.values()]);
  }

  // Sends a command. A change of settings is for all runs alike where they only repeat one with other seeds.
  ask(command) {
    if (command.cmd === "change" && !command.run && repeats(this.status)) {
      for (const { id } of this.status.runs) if (id !== this.status.shown) this.link.ask({ ...command, run: id });
    }
    return this.link.ask(command);
  }

  // --- what the worker says ------------------------------------------------------------------------------------------

  told(news) {
    const before = this.status;
    const status = (this.status = { runs: [], shown: "", ...news });
    this.run = status.runs.find((run) => run.id === status.shown);
    this.controls.show(status, this.run);
    this.runBar.show(this.run);
    this.notice.show(status, this.run);
    this.timeline?.told(status, this.run);
    this.share.told(status, this.run);
    this.opening.show(status);
    if (this.presentFutures()) this.subscribe();
    for (const picture of this.pictures) picture.told(status, this.run);
    this.announce(before, status);
    if (before?.shown !== status.shown) this.turnTo(status);
  }

  // Another run is shown: forget those that are gone, draw afresh, and let the page's script know.
  turnTo(status) {
    const there = new Set(status.runs.map(({ id }) => id));
    for (const id of this.runs.keys()) if (!there.has(id)) this.runs.delete(id);
    for (const picture of this.pictures) picture.restart();
    this.setStateValue("run", status.shown);
    this.all = true;
    this.wake();
  }

  // State changes are announced; numbers are not.
  announce(before, status) {
    const run = this.run;
    if (!before || !run) return;
    const old = before.runs.find((other) => other.id === before.shown);
    const lines = [];
    if (before.shown !== status.shown) lines.push(this.arrival(before, run));
    if (run.stopped && run.stopped !== old?.stopped) lines.push(run.stopped);
    else if (before.playing !== status.playing) lines.push(status.playing ? "It is learning." : `Paused after ${run.step} update${run.step === 1 ? "" : "s"}.`);
    if (old && old.settings.learning_rate !== run.settings.learning_rate) lines.push(`The learning rate is ${run.settings.learning_rate}.`);
    if (old && old.settings.batch_size !== run.settings.batch_size) lines.push(`The batch size is ${run.settings.batch_size}.`);
    if (lines.length) say(this.announcer, lines.join(" "));
  }

  // Why another run is shown now.
  arrival(before, run) {
    if (before.runs.some(({ id }) => id === run.id)) return `Now showing ${run.title}.`;
    if (run.parent === before.shown && run.parent_step > 0) return `The past stays as it is: this is a new run from update ${run.parent_step} on; the old one is kept.`;
    return "A new run has started.";
  }

  connected(state, detail) {
    this.host.dataset.connected = { socket: "socket", fallback: "fallback" }[state] ?? "no";
    this.notice.connection(state, detail, this.spec.text);
    if (state === "refused" || state === "lost") this.controls.enable(false);
    if (state === "lost") say(this.announcer, "Reconnecting…");
    if (state === "socket" && this.carried) this.carry(false);
    if (state === "fallback") this.carry(true);
    this.spread("connected", state);
  }

  // Tells the panels what concerns some of them.
  spread(name, detail) {
    if (detail) this.bus.dispatchEvent(new CustomEvent(name, { detail }));
  }

  // --- Streamlit as the carrier --------------------------------------------------------------------------------------

  carry(on) {
    this.carried = on;
    this.setStateValue?.("transport", on ? "streamlit" : "socket");
  }

  // Hands the waiting commands to the page's script: one letter at a time, the next when the last was acknowledged.
  mail() {
    if (this.letter || !this.link.queue.length || !this.setTriggerValue) return;
    this.letter = { number: (this.lastLetter = (this.lastLetter ?? 0) + 1), commands: this.link.queue.splice(0) };
    this.setTriggerValue("commands", this.letter);
  }

  posted(number) {
    if (this.letter && number >= this.letter.number) this.letter = null;
    this.mail();
  }

  // --- drawing -------------------------------------------------------------------------------------------------------

  wake() {
    this.pending ??= requestAnimationFrame(() => {
      this.pending = null;
      this.draw();
    });
  }

  redraw() {
    for (const picture of this.pictures) picture.restyle();
    this.timeline?.restyle();
    this.all = true;
    this.wake();
  }

  draw() {
    const frames = this.frames.splice(0);
    for (const buffer of frames) this.absorb(decode(buffer));
    this.undrawn += frames.length;
    this.link.grant(0);
    const run = this.runs.get(this.run?.id);
    if (!run) return;
    if (run.gap) {
      run.gap = false;
      this.link.subscribe([]);
      this.subscribe();
    }
    const past = run.scalars.step < run.scalars.head;
    if (past || this.past) this.dirty.add("curve"); // curves fade beyond the present, which moves without new points
    this.past = past;
    for (const picture of this.pictures) {
      if (picture.shown && (this.all || picture.keys.some((key) => this.dirty.has(key)))) picture.draw(run);
    }
    this.dirty.clear();
    this.all = false;
    this.sentence.draw(run.scalars, this.run, run.probes);
    this.runBar.draw(run.scalars);
    this.timeline?.draw(run, this.runs);
    const { step, epoch, loss, head } = run.scalars;
    this.drawn += this.undrawn ? 1 : 0;
    this.undrawn = 0;
    Object.assign(this.host.dataset, { step, epoch, loss: loss ?? "", head, frames: this.drawn });
  }

  absorb(sections) {
    for (const section of sections) {
      if (!this.runs.has(section.run)) this.runs.set(section.run, new RunState(section.run));
      const keys = this.runs.get(section.run).absorb(section);
      if (section.run === this.run?.id) keys.forEach((key) => this.dirty.add(key));
    }
  }

  close() {
    this.presenter.close();
    this.link.close();
    this.lead?.close();
    if (this.pending) cancelAnimationFrame(this.pending);
    for (const picture of this.pictures) picture.destroy();
    this.timeline?.destroy();
  }
}
