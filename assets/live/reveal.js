// Scrolls, up or down only as far as needed, to what the control bar at the lower edge would hide.

const ABOVE = 80; // px for the page's header
const BELOW = 24; // px between what is revealed and the control bar

export function reveal(element) {
  let scroller = element.parentElement;
  while (scroller && !/auto|scroll/.test(getComputedStyle(scroller).overflowY)) scroller = scroller.parentElement;
  const { top, bottom } = element.getBoundingClientRect();
  const room = innerHeight - (document.querySelector(".wil-controls")?.offsetHeight ?? 0) - BELOW;
  const by = Math.min(top - ABOVE, Math.max(0, bottom - room));
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  (scroller ?? document.scrollingElement).scrollBy({ top: by, behavior });
}

// The same for what another part of the page is about to bring.
export function revealSoon(selector, patience = 20) {
  const found = document.querySelector(selector);
  if (found) reveal(found);
  else if (patience > 0) setTimeout(() => revealSoon(selector, patience - 1), 150);
}
