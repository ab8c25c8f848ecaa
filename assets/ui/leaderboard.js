/* The Leaderboard's tables: sort by a column, find a model. Groups stay apart, each sorted in itself. */
(() => {
  "use strict";
  const valueOf = (row, column) => row.cells[column]?.dataset.v;
  const compare = (a, b) => {
    const [x, y] = [Number(a), Number(b)];
    return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b) : x - y;
  };

  const sort = (button) => {
    const head = button.closest("th");
    const table = head.closest("table");
    const column = head.cellIndex;
    const first = table.querySelector(`tbody tr:not(.g-group) :nth-child(${column + 1})[data-v]`);
    const isText = first !== null && Number.isNaN(Number(first.dataset.v));
    /* Text and ranks read from the first up, every other number from the largest down. */
    const up = isText || button.textContent === "Rank";
    const was = head.getAttribute("aria-sort");
    const ascending = was === "none" ? up : was === "descending";
    for (const other of table.querySelectorAll("th[aria-sort]")) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    for (const body of table.tBodies) {
      const rows = [...body.rows].filter((row) => !row.classList.contains("g-group"));
      rows.forEach((row, place) => { row.dataset.place ??= place; });
      rows.sort((a, b) => a.dataset.place - b.dataset.place); /* equal ones stand as in the board */
      rows.sort((a, b) => {
        const [x, y] = [valueOf(a, column), valueOf(b, column)];
        if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
        return ascending ? compare(x, y) : compare(y, x);
      });
      body.append(...rows);
    }
  };

  const find = (box) => {
    const board = box.closest(".g-board");
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const body of board.querySelector("table").tBodies) {
      let here = 0;
      for (const row of body.rows) {
        if (row.classList.contains("g-group")) continue;
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        here += !row.hidden;
      }
      body.hidden = !here;
      found += here;
    }
    const said = board.querySelector("[data-board-found]");
    said.textContent = `${found} ${found === 1 ? "model" : "models"}`;
  };

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-board-sort]");
    if (button) sort(button);
  });
  document.addEventListener("input", (event) => {
    if (event.target instanceof Element && event.target.matches("[data-board-search]")) find(event.target);
  });
})();
