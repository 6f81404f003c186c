// Which class is taken for which: a row for what a picture is, a column for what the network says. Right answers lie on
// the diagonal; the strongest cell off it is the favourite mix-up, said in words below.

import { Sheet } from "../live/canvas.js";
import { h, say } from "../live/dom.js";
import { count } from "../live/format.js";
import { classesOf } from "../live/run.js";

const LEFT = 58; // px for what it is
const TOP = 40; // px for what it says
const WIDEST = 54; // px of a cell

export function mount(element, options, { theme, status }) {
  const box = h("div", { class: "wil-confusion", role: "img" });
  const words = h("p", { class: "wil-caption" }, "\u00a0");
  element.append(h("div", { class: "wil-confusion-frame" }, box, words));
  let last = null;
  let over = null;
  const sheet = new Sheet(box, () => paint());
  box.addEventListener("pointermove", (event) => point(event));
  box.addEventListener("pointerleave", () => point(null));

  function draw(arrays) {
    last = arrays.confusion.counts;
    paint();
  }

  // The cell under the pointer, as [row, column].
  function point(event) {
    if (!last) return;
    const { across, down, size } = measures();
    const column = event ? Math.floor((event.offsetX - LEFT) / across) : -1;
    const row = event ? Math.floor((event.offsetY - TOP) / down) : -1;
    over = row >= 0 && row < size && column >= 0 && column < size ? [row, column] : null;
    paint();
  }

  function measures() {
    const size = last.shape[0];
    return { size, across: Math.min(WIDEST, (sheet.width - LEFT) / size), down: (sheet.height - TOP) / size };
  }

  function paint() {
    const pen = sheet.clear();
    if (!last || !sheet.width || !last.length) return;
    const names = classesOf(status());
    const { size, across, down } = measures();
    const colours = theme.css("zero", "fill");
    const totals = Array.from({ length: size }, (_, row) => last.subarray(row * size, (row + 1) * size).reduce((sum, value) => sum + value, 0));
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.font = theme.font(13);
    pen.fillStyle = theme.colour("muted");
    pen.fillText("it says", LEFT + (size * across) / 2, 9);
    pen.save();
    pen.translate(9, TOP + (size * down) / 2);
    pen.rotate(-Math.PI / 2);
    pen.fillText("it is a", 0, 0);
    pen.restore();
    for (let row = 0; row < size; row++) {
      pen.font = theme.font(14, over?.[0] === row ? 700 : 400);
      pen.fillStyle = theme.colour("ink");
      pen.fillText(names[row], LEFT - 18, TOP + (row + 0.5) * down);
      pen.font = theme.font(14, over?.[1] === row ? 700 : 400);
      pen.fillText(names[row], LEFT + (row + 0.5) * across, TOP - 12);
      for (let column = 0; column < size; column++) {
        const value = last[row * size + column];
        const strength = totals[row] ? Math.sqrt(value / totals[row]) : 0;
        const x = LEFT + column * across;
        const y = TOP + row * down;
        pen.fillStyle = colours[Math.round(255 * strength)];
        pen.beginPath();
        pen.roundRect(x + 1, y + 1, across - 2, down - 2, 4);
        pen.fill();
        if (row === column || (over && over[0] === row && over[1] === column)) {
          pen.strokeStyle = theme.colour(row === column ? "baseline" : "ink");
          pen.lineWidth = 1.25;
          pen.stroke();
        }
        if (!value || across < 18 || down < 13) continue;
        pen.font = theme.font(12);
        pen.fillStyle = theme.colour(strength > 0.62 ? "on-accent" : "ink");
        pen.fillText(count(value), x + across / 2, y + down / 2 + 0.5);
      }
    }
    tell(names, totals, size);
  }

  // In words: the cell under the pointer, or the favourite mix-up.
  function tell(names, totals, size) {
    let worst = [-1, -1];
    let most = 0;
    let right = 0;
    for (let i = 0; i < last.length; i++) {
      const place = [Math.floor(i / size), i % size];
      if (place[0] === place[1]) right += last[i];
      else if (last[i] > most) [most, worst] = [last[i], place];
    }
    const sentence = ([row, column]) =>
      row === column
        ? `${count(last[row * size + column])} of ${count(totals[row])} pictures of ${an(names[row])} are recognized`
        : `${an(names[row])} taken for ${an(names[column])}: ${count(last[row * size + column])} of ${count(totals[row])}`;
    const favourite = most ? `Most often ${sentence(worst)}` : "Not a single mistake";
    say(words, over ? sentence(over) : favourite);
    box.setAttribute("aria-label", `Which class is taken for which. ${count(right)} of ${count(totals.reduce((sum, total) => sum + total, 0))} are right. ${favourite}.`);
  }

  return {
    draw,
    resize: paint,
    restart: () => {
      last = null;
      paint();
    },
    destroy: () => sheet.destroy(),
  };
}

// A class' name with its article.
function an(name) {
  return `${/^(8|11|18|[aeiou])/i.test(name) ? "an" : "a"} ${name}`;
}
