// What is chosen to be seen: metrics, splits, the axis, runs or means, groups and runs.
//
// Choices are kept by name, so that they stay when a page is made anew.

const CHIPS = 8; // metrics that are offered at once

class Controls {
  // changed: called after every choice.
  constructor(changed) {
    this.changed = changed;
    this.metrics = new Set();
    this.splits = new Set();
    this.seen = { metrics: new Set(), splits: new Set() }; // what was offered before
    this.logarithmic = false;
    this.means = false;
    this.hidden = new Set(); // names of runs
    this.element = made("div", "", "controls");
  }

  // Offer what a report holds.
  show(report) {
    this.report = report;
    this.order = offered(report);
    const first = report.first.filter((name) => this.order.metrics.includes(name));
    this.choose("metrics", first.length ? first : this.order.metrics.slice(0, 1));
    this.choose("splits", this.order.splits);
    const parts = [
      this.chips("numbers", this.order.metrics, this.metrics),
      this.chips("splits", this.order.splits, this.splits),
      this.choice("axis", ["linear", "logarithmic"], () => this.logarithmic, "logarithmic"),
    ];
    const several = report.groups.some((_, group) => this.runsOf(group).length > 1);
    if (several) {
      parts.push(this.choice("lines", ["runs", "means"], () => this.means, "means"));
    }
    this.element.replaceChildren(...parts, this.runs());
  }

  // Choose names of metrics or of splits, but for those about which a person could have decided.
  choose(kind, names) {
    for (const name of names) if (!this.seen[kind].has(name)) this[kind].add(name);
    for (const name of this.order[kind]) this.seen[kind].add(name);
  }

  runsOf(group) {
    return this.report.runs.filter((run) => run.group === group);
  }

  chips(title, names, chosen) {
    const every = names.map((name) =>
      check(name, chosen.has(name), (on) => {
        if (on) chosen.add(name);
        else chosen.delete(name);
        this.changed();
      }),
    );
    const field = made("fieldset", [made("legend", title), ...every.slice(0, CHIPS)]);
    if (every.length > CHIPS) {
      const rest = every.slice(CHIPS);
      const details = made("details", [made("summary", `${rest.length} more`), ...rest]);
      details.open = names.slice(CHIPS).some((name) => chosen.has(name));
      field.append(details);
    }
    return field;
  }

  choice(title, names, isSecond, key) {
    const every = names.map((name, at) => {
      const input = made("input");
      Object.assign(input, { type: "radio", name: title, checked: isSecond() === (at === 1) });
      input.addEventListener("change", () => {
        this[key] = at === 1;
        this.changed();
      });
      return made("label", [input, made("span", name)], "chip");
    });
    return made("fieldset", [made("legend", title), ...every]);
  }

  // A box for each group, and below it one for each of its runs.
  runs() {
    const field = made("fieldset", [made("legend", "runs")], "groups");
    field.append(this.button("all", []), this.button("none", this.report.runs));
    this.report.groups.forEach((label, group) => field.append(this.group(label, group)));
    return field;
  }

  button(text, hidden) {
    const element = made("button", text);
    element.type = "button";
    element.addEventListener("click", () => {
      this.hidden = new Set(hidden.map((run) => run.name));
      this.show(this.report);
      this.changed();
    });
    return element;
  }

  group(label, group) {
    const runs = this.runsOf(group);
    const boxes = [];
    const whole = check(label, true, (on) => {
      for (const box of boxes) box.set(on);
      this.changed();
    });
    const input = whole.querySelector("input");
    const settle = () => {
      const shown = runs.filter((run) => !this.hidden.has(run.name)).length;
      input.checked = shown > 0;
      input.indeterminate = shown > 0 && shown < runs.length;
    };
    for (const run of runs) {
      const box = check(run.name, !this.hidden.has(run.name), (on) => {
        box.set(on);
        this.changed();
      });
      box.set = (on) => {
        box.querySelector("input").checked = on;
        if (on) this.hidden.delete(run.name);
        else this.hidden.add(run.name);
        settle();
      };
      boxes.push(box);
    }
    settle();
    whole.insertBefore(swatch(group), input.nextSibling);
    if (runs.length === 1) return made("div", whole, "group");
    const count = made("summary", `${runs.length} runs`);
    return made("div", [whole, made("details", [count, ...boxes])], "group");
  }
}

// The names of metrics and splits of a report, those first that runs are judged by.
function offered(report) {
  const curves = report.runs.flatMap((run) => run.curves);
  const metrics = new Set(curves.map((curve) => curve.name));
  const splits = new Set(curves.map((curve) => curve.split));
  const first = (order, names) => [...new Set([...order.filter((each) => names.has(each)), ...names])];
  return {
    metrics: first(report.first, metrics),
    splits: first(["train", "validation", "test"], splits),
  };
}

function check(name, checked, changed) {
  const input = made("input");
  Object.assign(input, { type: "checkbox", checked });
  input.addEventListener("change", () => changed(input.checked));
  return made("label", [input, made("span", name)], "chip");
}
