/* The Gallery's map on one canvas. Thumbnails come from a few sheets. Where they would cover each other
   only the one in front is drawn and the others as dots, so a frame costs about the same at 200 images
   and at 20,000; all appear as one zooms in. */
window.gemrecMap = (() => {
  "use strict";
  const CLOSEST = 400;
  const map = { data: null, sheets: [], view: { x: 0, y: 0, scale: 1 }, colour: "model", lasso: null, drawing: false, picked: new Set() };
  let frame, canvas, pen, card, said;
  const calls = () => window.gemrecGallery;
  const px = () => ({ w: canvas.clientWidth, h: canvas.clientHeight });
  /* Map units are -1..1 in both directions and fill the canvas at scale 1: a map tells neighbours, so
     it may be stretched. */
  const unit = () => {
    const { w, h } = px();
    return [w, h].map((length) => (Math.max(length - whole() - 12, 1) / 2) * map.view.scale);
  };
  const toScreen = (x, y) => [px().w / 2 + (x - map.view.x) * unit()[0], px().h / 2 - (y - map.view.y) * unit()[1]];
  const toMap = (x, y) => [(x - px().w / 2) / unit()[0] + map.view.x, (px().h / 2 - y) / unit()[1] + map.view.y];
  /* A thumbnail's side on the whole map, larger where there are few, and at the scale of now. */
  const whole = () => Math.min(Math.max(Math.sqrt((px().w * px().h) / (8 * (map.data?.ids.length || 1))), 13), 40);
  const side = () => Math.min(Math.max(whole() * Math.sqrt(map.view.scale), 13), 64);
  const spread = (values) => {
    const low = values.reduce((a, b) => Math.min(a, b), Infinity);
    const half = (values.reduce((a, b) => Math.max(a, b), -Infinity) - low) / 2;
    return values.map((value) => (half > 0 ? (value - low) / half - 1 : 0));
  };

  const paint = () => {
    map.shades = gemrecColours.of(map.data, map.colour);
    map.tints = gemrecColours.tints(map.shades);
    frame.querySelector(".g-key").replaceChildren(...gemrecColours.key(map.data, map.colour));
  };

  /* ---- drawing ---- */
  let asked = 0;
  let resting = 0;
  /* Smooth thumbnails take several times as long, so they are left for when the map stands still. */
  const redraw = () => {
    if (!asked) asked = requestAnimationFrame(() => { asked = 0; draw(false); });
    clearTimeout(resting);
    resting = setTimeout(() => draw(true), 160);
  };
  const draw = (smooth) => {
    if (!map.data || !canvas.isConnected) return;
    const began = performance.now();
    const { w, h } = px();
    if (!w || !h) return; /* another view is shown */
    const dense = Math.min(devicePixelRatio || 1, 2);
    if (canvas.width !== Math.round(w * dense)) { canvas.width = Math.round(w * dense); canvas.height = Math.round(h * dense); }
    pen.setTransform(dense, 0, 0, dense, 0, 0);
    pen.clearRect(0, 0, w, h);
    const { data } = map;
    const [[right, down], size] = [unit(), side()];
    const [dx, dy] = [w / 2 - map.view.x * right, h / 2 + map.view.y * down];
    const cell = size * 0.9;
    const across = Math.ceil(w / cell) + 2;
    const taken = new Uint8Array(across * (Math.ceil(h / cell) + 2));
    const front = [];
    map.drawn = front;
    /* Dots are written into the pixels themselves: thousands of small rectangles would be slow. */
    const [wide, high] = [canvas.width, canvas.height];
    if (map.pixels?.width !== wide || map.pixels?.height !== high) {
      map.pixels = pen.createImageData(wide, high);
      map.words = new Uint32Array(map.pixels.data.buffer);
    }
    map.words.fill(0);
    const spot = Math.round(2.5 * dense);
    for (let i = data.ids.length - 1; i >= 0; i--) {
      const x = data.x[i] * right + dx;
      const y = dy - data.y[i] * down;
      if (x < -size || y < -size || x > w + size || y > h + size) continue;
      const at = (Math.floor(y / cell) + 1) * across + Math.floor(x / cell) + 1;
      if (at >= 0 && at < taken.length && !taken[at]) {
        taken[at] = 1;
        front.push(i);
      } else {
        const [left, top] = [Math.round((x - 1) * dense), Math.round((y - 1) * dense)];
        if (left < 0 || top < 0 || left + spot > wide || top + spot > high) continue;
        for (let row = top; row < top + spot; row++) map.words.fill(map.tints[i], row * wide + left, row * wide + left + spot);
      }
    }
    pen.putImageData(map.pixels, 0, 0);
    pen.imageSmoothingEnabled = smooth;
    const rim = size > 20 ? 2 : 1.5;
    for (let k = front.length - 1; k >= 0; k--) {
      const i = front[k];
      const [x, y] = [data.x[i] * right + dx - size / 2, dy - data.y[i] * down - size / 2];
      pen.fillStyle = map.picked.has(data.ids[i]) ? map.ink : map.shades[i];
      pen.fillRect(x - rim, y - rim, size + 2 * rim, size + 2 * rim);
      const sheet = (size > data.tile / 2 ? map.sheets : map.small)[Math.floor(i / data.sheet)];
      if (!sheet) continue;
      const slot = i % data.sheet;
      const tile = sheet.width / data.across;
      pen.drawImage(sheet, (slot % data.across) * tile, Math.floor(slot / data.across) * tile, tile, tile, x, y, size, size);
    }
    if (map.lasso) {
      pen.beginPath();
      map.lasso.forEach(([x, y], k) => pen[k ? "lineTo" : "moveTo"](x, y));
      pen.strokeStyle = map.ink;
      pen.lineWidth = 2;
      pen.setLineDash([6, 4]);
      pen.stroke();
      pen.setLineDash([]);
    }
    canvas.dataset.frame = (performance.now() - began).toFixed(2);
    canvas.dataset.front = front.length;
  };
  const ready = async () => {
    const { data } = map;
    await Promise.all(data.sheets.map(async (name, k) => {
      const image = new Image();
      image.src = `gallery/atlas/${name}.webp`;
      try {
        await image.decode();
      } catch {
        return; /* dots stand in for a sheet that does not come */
      }
      /* A copy in the size of the whole map's thumbnails: shrinking each of them anew is slow. */
      const small = { resizeWidth: Math.round(image.width / 3), resizeHeight: Math.round(image.height / 3), resizeQuality: "medium" };
      [map.sheets[k], map.small[k]] = await Promise.all([createImageBitmap(image), createImageBitmap(image, small)]);
      redraw();
    }));
    canvas.dataset.ready = data.ids.length;
  };

  /* ---- moving ---- */
  const bounded = () => {
    map.view.scale = Math.min(Math.max(map.view.scale, 0.8), CLOSEST);
    map.view.x = Math.min(Math.max(map.view.x, -1.2), 1.2);
    map.view.y = Math.min(Math.max(map.view.y, -1.2), 1.2);
    redraw();
  };
  const zoom = (factor, x = px().w / 2, y = px().h / 2) => {
    const [before] = [toMap(x, y)];
    map.view.scale = Math.min(Math.max(map.view.scale * factor, 0.8), CLOSEST);
    const after = toMap(x, y);
    map.view.x += before[0] - after[0];
    map.view.y += before[1] - after[1];
    bounded();
  };
  const pan = (x, y) => {
    const [right, up] = unit();
    map.view.x -= x / right;
    map.view.y += y / up;
    bounded();
  };

  /* ---- choosing ---- */
  const nearest = (x, y) => {
    let [best, least] = [-1, (side() * 0.75) ** 2];
    for (const i of map.drawn ?? []) {
      const [sx, sy] = toScreen(map.data.x[i], map.data.y[i]);
      const away = (sx - x) ** 2 + (sy - y) ** 2;
      if (away < least) [best, least] = [i, away];
    }
    return best;
  };
  const show = async (i) => {
    const found = await calls().guarded(() => calls().ask(`details?ids=${map.data.ids[i]}`))();
    if (!found) return;
    card.innerHTML = `${found.html}<button type="button" class="g-link" data-act="hide">Close</button>`;
    card.hidden = false;
    canvas.dataset.shown = map.data.ids[i];
  };
  const inside = (polygon, x, y) => {
    let within = false;
    for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
      const [[xi, yi], [xj, yj]] = [polygon[i], polygon[j]];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) within = !within;
    }
    return within;
  };
  const catchAll = async (polygon) => {
    const { data } = map;
    const ids = data.ids.filter((_, i) => inside(polygon, ...toScreen(data.x[i], data.y[i])));
    if (!ids.length) { said.textContent = "Nothing inside."; return; }
    if (!(await calls().pickMany(ids.slice(0, 200)))) return;
    ids.slice(0, 200).forEach((id) => map.picked.add(id));
    said.textContent = `${Math.min(ids.length, 200)} chosen${ids.length > 200 ? ` of ${ids.length}` : ""}.`;
    redraw();
  };

  /* ---- pointers: drag pans or draws the lasso, two fingers pinch, a tap shows ---- */
  const fingers = new Map();
  let start = null;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const wire = () => {
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      canvas.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, at(event));
      start = fingers.size === 1 ? at(event) : null;
      if (map.drawing && fingers.size === 1) map.lasso = [at(event)];
    });
    canvas.addEventListener("pointermove", (event) => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      const now = at(event);
      if (fingers.size === 2) {
        const other = [...fingers.entries()].find(([id]) => id !== event.pointerId)[1];
        const length = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]);
        zoom(length(now) / Math.max(length(before), 1), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
      } else if (map.lasso) { map.lasso.push(now); redraw(); }
      else pan(now[0] - before[0], now[1] - before[1]);
      fingers.set(event.pointerId, now);
    });
    const up = (event) => {
      const now = at(event);
      fingers.delete(event.pointerId);
      const lasso = map.lasso;
      map.lasso = null;
      if (lasso?.length > 8) catchAll(lasso);
      else if (start && event.type === "pointerup" && Math.hypot(now[0] - start[0], now[1] - start[1]) < 6) {
        const i = nearest(...now);
        if (i >= 0) show(i);
        else card.hidden = true;
      }
      start = null;
      redraw();
    };
    canvas.addEventListener("pointerup", up);
    canvas.addEventListener("pointercancel", up);
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY * 0.0016), ...at(event));
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => {
      const step = 60;
      const act = {
        ArrowLeft: () => pan(step, 0), ArrowRight: () => pan(-step, 0), ArrowUp: () => pan(0, step), ArrowDown: () => pan(0, -step),
        "+": () => zoom(1.4), "=": () => zoom(1.4), "-": () => zoom(1 / 1.4), 0: () => acts.whole(),
        Enter: () => { const i = nearest(px().w / 2, px().h / 2); if (i >= 0) show(i); }, Escape: () => { card.hidden = true; },
      }[event.key];
      if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      act();
    });
    new ResizeObserver(redraw).observe(canvas);
    new MutationObserver(() => { ink(); redraw(); }).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  };
  const ink = () => { map.ink = getComputedStyle(frame).getPropertyValue("--g-ink").trim() || "#000"; };

  const acts = {
    lasso: (button) => {
      map.drawing = !map.drawing;
      button.setAttribute("aria-pressed", map.drawing);
      canvas.classList.toggle("g-drawing", map.drawing);
      said.textContent = map.drawing ? "Draw around the images to choose." : "";
    },
    closer: () => zoom(1.5),
    farther: () => zoom(1 / 1.5),
    whole: () => { map.view = { x: 0, y: 0, scale: 1 }; bounded(); },
    hide: () => { card.hidden = true; canvas.focus(); },
  };
  const open = async (root) => {
    if (frame !== root) {
      frame = root;
      canvas = root.querySelector("canvas");
      pen = canvas.getContext("2d");
      card = root.querySelector(".g-map-card");
      said = root.querySelector("[data-map-said]");
      ink();
      wire();
    }
    const data = await calls().guarded(() => calls().ask("map"))();
    if (!data) return;
    map.data = { ...data, x: spread(data.x), y: spread(data.y) };
    map.sheets = [];
    map.small = [];
    map.picked = new Set(data.chosen);
    paint();
    const none = !data.ids.length;
    frame.querySelector("[data-map-empty]").hidden = !none;
    frame.querySelectorAll(".g-map-bar, .g-map-frame").forEach((part) => { part.hidden = none; });
    said.textContent = `${data.ids.length.toLocaleString()} ${data.ids.length === 1 ? "image" : "images"}`;
    redraw();
    ready();
  };
  return {
    open,
    act: (name, button) => acts[name]?.(button),
    mark: (id, on) => { map.picked[on ? "add" : "delete"](id); if (map.data) redraw(); },
    colour: (name) => { map.colour = name; paint(); redraw(); },
    /* For measuring: one frame, at once. */
    frame: (x, y, scale) => { map.view = { x, y, scale }; draw(false); return Number(canvas.dataset.frame); },
    chosen: () => map.picked.size,
    places: () => map.data.ids.map((id, i) => [id, ...toScreen(map.data.x[i], map.data.y[i])]),
  };
})();
