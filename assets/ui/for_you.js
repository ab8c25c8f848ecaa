/* For you: chips and switches of taste speak to Python through one hidden field, snippets copy. */
(() => {
  "use strict";
  const send = (change) => {
    const field = document.querySelector("#taste-action textarea, #taste-action input");
    const button = document.getElementById("taste-act");
    if (!field || !button) return;
    field.value = JSON.stringify(change);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    /* Gradio takes the value in before the next task. */
    setTimeout(() => button.click(), 30);
  };
  const copy = async (button) => {
    const code = button.parentElement.querySelector("code").textContent;
    try {
      await navigator.clipboard.writeText(code);
    } catch {
      /* Without permission, or on a page without https: select it, the reader copies. */
      const range = document.createRange();
      range.selectNodeContents(button.parentElement.querySelector("code"));
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      if (!document.execCommand("copy")) return;
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1600);
  };
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const button = event.target.closest("[data-taste]");
    if (button) {
      const { taste, key, axis, strength } = button.dataset;
      send({ do: taste, key, axis, strength });
      return;
    }
    const copier = event.target.closest("[data-copy]");
    if (copier) copy(copier);
  });
})();
