// A picture is a card with one panel in it. The card has its size from the first frame on; its panel's module is loaded
// by name, so that a new kind of panel is a new file and nothing else.

import { h, inline } from "./dom.js";

// A connection that drops for a moment leaves no empty card: the module is asked for again, each time a little later.
async function panelOf(kind, attempt = 0) {
  try {
    return await import(`../panels/${kind}.js${attempt ? `?attempt=${attempt}` : ""}`);
  } catch (problem) {
    if (!(problem instanceof TypeError) || attempt === 6) throw problem; // a TypeError here is a failed request
    await new Promise((later) => setTimeout(later, 500 * 2 ** attempt));
    return panelOf(kind, attempt + 1);
  }
}

export class Picture {
  // `spec` is {kind, name, title, span, rows, depth, probes: {role: {key, probe, args}}, options}.
  constructor(spec, context) {
    this.spec = spec;
    this.context = context;
    this.keys = Object.values(spec.probes).map(({ key }) => key);
    this.shown = true;
    this.content = h("div", { class: "wil-panel" });
    this.tools = h("div", { class: "wil-tools" });
    this.explanation = h("p", { class: "wil-explain" }, inline(context.text));
    this.element = h(
      "section",
      { class: `wil-card wil-card-${spec.kind}`, style: `--span: ${spec.span}; --height: ${spec.height}px; --grow: ${spec.grow}px`, "aria-label": spec.title },
      h("header", { class: "wil-card-head" }, h("h2", { class: "wil-card-title" }, spec.title), this.tools),
      this.content,
      this.explanation,
    );
    this.load();
  }

  async load() {
    const { mount } = await panelOf(this.spec.kind);
    if (this.gone) return;
    this.panel = mount(this.content, this.spec.options, {
      ...this.context,
      tools: this.tools,
      explain: (words) => this.explanation.replaceChildren(...inline(words)),
    });
    if (this.level !== undefined) this.panel.deepen?.(this.level);
    if (this.status) this.panel.told?.(this.status, this.run);
    if (this.state) this.draw(this.state);
    this.settle();
  }

  // At each depth a picture is there or not, with its explanation or without.
  deepen(level, least) {
    this.deepEnough = level >= least;
    this.settle();
    this.explanation.hidden = level < 1 || !this.context.text;
    this.level = level;
    this.panel?.deepen?.(level);
  }

  told(status, run) {
    Object.assign(this, { status, run });
    this.panel?.told?.(status, run);
    if (this.panel?.fits) this.settle();
  }

  // It is shown at its depth, unless the learner has put another picture in its place or it has nothing to show of the run.
  settle() {
    if (this.deepEnough === undefined) return;
    this.shown = this.deepEnough && !this.away && (this.panel?.fits?.(this.run) ?? true);
    this.element.hidden = !this.shown;
  }

  // Hands the panel what its roles' probes brought, and the run's own numbers as role "run".
  draw(state) {
    this.state = state;
    if (!this.panel) return;
    const arrays = {};
    const scalars = { run: state.scalars };
    for (const [role, { key, off }] of Object.entries(this.spec.probes)) {
      if (off) continue;
      if (!(key in state.probes)) return;
      arrays[role] = state.probes[key].arrays;
      scalars[role] = state.probes[key].scalars;
    }
    this.panel.draw(arrays, scalars);
  }

  restart() {
    this.state = null;
    this.panel?.restart?.();
  }

  restyle() {
    this.panel?.resize();
  }

  destroy() {
    this.gone = true;
    this.panel?.destroy();
  }
}
