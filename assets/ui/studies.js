/* Annotate: begin a study, agree, delete one's data. The buttons press what Gradio has behind them. */
(() => {
  "use strict";
  const ask = (path, method) => fetch(path, { method, headers: { "X-Gemrec": "1" } });
  const begin = (id) => {
    const field = document.querySelector("#study-chosen textarea, #study-chosen input");
    const button = document.getElementById("study-begin");
    if (!field || !button) return;
    field.value = id;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    /* Gradio takes the value in before the next task. */
    setTimeout(() => button.click(), 30);
  };
  const forget = async (button) => {
    if (!("sure" in button.dataset)) {
      button.dataset.sure = "";
      button.textContent = "Really delete? Press again";
      setTimeout(() => {
        delete button.dataset.sure;
        button.textContent = "Delete my data";
      }, 6000);
      return;
    }
    button.disabled = true;
    const answer = await ask("my-data", "DELETE");
    button.textContent = answer.ok ? "Deleted" : "That did not work; try again";
    if (answer.ok) setTimeout(() => location.reload(), 900);
    else button.disabled = false;
  };
  document.addEventListener("click", async ({ target }) => {
    if (!(target instanceof Element)) return;
    const study = target.closest("[data-study]");
    if (study) return begin(study.dataset.study);
    const gone = target.closest("[data-forget]");
    if (gone) return forget(gone);
    if (target.closest("[data-consent]") && (await ask("consent", "POST")).ok) location.reload();
  });
})();
