/* The lightbox: image k of every side, stepped, magnified and panned together. Looking never votes. */
(() => {
  "use strict";
  const MOST = 8;
  const CLOSE_UP = 2.5;
  let box = null;
  let groups = [];
  let step = 0;
  let opener = null;
  let view = { scale: 1, x: 0, y: 0 }; /* x, y: shift of the image in shares of its pane */

  const most = () => Math.max(...groups.map(({ cells }) => cells.length));
  const cellOf = ({ cells }) => cells[Math.min(step, cells.length - 1)];
  const starOf = (cell) => cell.parentElement.querySelector("[data-best]");
  const element = (tag, className, text = "") =>
    Object.assign(document.createElement(tag), { className, textContent: text });

  /* ---- drawing ---- */
  const figure = (group, place) => {
    const cell = cellOf(group);
    const part = element("figure", "");
    const pane = element("div", "g-pane");
    const image = element("img", "");
    const small = cell.querySelector("img");
    Object.assign(image, { src: small.dataset.full ?? small.src, alt: small.alt, draggable: false });
    pane.append(image);
    const caption = element("figcaption", "", cell.dataset.caption || group.label);
    const star = starOf(cell);
    if (star) {
      const button = element("button", "g-star g-star-here");
      button.type = "button";
      button.dataset.starFor = place;
      button.setAttribute("aria-label", star.getAttribute("aria-label"));
      button.setAttribute("aria-pressed", star.getAttribute("aria-pressed"));
      button.setAttribute("aria-keyshortcuts", String(place + 1));
      caption.append(button);
    }
    part.append(pane, caption);
    return part;
  };
  const draw = () => {
    const frames = box.querySelector(".g-frames");
    const held = frames.contains(document.activeElement) && document.activeElement.dataset.starFor;
    frames.replaceChildren(...groups.map(figure));
    if (held) (frames.querySelector(`[data-star-for="${held}"]`) ?? box).focus();
    frames.dataset.sides = groups.length;
    frames.style.setProperty("--across", groups.length > 4 ? Math.ceil(groups.length / 2) : groups.length);
    box.querySelector(".g-count").textContent = `${step + 1} / ${most()}`;
    box.querySelectorAll("[data-step]").forEach((button) => { button.hidden = most() < 2; });
    place();
  };
  const place = () => {
    const free = (1 - 1 / view.scale) / 2;
    view.x = Math.min(Math.max(view.x, -free), free);
    view.y = Math.min(Math.max(view.y, -free), free);
    const frames = box.querySelector(".g-frames");
    frames.style.setProperty("--scale", view.scale);
    frames.style.setProperty("--x", `${view.x * 100}%`);
    frames.style.setProperty("--y", `${view.y * 100}%`);
    frames.classList.toggle("g-close-up", view.scale > 1);
    box.querySelector(".g-scale").textContent = `${Math.round(view.scale * 100)}%`;
  };
  const move = (by) => {
    step = (step + by + most()) % most();
    draw();
  };
  const choose = (group) => {
    const star = group && starOf(cellOf(group));
    if (!star) return;
    window.gemrec.toggle(star, "#stage [data-best]");
    draw();
  };

  /* ---- magnifying: the point under the pointer stays where it is, in every pane ---- */
  const within = (pane, x, y) => {
    if (!pane) return [0, 0];
    const { left, top, width, height } = pane.getBoundingClientRect();
    return [(x - left) / width - 0.5, (y - top) / height - 0.5];
  };
  const magnify = (factor, [x, y] = [0, 0]) => {
    const scale = Math.min(Math.max(view.scale * factor, 1), MOST);
    view = { scale, x: view.x + x / scale - x / view.scale, y: view.y + y / scale - y / view.scale };
    place();
  };
  const pan = (x, y) => {
    view.x += x / view.scale;
    view.y += y / view.scale;
    place();
  };
  const fit = () => {
    view = { scale: 1, x: 0, y: 0 };
    place();
  };
  const closer = (pane, x, y) => (view.scale > 1 ? fit() : magnify(CLOSE_UP, within(pane, x, y)));

  /* ---- pointers: drag pans, two fingers pinch, a swipe steps, a double tap magnifies ---- */
  const fingers = new Map();
  let swipe = null;
  let tap = { at: 0, x: 0, y: 0 };
  const spread = () => {
    const [a, b] = [...fingers.values()];
    return { size: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  };
  const down = (event) => {
    const pane = event.target.closest(".g-pane");
    if (!pane || event.button) return;
    pane.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY, pane });
    swipe = fingers.size === 1 ? { x: event.clientX, y: event.clientY, touch: event.pointerType === "touch" } : null;
  };
  const drag = (event) => {
    const finger = fingers.get(event.pointerId);
    if (!finger) return;
    const { width, height } = finger.pane.getBoundingClientRect();
    const before = fingers.size === 2 ? spread() : null;
    const [x, y] = [(event.clientX - finger.x) / width, (event.clientY - finger.y) / height];
    Object.assign(finger, { x: event.clientX, y: event.clientY });
    if (before) {
      const after = spread();
      magnify(after.size / Math.max(before.size, 1), within(finger.pane, after.x, after.y));
      pan((after.x - before.x) / width, (after.y - before.y) / height);
    } else if (view.scale > 1) pan(x, y);
  };
  const up = (event) => {
    const finger = fingers.get(event.pointerId);
    fingers.delete(event.pointerId);
    if (!finger || event.type !== "pointerup" || !swipe) return;
    const [x, y] = [event.clientX - swipe.x, event.clientY - swipe.y];
    if (Math.hypot(x, y) < 10) {
      const isSecond = event.timeStamp - tap.at < 320 && Math.hypot(event.clientX - tap.x, event.clientY - tap.y) < 30;
      tap = isSecond ? { at: 0, x: 0, y: 0 } : { at: event.timeStamp, x: event.clientX, y: event.clientY };
      if (isSecond) closer(finger.pane, event.clientX, event.clientY);
    } else if (swipe.touch && view.scale === 1 && Math.abs(x) > 48 && Math.abs(x) > 2 * Math.abs(y)) {
      if (most() > 1) move(x < 0 ? 1 : -1);
    }
    swipe = null;
  };

  /* ---- keys ---- */
  const STEP = 0.12; /* share of a pane that one key press pans */
  const KEYS = {
    "+": () => magnify(1.5), "=": () => magnify(1.5), "-": () => magnify(1 / 1.5), 0: fit,
    "Shift+ArrowLeft": () => pan(STEP, 0), "Shift+ArrowRight": () => pan(-STEP, 0),
    "Shift+ArrowUp": () => pan(0, STEP), "Shift+ArrowDown": () => pan(0, -STEP),
    ArrowLeft: () => move(-1), ArrowRight: () => move(1),
    ArrowUp: () => pan(0, STEP), ArrowDown: () => pan(0, -STEP),
  };
  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves = event.shiftKey && event.key.startsWith("Arrow");
    const act = KEYS[moves ? `Shift+${event.key}` : event.key];
    if (act) act();
    else if (/^[1-8]$/.test(event.key)) choose(groups[Number(event.key) - 1]);
    else return;
    event.preventDefault();
  };

  /* ---- opening and closing ---- */
  const BUTTONS =
    '<button type="button" data-step="-1" aria-label="Previous image">←</button>' +
    '<span class="g-count" role="status"></span>' +
    '<button type="button" data-step="1" aria-label="Next image">→</button>' +
    '<span class="g-magnifier"><button type="button" data-magnify="-" aria-label="Smaller">−</button>' +
    '<span class="g-scale" role="status"></span>' +
    '<button type="button" data-magnify="+" aria-label="Larger">+</button></span>' +
    '<button type="button" class="g-close">Close <kbd>Esc</kbd></button>';
  const onClick = ({ target }) => {
    const button = target.closest("button");
    if (button?.dataset.step) move(Number(button.dataset.step));
    else if (button?.dataset.magnify) KEYS[button.dataset.magnify]();
    else if (button?.dataset.starFor) choose(groups[Number(button.dataset.starFor)]);
    else if (!target.closest(".g-pane, figcaption, .g-count, .g-magnifier")) box.close();
  };
  const build = () => {
    box = element("dialog", "g-lightbox");
    box.setAttribute("aria-label", "Enlarged images");
    box.tabIndex = -1; /* holds the focus, so that keys reach it whatever is redrawn */
    box.innerHTML = `<div class="g-frames"></div><div class="g-steps">${BUTTONS}</div>`;
    box.addEventListener("click", onClick);
    box.addEventListener("keydown", onKey);
    box.addEventListener("close", () => opener?.isConnected && opener.focus({ preventScroll: true }));
    const frames = box.querySelector(".g-frames");
    frames.addEventListener("wheel", (event) => {
      event.preventDefault();
      magnify(Math.exp(-event.deltaY * 0.002), within(event.target.closest(".g-pane"), event.clientX, event.clientY));
    }, { passive: false });
    frames.addEventListener("pointerdown", down);
    frames.addEventListener("pointermove", drag);
    frames.addEventListener("pointerup", up);
    frames.addEventListener("pointercancel", up);
    document.body.append(box);
  };
  const open = (cell) => {
    const stage = cell.closest(".g-stage");
    const sides = stage ? [...stage.querySelectorAll(".g-side")] : [cell.closest(".g-images")];
    groups = sides.map((side) => ({
      label: side.querySelector(".g-name")?.textContent || side.querySelector(".g-letter")?.textContent || "",
      cells: [...side.querySelectorAll("[data-zoom]")],
    })).filter(({ cells }) => cells.length);
    const own = groups.find(({ cells }) => cells.includes(cell));
    step = own.cells.indexOf(cell);
    opener = cell;
    if (!box) build();
    view = { scale: 1, x: 0, y: 0 };
    fingers.clear();
    draw();
    if (!box.open) box.showModal();
    box.focus({ preventScroll: true });
    if (stage) window.gemrec.countZoom();
  };
  document.addEventListener("click", (event) => {
    const cell = event.target instanceof Element && event.target.closest("[data-zoom]");
    if (cell) open(cell);
  });
})();
