/* The light/dark switch, prompt chips, and what the tabs' own scripts share. Everything is delegated
   from the document, because the page's parts come and go. */
window.gemrec = (() => {
  "use strict";
  const shared = {
    /** The button with this id if it can be pressed now, or null. */
    usable: (id) => {
      const button = document.getElementById(id);
      return button && !button.disabled && button.offsetParent !== null ? button : null;
    },
    /** Read and write what this browser remembers; a frame without storage remembers nothing. */
    recall: (name) => {
      try { return localStorage.getItem(`gemrec-${name}`); } catch { return null; }
    },
    remember: (name, value) => {
      try { localStorage.setItem(`gemrec-${name}`, value); } catch { /* a frame without storage */ }
    },
    /** Call `then` with the first element that matches, as soon as there is one. */
    whenThere: (selector, then) => {
      const found = document.querySelector(selector);
      if (found) return then(found);
      new MutationObserver((_, observer) => {
        const arrived = document.querySelector(selector);
        if (!arrived) return;
        observer.disconnect();
        then(arrived);
      }).observe(document.documentElement, { childList: true, subtree: true });
    },
    isPhone: () => matchMedia("(max-width: 760px)").matches,
    isCalm: () => matchMedia("(prefers-reduced-motion: reduce)").matches,
  };

  /* ---- light and dark ---- */
  const applyTheme = (theme) => {
    if (theme) document.body.classList.toggle("dark", theme === "dark");
  };
  const watchTheme = () => {
    applyTheme(shared.recall("theme"));
    /* Gradio decides on its own theme after the page has loaded; ours has the last word. */
    new MutationObserver(() => {
      const theme = shared.recall("theme");
      if (theme && document.body.classList.contains("dark") !== (theme === "dark")) applyTheme(theme);
    }).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  };
  if (document.body) watchTheme();
  else document.addEventListener("DOMContentLoaded", watchTheme);

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const chip = event.target.closest("[data-prompt]");
    if (chip) {
      const field = document.querySelector("#prompt textarea, #prompt input");
      if (!field) return;
      field.value = chip.dataset.prompt;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      field.focus();
    } else if (event.target.closest("[data-theme-toggle]")) {
      const theme = document.body.classList.contains("dark") ? "light" : "dark";
      shared.remember("theme", theme);
      applyTheme(theme);
    }
  });
  return shared;
})();
