// The gallery: experiments of a minute each, with what there is to watch for. One click begins one.

import { h } from "../live/dom.js";

const HEADER = 80; // px that the page's header takes at the upper edge, as .wil-advice leaves free

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
    mark();
    bring(entry.repeats);
  }

  // What the experiment is about comes into view: the network, or the pictures of all seeds with the words on them, where
  // both have room; those pictures alone where not.
  function bring(repeats, patience = 20) {
    const advice = document.querySelector(".wil-advice");
    const seeds = document.querySelector(".wil-card-seeds");
    const all = repeats > 1 && seeds?.offsetHeight;
    if (all && patience > 0 && seeds.querySelectorAll(".wil-seed").length !== repeats) return setTimeout(() => bring(repeats, patience - 1), 100);
    const fits = all && seeds.getBoundingClientRect().bottom - advice.getBoundingClientRect().top < innerHeight - HEADER;
    const place = all ? (fits ? advice : seeds) : document.querySelector("[data-testid=live-view]");
    const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
    place.scrollIntoView({ block: "start", behavior });
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
