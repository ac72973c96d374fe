// Tables that are sorted by the column whose heading is pressed, by mouse or key.

function sortable(table) {
  table.querySelectorAll("thead th").forEach((heading, column) => {
    const button = made("button", [...heading.childNodes]);
    button.type = "button";
    heading.replaceChildren(button);
    button.addEventListener("click", () => {
      const order = heading.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
      for (const each of table.querySelectorAll("thead th")) each.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", order);
      sorted(table, column, order);
    });
  });
}

// Order the rows by a column; what has no value stands last.
function sorted(table, column, order) {
  const [body] = table.tBodies;
  const sign = order === "ascending" ? 1 : -1;
  const rows = [...body.rows].map((row) => ({ row, value: valueOf(row.cells[column]) }));
  rows.sort((one, other) => {
    if (one.value === null || other.value === null) return (one.value === null) - (other.value === null);
    return sign * compared(one.value, other.value);
  });
  body.append(...rows.map(({ row }) => row));
}

function valueOf(cell) {
  const value = cell.dataset.value ?? cell.textContent;
  if (value === "") return null;
  const number = Number(value);
  return Number.isNaN(number) ? value : number;
}

function compared(one, other) {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one).localeCompare(String(other), "en", { numeric: true });
}

// Sort a table again as it was sorted, after values in it changed.
function resorted(table) {
  const headings = [...table.querySelectorAll("thead th")];
  const column = headings.findIndex((heading) => heading.hasAttribute("aria-sort"));
  if (column >= 0) sorted(table, column, headings[column].getAttribute("aria-sort"));
}
