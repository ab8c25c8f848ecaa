/* The Gallery: filters and sliders ask the server for a page, choosing and reporting tell it. The map
   is drawn by gallery_map.js. Everything is delegated, because Gradio may draw the shell again. */
window.gemrecGallery = (() => {
  "use strict";
  const root = () => document.querySelector("#gallery .g-gallery");
  const one = (selector) => root()?.querySelector(selector);
  const all = (selector) => [...(root()?.querySelectorAll(selector) ?? [])];
  const state = { page: 0, chosenOnly: false, asked: 0, shown: "", loaded: false };

  /* ---- talking to the server ---- */
  const tell = (message) => {
    const line = one(".g-gallery-said");
    if (line) Object.assign(line, { textContent: message, hidden: !message });
  };
  const ask = async (path, body) => {
    const options = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const answer = await fetch(`gallery/${path}`, { credentials: "same-origin", ...options });
    const said = await answer.json();
    if (said.error) throw new Error(said.error);
    return said;
  };
  const guarded = (work) => async (...values) => {
    try {
      tell("");
      return await work(...values);
    } catch (error) {
      tell(error.message);
    }
  };

  /* ---- a page of images ---- */
  const weights = () => all("[data-weight]").map((s) => `${s.dataset.weight}=${s.value}`);
  const range = () => [one("[data-range=low]"), one("[data-range=high]")].map((s) => s.value / 100);
  const query = () => {
    const filters = all("[data-filter]").map((f) => `${f.dataset.filter}=${encodeURIComponent(f.value)}`);
    const [low, high] = range();
    return [...filters, ...weights(), `low=${low}`, `high=${high}`, `page=${state.page}`].join("&");
  };
  const counted = (number) => {
    const button = one("[data-act=picked]");
    button.querySelector("b").textContent = number;
    button.parentElement.dataset.chosen = number;
    one("[data-act=rank]").disabled = number < 2;
  };
  const bars = (numbers) => {
    const most = Math.max(...numbers, 1);
    const [low, high] = range();
    one(".g-histogram").innerHTML = numbers
      .map((n, k) => {
        const inside = (k + 1) / numbers.length > low && k / numbers.length < high;
        return `<i class="${inside ? "" : "g-out"}" style="height:${n ? Math.max((100 * n) / most, 4) : 0}%"></i>`;
      })
      .join("");
  };
  const unknown = (numbers, all) =>
    Object.entries(numbers).forEach(([kind, n]) => {
      one(`[data-unknown=${kind}]`).textContent = n ? `unknown for ${n === all ? "all" : n.toLocaleString()}` : "";
    });
  const counting = (number) => {
    const [low, high] = range();
    const within = low > 0 || high < 1 ? ` with scores from ${Math.round(100 * low)}% to ${Math.round(100 * high)}%` : "";
    return `${number.toLocaleString()} ${number === 1 ? "image" : "images"}${within}`;
  };
  const load = guarded(async () => {
    const number = ++state.asked;
    const found = await ask(state.chosenOnly ? "picked" : `page?${query()}`);
    if (number !== state.asked) return; /* a later question is under way */
    one("[data-grid]").innerHTML = found.html;
    counted(found.chosen);
    const pages = one(".g-pages");
    pages.hidden = state.chosenOnly || found.pages < 2;
    one("[data-found]").textContent = state.chosenOnly ? "" : counting(found.total);
    if (state.chosenOnly) return;
    state.page = found.page;
    root().classList.toggle("g-nothing", found.empty);
    bars(found.bars);
    unknown(found.unknown, found.bars.reduce((a, b) => a + b, 0));
    pages.querySelector("span").textContent = `Page ${found.page + 1} of ${found.pages}`;
    pages.querySelector("[data-page='-1']").disabled = found.page === 0;
    pages.querySelector("[data-page='1']").disabled = found.page + 1 >= found.pages;
    root().dataset.loaded = number;
  });
  let waiting = 0;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { state.page = 0; load(); }, 120);
  };
  const fill = (name, values) => {
    const select = one(`[data-filter=${name}]`);
    const kept = select.value;
    select.length = 1;
    values.forEach(([value, text]) => select.add(new Option(text, value)));
    select.value = values.some(([value]) => value === kept) ? kept : "";
  };
  const options = guarded(async () => {
    const found = await ask("options");
    fill("prompt", found.prompts.map((p) => [p, p.length > 60 ? `${p.slice(0, 59)}…` : p]));
    fill("model", found.models);
    fill("category", found.categories.map((c) => [c, c]));
  });
  const columns = (number) => root().style.setProperty("--columns", number);

  /* ---- choosing, reporting, ranking ---- */
  const pick = guarded(async (button) => {
    const on = button.getAttribute("aria-pressed") !== "true";
    const id = Number(button.dataset.pick);
    const mark = (value) => {
      all(`[data-pick="${id}"]`).forEach((b) => b.setAttribute("aria-pressed", value));
      window.gemrecMap?.mark(id, value);
    };
    mark(on);
    try {
      counted((await ask("pick", { ids: [id], on })).chosen);
    } catch (error) {
      mark(!on);
      throw error;
    }
  });
  const pickMany = guarded(async (ids) => {
    counted((await ask("pick", { ids, on: true })).chosen);
    return true;
  });
  const report = guarded(async (select) => {
    await ask("report", { id: Number(select.dataset.report), reason: select.value });
    tell("Reported. You do not see it any more, and the owner is told.");
    select.closest("figure").remove();
  });
  const rank = guarded(async () => {
    await ask("rank", {});
    location.reload(); /* the Arena takes up whatever waits for its vote */
  });

  /* ---- podium ---- */
  const showPodium = (found) => { one("[data-panel=podium]").innerHTML = found.html; };
  const category = () => one("[data-podium-category]")?.value ?? "";
  const podium = guarded(async (wanted = category()) => showPodium(await ask(`podium?category=${encodeURIComponent(wanted)}`)));
  const reorder = guarded(async (button) => {
    const models = all("[data-panel=podium] [data-model]").map((item) => item.dataset.model);
    const from = models.indexOf(button.closest("[data-model]").dataset.model);
    const to = from + Number(button.dataset.move);
    if (to < 0 || to >= models.length) return;
    const moved = models[from];
    models.splice(from, 1);
    models.splice(to, 0, moved);
    showPodium(await ask("order", { category: category(), models }));
    one(`[data-model="${CSS.escape(moved)}"] [data-move="${button.dataset.move}"]`)?.focus();
  });
  const learnt = guarded(async () => showPodium(await ask("order", { category: category(), models: [] })));

  /* ---- views ---- */
  const view = (name) => {
    root().dataset.shown = name;
    all("[data-view]").forEach((b) => Object.assign(b, { ariaSelected: b.dataset.view === name, tabIndex: b.dataset.view === name ? 0 : -1 }));
    all("[data-panel]").forEach((panel) => { panel.hidden = panel.dataset.panel !== name; });
    if (name === "images") load();
    else if (name === "podium") podium();
    else window.gemrecMap?.open(root());
  };
  const acts = {
    usual: () => {
      all("[data-weight]").forEach((s) => { s.value = s.dataset.usual; s.nextElementSibling.textContent = Number(s.value).toFixed(1); });
      one("[data-range=low]").value = 0;
      one("[data-range=high]").value = 100;
      soon();
    },
    picked: (button) => {
      state.chosenOnly = !state.chosenOnly;
      button.setAttribute("aria-pressed", state.chosenOnly);
      root().classList.toggle("g-chosen-only", state.chosenOnly);
      state.page = 0;
      if (root().dataset.shown === "images") load();
      else view("images");
    },
    rank,
  };
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element && event.target.closest("#gallery button");
    if (!target) return;
    const { view: name, act, page, pick: id, move, order } = target.dataset;
    if (name) view(name);
    else if (id) pick(target);
    else if (page) { state.page += Number(page); load(); one("[data-found]").scrollIntoView({ block: "nearest" }); }
    else if (move) reorder(target);
    else if (order) learnt();
    else if (act in acts) acts[act](target);
    else if (act) window.gemrecMap?.act(act, target);
  });
  document.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const tab = step && event.target instanceof Element && event.target.closest("#gallery [data-view]");
    if (!tab) return;
    const tabs = all("[data-view]");
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    event.preventDefault();
    next.focus();
    view(next.dataset.view);
  });
  document.addEventListener("input", (event) => {
    const target = event.target;
    if (!(target instanceof Element) || !target.closest("#gallery")) return;
    if (target.matches("[data-weight]")) target.nextElementSibling.textContent = Number(target.value).toFixed(1);
    if (target.matches("[data-range]")) {
      const [low, high] = [one("[data-range=low]"), one("[data-range=high]")];
      if (Number(low.value) > Number(high.value)) (target === low ? high : low).value = target.value;
    }
    if (target.matches("[data-weight], [data-range], [data-filter]")) soon();
    else if (target.matches("[data-columns]")) columns(target.value);
    else if (target.matches("[data-report]") && target.value) report(target);
    else if (target.matches("[data-podium-category]")) podium(target.value);
    else if (target.matches("[data-colour]")) window.gemrecMap?.colour(target.value);
  });

  /* The shell is filled each time that it comes into view. */
  window.gemrec.whenThere("#gallery .g-gallery", () => {
    let was = false;
    const look = () => {
      const is = Boolean(root()?.offsetParent);
      if (is && !was) {
        if (gemrec.isPhone() && !state.loaded) {
          columns(2);
          one("[data-columns]").value = 2;
          one(".g-weights").open = false;
        }
        state.loaded = true;
        options();
        view(root().dataset.shown);
      }
      was = is;
    };
    new IntersectionObserver(look).observe(document.getElementById("gallery"));
    look();
  });
  return { ask, guarded, tell, pickMany, counted };
})();
