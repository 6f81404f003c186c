// The colours in force, from the one token file that the style sheet and Plotly use, too; and scales made of them.

export class Theme {
  // `tokens` is {light: {...}, dark: {...}}; the scheme is the one Streamlit gives to `element`.
  constructor(tokens, element) {
    this.tokens = tokens;
    this.element = element;
    this.scales = new Map();
    this.refresh();
  }

  // Looks again; true where the scheme or the font is another one than before.
  refresh() {
    const style = getComputedStyle(this.element);
    const scheme = luminance(style.getPropertyValue("--st-background-color").trim()) < 0.5 ? "dark" : "light";
    const changed = scheme !== this.scheme || style.fontFamily !== this.family;
    this.scheme = scheme;
    this.family = style.fontFamily;
    this.colours = this.tokens[scheme];
    if (changed) this.scales.clear();
    return changed;
  }

  colour(name) {
    return this.colours[name];
  }

  font(pixels, weight = 400) {
    return `${weight} ${pixels}px ${this.family}`;
  }

  // 256 packed RGBA colours through the named tokens, for byte images.
  bytes(...names) {
    const key = names.join();
    if (!this.scales.has(key)) this.scales.set(key, packed(names.map((name) => rgb(this.colours[name]))));
    return this.scales.get(key);
  }

  // The same as CSS colours, for shapes.
  css(...names) {
    const key = `css ${names.join()}`;
    if (!this.scales.has(key)) {
      const stops = names.map((name) => rgb(this.colours[name]));
      const list = Array.from({ length: 256 }, (_, i) => `rgb(${mix(stops, i / 255).map(Math.round).join()})`);
      this.scales.set(key, list);
    }
    return this.scales.get(key);
  }
}

function rgb(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

function luminance(colour) {
  const parts = colour.startsWith("#") ? rgb(colour) : (colour.match(/[\d.]+/g) ?? [255, 255, 255]).map(Number);
  return (0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]) / 255;
}

function mix(stops, share) {
  const place = share * (stops.length - 1);
  const low = Math.min(Math.floor(place), stops.length - 2);
  const part = place - low;
  return stops[low].map((value, i) => value + (stops[low + 1][i] - value) * part);
}

function packed(stops) {
  const bytes = new Uint8ClampedArray(4 * 256);
  for (let i = 0; i < 256; i++) bytes.set([...mix(stops, i / 255), 255], 4 * i);
  return new Uint32Array(bytes.buffer);
}
