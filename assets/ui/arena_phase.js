/* Which bar shows follows the stage: its phase, form and flags are copied to the body for the style sheet.
   What happens is also said aloud, but not every step of a progress bar. */
(() => {
  "use strict";
  const { whenThere } = window.gemrec;

  const sync = () => {
    const stage = document.querySelector("#stage .g-stage");
    const isDrawing = Boolean(document.querySelector("#status .g-working"));
    const { phase = "idle", form = "pair", flags = "", said = "" } = stage?.dataset ?? {};
    const { body } = document;
    const shown = isDrawing ? "drawing" : phase;
    body.dataset.gPhase = shown;
    body.dataset.gForm = form;
    body.dataset.gFlags = flags;
    body.dataset.gSaid = said;
    document.querySelectorAll("#vote-bar > button").forEach((button) => {
      button.disabled = shown !== "voting" && shown !== "changing";
    });
  };

  const say = (box, live) => {
    const line = box.querySelector(".g-line");
    const text = line?.closest(".g-working") ? "Drawing" : line?.textContent ?? "";
    if (text && live.textContent !== text) live.textContent = text;
  };

  const WATCHED = { childList: true, subtree: true, characterData: true, attributes: true };
  whenThere("#stage", (stage) => whenThere("#status", (status) => {
    const live = Object.assign(document.createElement("div"), { className: "g-unseen", id: "g-live" });
    live.setAttribute("aria-live", "polite");
    document.body.append(live);
    new MutationObserver(sync).observe(stage, { ...WATCHED, attributeFilter: ["data-phase", "data-flags", "data-form", "data-said"] });
    new MutationObserver(() => {
      sync();
      say(status, live);
    }).observe(status, { ...WATCHED, attributeFilter: ["class"] });
    sync();
  }));
})();
