// The curves of a report: a chart for each number that is chosen.

const OWN_COLOURS = 10; // of the style sheet

function colourOf(group) {
  if (group < OWN_COLOURS) return `var(--line-${group})`;
  return `hsl(${Math.round((group * 137.508) % 360)} 55% 50%)`;
}

function swatch(group) {
  const element = made("span", "", "swatch");
  element.style.background = colourOf(group);
  return element;
}

class Curves {
  constructor() {
    this.charts = new Map();
    this.controls = new Controls(() => this.draw());
    this.grid = made("div", "", "charts");
    this.legend = made("div", "", "legend");
    this.sizes = new ResizeObserver(() => {
      if (this.grid.clientWidth !== this.width) this.draw();
    });
    this.sizes.observe(this.grid);
  }

  // Show a report in an element.
  show(report, place) {
    this.report = report;
    const long = report.thinned
      ? ` Of longer curves, about ${report.thinned} points are shown: peaks are kept.`
      : "";
    const note = made("p", `Train is dashed, test dotted.${long}`, "note");
    place.replaceChildren(this.controls.element, this.grid, this.legend, note);
    this.controls.show(report);
    this.draw();
  }

  // Draw what has grown; offer what there was not before.
  grown() {
    const known = JSON.stringify(this.controls.order);
    if (JSON.stringify(offered(this.report)) !== known) this.controls.show(this.report);
    this.draw();
  }

  draw() {
    this.width = this.grid.clientWidth;
    const { metrics } = this.controls;
    const charts = this.controls.order.metrics.filter((name) => metrics.has(name));
    this.grid.replaceChildren(...charts.map((name) => this.chart(name).element));
    if (!charts.length) this.grid.append(made("p", this.nothing(), "note"));
    for (const name of charts) this.update(name);
    this.legend.replaceChildren(...this.entries());
  }

  nothing() {
    return this.controls.order.metrics.length ? "no number is chosen" : "nothing is logged yet";
  }

  // On paper, where there are no controls: which colour is which group.
  entries() {
    return this.report.groups.flatMap((label, group) => {
      const runs = this.controls.runsOf(group).filter((run) => !this.controls.hidden.has(run.name));
      return runs.length ? [made("span", [swatch(group), label])] : [];
    });
  }

  chart(name) {
    if (!this.charts.has(name)) this.charts.set(name, new Chart());
    return this.charts.get(name);
  }

  update(metric) {
    const { logarithmic } = this.controls;
    const turned = logarithmic && metric.split("_")[0] === "accuracy";
    const lines = this.lines(metric);
    const title = turned ? `error (1 − ${metric})` : metric;
    this.chart(metric).draw(title, turned ? lines.map(inError) : lines, logarithmic);
  }

  lines(metric) {
    const { means, hidden, splits } = this.controls;
    const lines = [];
    this.report.groups.forEach((label, group) => {
      const runs = this.controls.runsOf(group).filter((run) => !hidden.has(run.name));
      for (const split of this.controls.order.splits.filter((each) => splits.has(each))) {
        const found = linesOfRuns(runs, group, split, metric);
        if (!means || !found.length) lines.push(...found);
        else lines.push(meanOf(found, found.length > 1 ? `${label}, ${found.length} runs` : label));
      }
    });
    return lines;
  }
}
