/* The drawer with a person's votes. It is read anew whenever it opens; changing happens on the stage. */
(() => {
  "use strict";
  let drawer = null;
  const build = () => {
    drawer = document.createElement("dialog");
    drawer.className = "g-drawer";
    drawer.setAttribute("aria-label", "Your votes");
    drawer.innerHTML =
      '<header><h2>Your votes</h2><button type="button" class="g-quiet-button" data-close>Close</button></header>';
    drawer.append(document.getElementById("history"));
    drawer.addEventListener("click", (event) => {
      if (event.target === drawer || event.target.closest("[data-close]")) drawer.close();
    });
    document.body.append(drawer);
  };
  document.addEventListener("click", ({ target }) => {
    if (!(target instanceof Element)) return;
    const page = target.closest("[data-history]");
    if (page) {
      if (!drawer) build();
      const before = Number(page.dataset.history);
      window.gemrec.send("history", before ? { before } : {});
      if (!drawer.open) drawer.showModal();
      drawer.scrollTop = 0;
      return;
    }
    const act = target.closest(".g-history [data-act]");
    if (!act) return;
    window.gemrec.send(act.dataset.act, { vote: Number(act.dataset.vote) });
    if (act.dataset.act === "change") drawer.close();
  });
})();
