// The gallery: experiments of a minute each, with what there is to watch for. One click begins one.

import { h } from "../live/dom.js";

export function mount(element, { entries }, { ask, tell, advise, status, texts }) {
  let chosen = null;
  let own = "";
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
    own = status().shown;
    advise(entry.see, entry.attempt);
    tell(`${entry.title}. ${entry.see}`);
    document.querySelector("[data-testid=live-view]").scrollIntoView({ block: "start", behavior: "smooth" });
    mark();
  }

  function mark() {
    for (const card of cards) card.setAttribute("aria-pressed", String(card.dataset.entry === chosen?.name));
  }

  // Another run that is no offspring of the experiment ends it: the page's own advice comes back.
  function told(news, run) {
    if (!chosen || !run) return;
    const family = new Set([own]);
    for (const one of news.runs) if (family.has(one.parent)) family.add(one.id);
    if (news.shown === own || family.has(news.shown) || news.runs.length > 1) return;
    if (run.step === 0 && !own) own = news.shown;
    chosen = null;
    advise(texts.see, texts.try);
    mark();
  }

  return { draw: () => {}, told, resize: () => {}, destroy: () => {} };
}
