// The gallery: experiments of a minute each, with what there is to watch for. One click begins one.

import { h } from "../live/dom.js";

export function mount(element, { entries }, { ask, tell, advise, texts }) {
  let chosen = null;
  let own = new Set(); // the experiment's first run, and what was forked from it
  let seen = false;
  const cards = entries.map((entry) =>
    h(
      "button",
      { class: "wil-experiment", type: "button", "data-entry": entry.name, onclick: () => begin(entry) },
      h("strong", {}, entry.title),
      h("span", {}, entry.see),
    ),
  );
  element.append(h("div", { class: "wil-experiments" }, cards));

  async function begin(entry) {
    const reply = await ask({ cmd: "gallery", entry: entry.name });
    if (!reply?.ok) return;
    chosen = entry;
    own = new Set([reply.run]);
    seen = false;
    advise(entry.see, entry.attempt);
    tell(`${entry.title}. ${entry.see}`);
    document.querySelector("[data-testid=live-view]").scrollIntoView({ block: "start", behavior: "smooth" });
    mark();
  }

  function mark() {
    for (const card of cards) card.setAttribute("aria-pressed", String(card.dataset.entry === chosen?.name));
  }

  // Once no run of the experiment is there any more, the page's own advice comes back.
  function told(news) {
    if (!chosen) return;
    for (const { id, parent } of news.runs) if (own.has(parent)) own.add(id);
    const there = news.runs.some(({ id }) => own.has(id));
    if (there) seen = true;
    if (there || !seen) return;
    chosen = null;
    advise(texts.see, texts.try);
    mark();
  }

  return { draw: () => {}, told, resize: () => {}, destroy: () => {} };
}
