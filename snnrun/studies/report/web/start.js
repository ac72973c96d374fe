// The page, once all of it is there.

class Page {
  constructor() {
    this.curves = new Curves();
    this.show(document.querySelector("main"));
    if (this.report.every) this.live = new Live(this);
  }

  // Put a main part into the place of the one that is shown.
  show(main) {
    const shown = document.querySelector("main");
    for (const table of main.querySelectorAll("table.sortable")) sortable(table);
    if (main !== shown) {
      carryOver(shown, main);
      shown.replaceWith(main);
    }
    this.report = JSON.parse(main.querySelector("#numbers").textContent);
    this.curves.show(this.report, main.querySelector("#curves"));
  }
}

// Open what is open, and sort by what is sorted by, in another main part.
function carryOver(from, to) {
  const named = (details) => details.querySelector("summary").textContent;
  const open = new Set([...from.querySelectorAll("details[open]")].map(named));
  for (const details of to.querySelectorAll("details")) {
    if (open.has(named(details))) details.open = true;
  }
  for (const heading of from.querySelectorAll("th[aria-sort]")) {
    const { id } = heading.closest("table");
    const same = [...to.querySelectorAll(`#${id} thead th`)].find(
      (each) => each.textContent === heading.textContent,
    );
    if (same) same.setAttribute("aria-sort", heading.getAttribute("aria-sort"));
    if (same) resorted(same.closest("table"));
  }
}

new Page();
