/* Putting sides in order: by drag (mouse or finger), by taps, and by keys. The order is the strip's own
   DOM: a list of places, each with one or more tokens (a tie), and a tray for the sides left out. */
(() => {
  "use strict";
  const strip = () => document.querySelector("#rank .g-rank");
  const list = () => strip()?.querySelector(".g-tiers");
  const tray = () => strip()?.querySelector(".g-tray");
  const tiers = () => [...(list()?.children ?? [])];
  const tokens = (box) => [...(box?.querySelectorAll("[data-token]") ?? [])];
  const sideOf = (token) => Number(token.dataset.token);
  const newTier = (token) => {
    const tier = document.createElement("li");
    tier.className = "g-tier";
    tier.append(token);
    return tier;
  };
  const ranking = () => tiers().map((tier) => tokens(tier).map(sideOf)).filter((tier) => tier.length);

  /* ---- what the order looks like ---- */
  const join = (sign, label) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "g-join";
    button.dataset.join = sign;
    button.textContent = sign;
    button.setAttribute("aria-label", label);
    return button;
  };
  const describe = (token, place, tied) => {
    const label = token.querySelector("b").textContent;
    const where = place ? `${tied ? "tied on " : ""}place ${place} of ${ranking().length}` : "not ranked";
    token.setAttribute("aria-label", `${label}, ${where}`);
    const button = document.querySelector(`#stage [data-rank="${sideOf(token)}"]`);
    if (!button) return;
    button.dataset.place = place || "";
    button.setAttribute("aria-label", place ? `${label} is on place ${place}: take it out` : `Give ${label} the next place`);
  };
  let watched = null;
  const watcher = new MutationObserver(() => dress());
  const dress = () => {
    if (!strip()) return;
    watcher.disconnect();
    list().querySelectorAll(".g-join").forEach((button) => button.remove());
    tiers().filter((tier) => !tokens(tier).length).forEach((tier) => tier.remove());
    let place = 1;
    tiers().forEach((tier, number, every) => {
      const here = tokens(tier);
      here.forEach((token, k) => {
        describe(token, place, here.length > 1);
        if (k < here.length - 1) token.after(join("=", "Tied; split here"));
      });
      if (number < every.length - 1) tier.append(join(">", "Better than; make it a tie"));
      place += here.length;
    });
    tokens(tray()).forEach((token) => describe(token, 0, false));
    strip().dataset.ranked = ranking().flat().length;
    watcher.observe(watched, { childList: true, subtree: true });
  };
  window.gemrec.whenThere("#rank", (box) => { watched = box; dress(); watcher.observe(box, { childList: true, subtree: true }); });

  /* ---- changes; each keeps a draft, so that a reload loses nothing ---- */
  const changed = (token) => {
    dress();
    if (window.gemrec.isOpen()) window.gemrec.send("draft");
    const live = document.getElementById("g-live");
    if (live && token) live.textContent = token.getAttribute("aria-label");
  };
  const toggle = (token) => {
    const isFocused = document.activeElement === token;
    if (tray().contains(token)) list().append(newTier(token));
    else tray().append(token);
    if (isFocused) token.focus({ preventScroll: true });
    changed(token);
  };
  const flip = (button) => {
    const tier = button.closest("li");
    if (button.dataset.join === ">") tier.append(...tokens(tier.nextElementSibling));
    else {
      const rest = tokens(tier).filter((token) => button.compareDocumentPosition(token) & 4);
      const next = document.createElement("li");
      next.className = "g-tier";
      next.append(...rest);
      tier.after(next);
    }
    changed();
  };
  /* One step: into the neighbouring place as a tie, and with the next step past it. */
  const shift = (token, by) => {
    const tier = token.closest("li");
    if (!tier) return toggle(token);
    const next = by < 0 ? tier.previousElementSibling : tier.nextElementSibling;
    if (tokens(tier).length > 1) {
      if (by < 0) tier.before(newTier(token));
      else tier.after(newTier(token));
    } else if (next) {
      if (by < 0) next.append(token);
      else next.prepend(token);
    }
    token.focus({ preventScroll: true });
    changed(token);
  };
  const tieLast = () => {
    const [before, last] = tiers().slice(-2);
    if (!last) return false;
    before.append(...tokens(last));
    changed();
    return true;
  };
  const takeLast = () => {
    const token = tokens(list()).pop();
    if (!token) return false;
    toggle(token);
    return true;
  };
  const moveToken = (key, target) => {
    const token = target.closest("[data-token]");
    if (!token) return false;
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[key];
    if (by) shift(token, by);
    else if ((key === "Backspace" || key === "Delete") && !tray().contains(token)) toggle(token);
    else return false;
    return true;
  };

  /* ---- drag: one path for mouse, pen and finger ---- */
  const THRESHOLD = 6; /* px; less is a tap */
  let drag = null;
  const inside = (box, x, y, room = 0) => {
    const { left, right, top, bottom } = box.getBoundingClientRect();
    return x >= left - room && x <= right + room && y >= top - room && y <= bottom + room;
  };
  const dropAt = (x, y) => {
    if (inside(tray(), x, y, 4)) return { box: tray(), how: "on" };
    const others = tiers().filter((tier) => tokens(tier).some((token) => token !== drag.token));
    if (!inside(strip(), x, y, 60)) return null;
    if (!others.length) return { box: list(), how: "on" };
    const far = (tier) => {
      const { left, right, top, bottom } = tier.getBoundingClientRect();
      return Math.hypot(Math.max(left - x, 0, x - right), 3 * Math.max(top - y, 0, y - bottom));
    };
    const box = others.reduce((best, tier) => (far(tier) < far(best) ? tier : best));
    const own = tokens(box);
    const left = own[0].getBoundingClientRect().left;
    const right = own[own.length - 1].getBoundingClientRect().right;
    const edge = Math.min(14, (right - left) * 0.25);
    return { box, how: x < left + edge ? "before" : x > right - edge ? "after" : "on" };
  };
  const mark = (drop) => {
    strip().querySelectorAll("[data-drop]").forEach((box) => delete box.dataset.drop);
    if (drop) drop.box.dataset.drop = drop.how;
  };
  const land = ({ box, how }, token) => {
    if (box === tray()) tray().append(token);
    else if (box === list()) list().append(newTier(token));
    else if (how === "on") box.append(token);
    else box[how](newTier(token));
  };
  document.addEventListener("pointerdown", (event) => {
    const token = event.target instanceof Element && event.target.closest("[data-token]");
    if (!token || event.button || drag) return;
    drag = { token, id: event.pointerId, x: event.clientX, y: event.clientY, moving: false };
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag || event.pointerId !== drag.id) return;
    const [x, y] = [event.clientX - drag.x, event.clientY - drag.y];
    if (!drag.moving && Math.hypot(x, y) < THRESHOLD) return;
    if (!drag.moving) {
      drag.moving = true;
      drag.token.setPointerCapture(drag.id);
      drag.token.classList.add("g-held");
    }
    drag.token.style.transform = `translate(${x}px, ${y}px) scale(1.06)`;
    mark(dropAt(event.clientX, event.clientY));
  });
  let draggedAt = 0;
  const release = (event) => {
    if (!drag || event.pointerId !== drag.id) return;
    const { token, moving } = drag;
    const drop = moving && event.type === "pointerup" ? dropAt(event.clientX, event.clientY) : null;
    drag = null;
    if (!moving) return;
    token.classList.remove("g-held");
    token.style.transform = "";
    mark(null);
    draggedAt = event.timeStamp;
    if (!drop) return;
    land(drop, token);
    changed(token);
  };
  document.addEventListener("pointerup", release);
  document.addEventListener("pointercancel", release);

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    /* A click leaves no focus behind, so that Enter then means Done and not the same click again. */
    if (event.detail) event.target.closest("[data-token], [data-join], [data-rank]")?.blur();
    const token = event.target.closest("[data-token]");
    if (token) {
      if (event.timeStamp - draggedAt > 50) toggle(token); /* a drag ends with a click of its own */
      return;
    }
    const sign = event.target.closest("[data-join]");
    if (sign) return flip(sign);
    const rank = event.target.closest("[data-rank]");
    if (rank) toggle(strip().querySelector(`[data-token="${rank.dataset.rank}"]`));
  });

  Object.assign(window.gemrec, { ranking, tieLast, takeLast, moveToken });
})();
