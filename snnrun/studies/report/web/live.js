// A page that is kept up to date: it asks for what is new, and for itself anew when its runs change.

const MOST = 4000; // points of a curve

class Live {
  constructor(page) {
    this.page = page;
    setInterval(() => this.ask(), page.report.every);
    document.addEventListener("visibilitychange", () => this.ask());
  }

  async ask() {
    if (this.asking || document.hidden) return;
    this.asking = true;
    try {
      const { report } = this.page;
      const found = await this.get(`/new?since=${report.reading}&layout=${report.layout}`);
      if (found.layout === report.layout) this.take(found);
      else await this.anew();
      this.say(found.said);
    } catch (error) {
      this.say(`no answer: ${error.message}; what is shown is the last that was told`);
    } finally {
      this.asking = false;
    }
  }

  async get(path) {
    const answer = await fetch(path);
    if (!answer.ok) throw new Error(await answer.text());
    return answer.json();
  }

  say(text) {
    document.querySelector("#standing").textContent = text;
  }

  // Take what is new of runs that are shown.
  take(found) {
    const { report } = this.page;
    report.reading = found.reading;
    const changed = Object.entries(found.runs);
    for (const [number, { cells, curves }] of changed) {
      this.cells(number, cells);
      for (const curve of curves) append(report.runs[number], curve);
    }
    for (const table of document.querySelectorAll("table")) if (changed.length) resorted(table);
    if (changed.some(([, { curves }]) => curves.length)) this.page.curves.grown();
  }

  cells(number, cells) {
    const row = document.querySelector(`#of-runs tr[data-line="${number}"]`);
    cells.forEach(([text, value], column) => {
      row.cells[column].textContent = text;
      row.cells[column].dataset.value = value;
    });
  }

  async anew() {
    const answer = await fetch("/");
    if (!answer.ok) throw new Error(await answer.text());
    const other = new DOMParser().parseFromString(await answer.text(), "text/html");
    this.page.show(document.adoptNode(other.querySelector("main")));
  }
}

function append(run, { split, name, epochs, values }) {
  let curve = run.curves.find((each) => each.split === split && each.name === name);
  if (!curve) {
    curve = { split, name, epochs: [], values: [] };
    run.curves.push(curve);
  }
  for (const epoch of epochs) curve.epochs.push(epoch);
  for (const value of values) curve.values.push(value);
  if (curve.epochs.length > MOST) thin(curve);
}
