/* The Arena's keys. They press the page's own buttons, so that a key can do nothing a click cannot. */
(() => {
  "use strict";
  const { usable } = window.gemrec;
  const BATTLE = {
    ArrowLeft: "vote-left", 1: "vote-left",
    t: "vote-tie", 2: "vote-tie",
    ArrowUp: "vote-both_good", 3: "vote-both_good",
    ArrowDown: "vote-both_bad", 4: "vote-both_bad",
    ArrowRight: "vote-right", 5: "vote-right",
    s: "vote-skip", 6: "vote-skip", Escape: "keep",
  };
  const RANKING = { Enter: "vote-ranking", s: "rank-skip", Escape: "rank-keep" };
  const AFTER = { u: "undo", c: "change", n: "next", r: "another", Enter: "next", " ": "next" };
  const AFTER_ROLLED = { r: "again" };
  const AFTER_BOUT = { r: "end-run" };
  const EVERY = [BATTLE, RANKING, AFTER, AFTER_ROLLED, AFTER_BOUT];
  const PAUSE = 800; /* milliseconds after a vote in which further vote keys are slips */
  const TYPING = "input, textarea, select, [contenteditable], [role=listbox], [role=tab], [role=radio]";

  const press = (selector) => {
    const button = [...document.querySelectorAll(selector)].find((b) => b.offsetParent !== null);
    button?.click();
    return Boolean(button);
  };
  const ranks = (key, target) => {
    if (!usable("vote-ranking")) return false;
    if (/^[1-8]$/.test(key)) return press(`#stage [data-rank="${Number(key) - 1}"]`);
    if (key === "=" || key === "t") return window.gemrec.tieLast();
    if (key === "Backspace" && !target.closest("[data-token]")) return window.gemrec.takeLast();
    return false;
  };

  let votedAt = -PAUSE;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return; /* dialogs have keys of their own */
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.closest(TYPING)) {
      /* Enter in the prompt starts a battle; the keys that follow are votes, not letters. */
      if (event.key === "Enter" && target.closest("#prompt")) setTimeout(() => target.blur(), 0);
      return;
    }
    if (event.repeat) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (window.gemrec.moveToken(key, target)) return event.preventDefault();
    const isPressing = (key === "Enter" || key === " ") && target.closest("button, a, summary");
    if (isPressing) return;
    const id = EVERY.map((keys) => keys[key]).find((name) => name && usable(name));
    if (id) {
      event.preventDefault();
      if (id.startsWith("vote-")) {
        if (event.timeStamp - votedAt < PAUSE) return;
        votedAt = event.timeStamp;
      }
      usable(id).click();
    } else if (
      ranks(key, target)
      || press(`#remarks [data-key="${CSS.escape(key.toUpperCase())}"]`)
      || (key === "h" && press("[data-history=open]"))
    ) event.preventDefault();
  }, true);
})();
