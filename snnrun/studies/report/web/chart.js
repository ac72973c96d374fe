// One number over the epochs, drawn as SVG; a value can be read at each epoch.

const MARGIN = { left: 54, right: 18, top: 10, bottom: 34 };
const SHOWN_AT_ONCE = 10; // lines of which the value is told

function drawn(name, attributes = {}, text = null) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== null) made.textContent = text;
  return made;
}

function made(name, inside = "", className = "") {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...[inside].flat().flatMap(broken));
  return element;
}

// A text that goes on in the next line behind a sign between words, not within a word.
function broken(part) {
  if (typeof part !== "string") return [part];
  const [first, ...others] = part.split(/(?<=[_/.,=])(?=\w)/);
  return [first, ...others.flatMap((each) => [document.createElement("wbr"), each])];
}

class Chart {
  constructor() {
    this.lines = [];
    this.at = null; // the place of the epoch that is told of
    this.heading = made("h3");
    this.svg = drawn("svg", { tabindex: 0, role: "img" });
    this.told = made("div", "", "told");
    this.told.setAttribute("role", "status");
    this.told.hidden = true;
    this.element = made("figure", [this.heading, this.svg, this.told], "chart");
    this.svg.addEventListener("pointermove", (event) => this.point(event));
    this.svg.addEventListener("pointerdown", (event) => this.point(event));
    this.svg.addEventListener("pointerleave", () => this.forget());
    this.svg.addEventListener("blur", () => this.forget());
    this.svg.addEventListener("keydown", (event) => this.step(event));
  }

  draw(title, lines, logarithmic) {
    this.lines = lines.filter((line) => line.epochs.length);
    this.logarithmic = logarithmic;
    this.heading.textContent = title;
    this.svg.setAttribute("aria-label", `${title} over the epochs; arrow keys tell values`);
    this.width = Math.max(220, this.element.clientWidth || 480);
    this.height = Math.round(Math.min(300, Math.max(200, this.width * 0.55)));
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.svg.replaceChildren();
    const { at, pointed } = this;
    this.forget();
    this.measure();
    if (this.range === null) {
      const why = logarithmic ? "nothing above 0 to draw" : "nothing to draw";
      this.svg.append(drawn("text", { x: MARGIN.left, y: 40, class: "tick" }, why));
      return;
    }
    this.axes();
    for (const line of this.lines) this.line(line);
    this.marks = drawn("g", { class: "marks" });
    this.svg.append(this.marks);
    if (at !== null) this.tell(Math.min(at, this.epochs.length - 1), pointed);
  }

  // Find what the axes are to hold, and where on them a number lies.
  measure() {
    let [low, high] = [Infinity, -Infinity];
    for (const line of this.lines) {
      line.values.forEach((value, at) => {
        if (value === null || (this.logarithmic && value <= 0)) return;
        const spread = line.spread ? line.spread[at] : 0;
        low = Math.min(low, this.logarithmic ? value : value - spread);
        high = Math.max(high, value + spread);
      });
    }
    this.epochs = [...new Set(this.lines.flatMap((line) => line.epochs))].sort((a, b) => a - b);
    this.range = low <= high ? [low, high] : null;
    if (this.range === null) return;
    const scale = this.logarithmic ? Math.log10 : (value) => value;
    const room = 0.04 * (scale(high) - scale(low)) || 0.05 * Math.abs(scale(low)) || 0.5;
    const [bottom, top] = [scale(low) - room, scale(high) + room];
    this.range = this.logarithmic ? [10 ** bottom, 10 ** top] : [bottom, top];
    const [first, last] = [this.epochs[0], this.epochs[this.epochs.length - 1]];
    this.span = first < last ? [first, last] : [first - 1, last + 1];
    const across = this.width - MARGIN.left - MARGIN.right;
    const down = this.height - MARGIN.top - MARGIN.bottom;
    this.x = (epoch) =>
      MARGIN.left + (across * (epoch - this.span[0])) / (this.span[1] - this.span[0]);
    this.y = (value) => MARGIN.top + (down * (top - scale(value))) / (top - bottom);
    this.drawable = (value) => value !== null && !(this.logarithmic && value <= 0);
  }

  axes() {
    const [bottom, right] = [this.height - MARGIN.bottom, this.width - MARGIN.right];
    const ticks = this.logarithmic ? logTicks(...this.range, 6) : evenTicks(...this.range, 5);
    for (const tick of ticks) {
      const y = this.y(tick).toFixed(1);
      this.svg.append(drawn("line", { x1: MARGIN.left, x2: right, y1: y, y2: y, class: "grid" }));
      const place = { x: MARGIN.left - 6, y, class: "tick", "text-anchor": "end", dy: "0.32em" };
      this.svg.append(drawn("text", place, words(tick)));
    }
    const wanted = Math.max(2, Math.floor(this.width / 90));
    for (const tick of evenTicks(...this.span, wanted).filter(Number.isInteger)) {
      const x = this.x(tick).toFixed(1);
      this.svg.append(drawn("line", { x1: x, x2: x, y1: bottom, y2: bottom + 4, class: "axis" }));
      const place = { x, y: bottom + 16, class: "tick", "text-anchor": "middle" };
      this.svg.append(drawn("text", place, tick.toLocaleString("en")));
    }
    const axis = { x1: MARGIN.left, x2: right, y1: bottom, y2: bottom, class: "axis" };
    this.svg.append(drawn("line", axis));
    const place = { x: right, y: this.height - 4, class: "tick", "text-anchor": "end" };
    this.svg.append(drawn("text", place, "epoch"));
  }

