/* What the Arena's page collects and sends: how to compare next, remarks beside a vote, zooms. The
   pressed buttons of the page are the only state; the channel (gemrec/ui/arena_said.py) carries it. */
(() => {
  "use strict";
  const { recall, remember, whenThere, isPhone, isCalm } = window.gemrec;
  const all = (selector) => [...document.querySelectorAll(selector)];
  const isOn = (element) => element.getAttribute("aria-pressed") === "true";
  const stage = () => document.querySelector("#stage .g-stage");
  const round = () => stage()?.dataset.round || "";
  const isOpen = () => stage()?.hasAttribute("data-open") ?? false;

  /* ---- zooms: counted per battle ---- */
  let zooms = { round: "", count: 0 };
  const countZoom = () => {
    if (zooms.round !== round()) zooms = { round: round(), count: 0 };
    zooms.count += 1;
  };

  /* ---- how to compare next ---- */
  const DEFAULTS = { mode: "blind", images: {}, sides: "4", models: [] };
  const load = () => {
    try { return { ...DEFAULTS, ...JSON.parse(recall("arena") || "{}") }; } catch { return DEFAULTS; }
  };
  let wanted = load();
  const sized = () => (wanted.mode === "ranking" ? "ranking" : "battle");
  const imagesWanted = () => {
    const first = document.querySelector(".g-setup")?.dataset.images || "4";
    return wanted.images[sized()] || (sized() === "ranking" ? "1" : first);
  };
  const setup = () => ({
    mode: wanted.mode,
    images: Number(imagesWanted()),
    sides: Number(wanted.sides),
    models: wanted.mode === "named" ? all("#versus select").map((select) => select.value) : [],
  });

  /* ---- the channel ---- */
  const said = () => ({
    setup: setup(),
    round: round(),
    reasons: all("#remarks [data-reason]").filter(isOn).map((chip) => chip.dataset.reason),
    best: all("#stage [data-best]").filter(isOn)[0]?.dataset.best.split("-").map(Number) ?? null,
    skip_reason: document.querySelector("#remarks [data-skip-words]")?.value.trim()
      || all("#remarks [data-skip]").filter(isOn)[0]?.dataset.skip || "",
    zooms: zooms.round === round() ? zooms.count : 0,
    ranking: window.gemrec.ranking(),
  });
  const send = (act, data = {}) => {
    document.querySelector("#channel .html-container > *")
      ?.dispatchEvent(new CustomEvent("gemrec", { detail: { ...data, act, said: said() } }));
  };
  /* Before any button of the page is handled, and before Enter in the prompt is. */
  document.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest("#tab-arena button")) send("");
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target instanceof Element && event.target.closest("#prompt")) {
      send("");
      toStage();
    }
  }, true);

  /* ---- showing it ---- */
  const show = () => {
    document.body.dataset.gMode = wanted.mode;
    all(".g-modes [data-mode]").forEach((button) => {
      const chosen = button.dataset.mode === wanted.mode;
      button.setAttribute("aria-checked", String(chosen));
      button.tabIndex = chosen ? 0 : -1;
    });
    const images = document.querySelector("[data-setup=images]");
    if (images) images.value = imagesWanted();
    const sides = document.querySelector("[data-setup=sides]");
    if (sides) sides.value = wanted.sides;
  };
  const choose = (change) => {
    const before = wanted.mode;
    wanted = { ...wanted, ...change };
    remember("arena", JSON.stringify(wanted));
    show();
    if ((before === "named") !== (wanted.mode === "named")) send("names");
    else send("");
  };
  document.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLSelectElement) || !target.dataset.setup) return;
    const kind = target.dataset.setup;
    if (kind === "images") choose({ images: { ...wanted.images, [sized()]: target.value } });
    else if (kind === "sides") choose({ sides: target.value });
    else choose({ models: all("#versus select").map((select) => select.value) });
  });
  document.addEventListener("keydown", (event) => {
    const radio = event.target instanceof Element && event.target.closest(".g-modes [role=radio]");
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!radio || !by) return;
    event.preventDefault();
    const radios = all(".g-modes [role=radio]");
    const next = radios[(radios.indexOf(radio) + by + radios.length) % radios.length];
    choose({ mode: next.dataset.mode });
    next.focus();
  });
  whenThere(".g-setup", () => {
    show();
    if (wanted.mode === "named") whenThere("#channel .html-container > *", () => setTimeout(() => send("names"), 0));
  });
  whenThere("#versus", (box) => new MutationObserver(() => {
    const selects = all("#versus select");
    selects.forEach((select, place) => {
      const kept = wanted.models[place];
      if ([...select.options].some(({ value }) => value === kept)) select.value = kept;
    });
    if (selects.length) send("");
  }).observe(box, { childList: true, subtree: true }));

  /* ---- remarks ---- */
  const toggle = (button, group) => {
    const on = !isOn(button);
    if (group) all(group).forEach((other) => other.setAttribute("aria-pressed", "false"));
    button.setAttribute("aria-pressed", String(on));
    /* Before the vote a remark waits for it; afterwards it is kept at once. */
    if (!isOpen() && round()) send("remark");
  };
  const remark = (target) => {
    const reason = target.closest("[data-reason]");
    if (reason) return toggle(reason);
    const star = target.closest("[data-best]");
    if (star) return toggle(star, "#stage [data-best]");
    const skip = target.closest("[data-skip]");
    if (!skip) return;
    const words = document.querySelector("[data-skip-words]");
    if (words) words.value = "";
    toggle(skip, "#remarks [data-skip]");
  };
  document.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement) || !("skipWords" in target.dataset)) return;
    all("#remarks [data-skip]").forEach((chip) => chip.setAttribute("aria-pressed", "false"));
    send("remark");
  });

  /* ---- clicks ---- */
  const toStage = () => {
    if (!isPhone()) return;
    setTimeout(() => document.querySelector("#status")
      ?.scrollIntoView({ block: "start", behavior: isCalm() ? "auto" : "smooth" }), 120);
  };
  document.addEventListener("click", ({ target }) => {
    if (!(target instanceof Element)) return;
    const mode = target.closest(".g-modes [data-mode]");
    if (mode) return choose({ mode: mode.dataset.mode });
    if (target.closest("#start, #next, #another")) return toStage();
    const vote = target.closest("[id^=vote-]");
    if (vote) {
      vote.dataset.sent = "";
      setTimeout(() => delete vote.dataset.sent, 500);
    }
    remark(target);
  });

  Object.assign(window.gemrec, { send, countZoom, toggle, isOpen });
})();
