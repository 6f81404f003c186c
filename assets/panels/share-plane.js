// A link to what is on the screen: the run's choices in a few words, how much the page explains, and which controls are
// there for those who open it. A teacher's link can leave out what would distract.

import { h, say } from "../live/dom.js";

export function mount(element, { controls, depths }, { ask, tell }) {
  const boxes = controls.map(([name, words]) => {
    const box = h("input", { type: "checkbox", checked: true, "data-name": name, "aria-label": `Learners see: ${words}`, onchange: () => make() });
    return h("span", { class: "wil-check" }, box, h("span", { "aria-hidden": "true", onclick: () => box.click() }, words));
  });
  const depth = h("select", { class: "wil-select wil-small", "aria-label": "Depth of the link", onchange: () => make() }, depths.map((name) => h("option", { value: name }, name)));
  const present = h("input", { type: "checkbox", onchange: () => make() });
  const address = h("input", { class: "wil-address", type: "text", readonly: true, "aria-label": "Link to this network", onfocus: () => address.select() });
  const copy = h("button", { class: "wil-button wil-small", type: "button", onclick: () => copied() }, "Copy the link");
  element.append(
    h("p", { class: "wil-plane-note" }, "Whoever opens it begins the same run from update 0. Choose what they see."),
    h("div", { class: "wil-plane-row" }, h("label", { class: "wil-plane-choice" }, h("span", {}, "Depth"), depth), h("label", { class: "wil-check" }, present, "Presenter mode")),
    h("div", { class: "wil-plane-row", role: "group", "aria-label": "Controls that the link shows" }, boxes),
    h("div", { class: "wil-plane-row" }, address, copy),
  );
  let last = "";

  async function make() {
    const reply = await ask({ cmd: "link" });
    if (!reply?.ok) return;
    const words = new URLSearchParams(reply.query);
    if (depth.value !== depths[0]) words.set("depth", depth.value);
    const hidden = boxes.map((one) => one.firstChild).filter((box) => !box.checked);
    if (hidden.length) words.set("hide", hidden.map((box) => box.dataset.name).join(","));
    if (present.checked) words.set("present", "on");
    if (![...words].length) words.set("data", "circle");
    address.value = `${location.origin}${location.pathname}?${words.toString().replaceAll("%2C", ",").replaceAll("%3A", ":")}`;
  }

  async function copied() {
    await make();
    try {
      await navigator.clipboard.writeText(address.value);
      say(copy, "Copied");
    } catch {
      address.focus();
      address.select();
      say(copy, "Press Ctrl+C");
    }
    tell("The link is ready.");
    setTimeout(() => say(copy, "Copy the link"), 2000);
  }

  function told(_, run) {
    if (!run?.config) return;
    const key = JSON.stringify([run.id, run.settings]);
    if (key === last) return;
    last = key;
    make();
  }

  return { draw: () => {}, told, resize: () => {}, destroy: () => {} };
}
