/* Keys, the lightbox, prompt chips and the light/dark switch. Everything is delegated from the
   document, because the page's parts come and go. Looking never votes. */
(() => {
  "use strict";
  const KEYS = {
    ArrowLeft: "vote-left", 1: "vote-left",
    t: "vote-tie", 2: "vote-tie",
    ArrowUp: "vote-both_good", 3: "vote-both_good",
    ArrowDown: "vote-both_bad", 4: "vote-both_bad",
    ArrowRight: "vote-right", 5: "vote-right",
    s: "vote-skip", 6: "vote-skip",
    u: "undo", n: "next", r: "another", Enter: "next",
  };
  const PAUSE = 800; /* milliseconds after a vote in which further vote keys are slips */
  const TYPING = "input, textarea, select, [contenteditable], [role=listbox], [role=tab]";

  const usable = (id) => {
    const button = document.getElementById(id);
    return button && !button.disabled && button.offsetParent !== null ? button : null;
  };

  /* ---- light and dark ---- */
  const remembered = () => {
    try { return localStorage.getItem("gemrec-theme"); } catch { return null; }
  };
  const remember = (theme) => {
    try { localStorage.setItem("gemrec-theme", theme); } catch { /* a frame without storage */ }
  };
  const applyTheme = (theme) => {
    if (theme) document.body.classList.toggle("dark", theme === "dark");
  };
  const watchTheme = () => {
    applyTheme(remembered());
    /* Gradio decides on its own theme after the page has loaded; ours has the last word. */
    new MutationObserver(() => {
      const theme = remembered();
      if (theme && document.body.classList.contains("dark") !== (theme === "dark")) applyTheme(theme);
    }).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  };
  if (document.body) watchTheme();
  else document.addEventListener("DOMContentLoaded", watchTheme);

  /* ---- the lightbox: image k of every side, stepped together ---- */
  let box = null;
  let groups = [];
  let step = 0;
  let opener = null;

  const figure = (cell, label) => {
    const image = cell.querySelector("img");
    const part = document.createElement("figure");
    const copy = document.createElement("img");
    copy.src = image.src;
    copy.alt = image.alt;
    const caption = document.createElement("figcaption");
    caption.textContent = label;
    part.append(copy, caption);
    return part;
  };
  const draw = () => {
    const frame = box.querySelector(".g-frames");
    frame.replaceChildren(...groups.map(({ label, cells }) => {
      const cell = cells[Math.min(step, cells.length - 1)];
      return figure(cell, cell.dataset.caption || label);
    }));
    frame.dataset.sides = groups.length;
    box.querySelector(".g-count").textContent = `${step + 1} / ${most()}`;
  };
  const most = () => Math.max(...groups.map(({ cells }) => cells.length));
  const move = (by) => {
    step = (step + by + most()) % most();
    draw();
  };
  const build = () => {
    box = document.createElement("dialog");
    box.className = "g-lightbox";
    box.setAttribute("aria-label", "Enlarged images");
    box.innerHTML =
      '<div class="g-frames"></div><div class="g-steps">' +
      '<button type="button" data-step="-1" aria-label="Previous image">←</button>' +
      '<span class="g-count" role="status"></span>' +
      '<button type="button" data-step="1" aria-label="Next image">→</button>' +
      '<button type="button" class="g-close">Close <kbd>Esc</kbd></button></div>';
    box.addEventListener("click", (event) => {
      const button = event.target.closest("[data-step]");
      if (button) move(Number(button.dataset.step));
      else if (!event.target.closest("figure img")) box.close();
    });
    box.addEventListener("close", () => opener && opener.isConnected && opener.focus());
    document.body.append(box);
  };
  const zoom = (cell) => {
    const stage = cell.closest(".g-stage");
    const sides = stage ? [...stage.querySelectorAll(".g-side")] : [cell.closest(".g-images")];
    groups = sides.map((side) => ({
      label: side.querySelector(".g-name")?.textContent ?? "",
      cells: [...side.querySelectorAll("[data-zoom]")],
    })).filter(({ cells }) => cells.length);
    step = Math.max(0, [...cell.parentElement.closest(".g-grid, .g-images")
      .querySelectorAll("[data-zoom]")].indexOf(cell));
    opener = cell;
    if (!box) build();
    draw();
    if (!box.open) box.showModal();
  };

  /* ---- clicks ---- */
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const cell = event.target.closest("[data-zoom]");
    if (cell) return zoom(cell);
    const chip = event.target.closest("[data-prompt]");
    if (chip) {
      const field = document.querySelector("#prompt textarea, #prompt input");
      if (!field) return;
      field.value = chip.dataset.prompt;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
      return;
    }
    if (event.target.closest("[data-theme-toggle]")) {
      const theme = document.body.classList.contains("dark") ? "light" : "dark";
      remember(theme);
      applyTheme(theme);
    }
  });

  /* ---- keys ---- */
  let votedAt = -PAUSE;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (box && box.open) {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by) { event.preventDefault(); move(by); }
      if (event.key !== "Tab" && event.key !== "Escape") event.stopPropagation();
      return;
    }
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.closest(TYPING)) {
      /* Enter in the prompt starts a battle; the keys that follow are votes, not letters. */
      if (event.key === "Enter" && target.closest("#prompt")) setTimeout(() => target.blur(), 0);
      return;
    }
    if (event.repeat) return;
    const id = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    const button = id && usable(id);
    if (!button) return;
    if (event.key === "Enter" && target.closest("button, a")) return;
    event.preventDefault();
    if (id.startsWith("vote-")) {
      if (event.timeStamp - votedAt < PAUSE) return;
      votedAt = event.timeStamp;
    }
    button.click();
  }, true);
})();