  line(line) {
    const colour = colourOf(line.group);
    if (line.spread) this.band(line, colour);
    const kind = `line ${line.split === "train" ? "train" : line.split === "test" ? "test" : ""}`;
    let path = "";
    let pen = false;
    line.values.forEach((value, at) => {
      const there = this.drawable(value);
      if (there) path += `${pen ? "L" : "M"}${this.place(line.epochs[at], value)}`;
      const alone = there && !pen && !this.drawable(line.values[at + 1] ?? null);
      if (alone || (there && line.split === "test")) this.dot(this.svg, line, at, colour, kind);
      pen = there;
    });
    const shown = drawn("path", { d: path, class: kind });
    shown.style.stroke = colour;
    this.svg.append(shown);
  }

  band(line, colour) {
    const [top, bottom] = [[], []];
    const least = this.range[0];
    line.values.forEach((value, at) => {
      if (!this.drawable(value)) return;
      top.push(this.place(line.epochs[at], value + line.spread[at]));
      bottom.unshift(this.place(line.epochs[at], Math.max(least, value - line.spread[at])));
    });
    const shown = drawn("path", { d: `M${[...top, ...bottom].join("L")}Z`, class: "band" });
    shown.style.fill = colour;
    this.svg.append(shown);
  }

  dot(parent, line, at, colour, kind) {
    const [cx, cy] = this.place(line.epochs[at], line.values[at]).split(" ");
    const shown = drawn("circle", { cx, cy, r: 3, class: `dot ${kind}` });
    shown.style.fill = colour;
    parent.append(shown);
  }

  place(epoch, value) {
    return `${this.x(epoch).toFixed(1)} ${this.y(value).toFixed(1)}`;
  }

  // ---- reading values ----

  point(event) {
    if (this.range === null) return;
    const box = this.svg.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top].map(
      (each) => (each * this.width) / box.width,
    );
    const share = (x - MARGIN.left) / (this.width - MARGIN.left - MARGIN.right);
    const epoch = this.span[0] + share * (this.span[1] - this.span[0]);
    this.tell(nearest(this.epochs, epoch), y);
  }

  step(event) {
    const moves = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
    if (event.key === "Escape") this.forget();
    if (!(event.key in moves) || this.range === null) return;
    event.preventDefault();
    const last = this.epochs.length - 1;
    const from = this.at ?? (moves[event.key] > 0 ? -1 : last + 1);
    this.tell(Math.min(last, Math.max(0, from + moves[event.key])), this.height / 2);
  }

  // Tell the values at an epoch; of many lines, those next to a height.
  tell(at, height) {
    [this.at, this.pointed] = [at, height];
    const epoch = this.epochs[at];
    const found = this.lines
      .map((line) => ({ line, at: nearest(line.epochs, epoch) }))
      .filter(({ line, at: place }) => this.drawable(line.values[place]))
      .map((each) => ({ ...each, value: each.line.values[each.at] }))
      .filter(({ line }) => line.epochs[0] <= epoch && epoch <= line.epochs[line.epochs.length - 1])
      .sort((a, b) => Math.abs(this.y(a.value) - height) - Math.abs(this.y(b.value) - height));
    const shown = found.slice(0, SHOWN_AT_ONCE).sort((a, b) => b.value - a.value);
    const rows = shown.map((each) => this.row(each, epoch));
    if (found.length > shown.length) rows.push(made("p", `and ${found.length - shown.length} more`));
    this.told.replaceChildren(made("p", `epoch ${epoch.toLocaleString("en")}`, "epoch"), ...rows);
    this.told.hidden = false;
    this.marks.replaceChildren();
    const x = this.x(epoch).toFixed(1);
    const rule = { x1: x, x2: x, y1: MARGIN.top, y2: this.height - MARGIN.bottom, class: "rule" };
    this.marks.append(drawn("line", rule));
    for (const { line, at: place } of shown) {
      this.dot(this.marks, line, place, colourOf(line.group), "");
    }
    this.beside((this.x(epoch) / this.width) * this.element.clientWidth);
  }

  // Put what is told beside a place, where there is more room.
  beside(left) {
    const right = this.element.clientWidth - left;
    const { style } = this.told;
    style.left = left > right ? "auto" : `${left + 10}px`;
    style.right = left > right ? `${right + 10}px` : "auto";
    style.maxWidth = `${Math.max(left, right) - 10}px`;
  }

  row({ line, at, value }, epoch) {
    const spread = line.spread ? ` ± ${words(line.spread[at])}` : "";
    const other = line.epochs[at] === epoch ? "" : ` (epoch ${line.epochs[at]})`;
    const said = made("b", `${words(value)}${spread}`);
    return made("p", [swatch(line.group), said, ` ${line.split}, ${line.label}${other}`]);
  }

  forget() {
    this.at = null;
    this.told.hidden = true;
    if (this.marks) this.marks.replaceChildren();
  }
}
