/* What colours mean on the Gallery's map: models, topics, ratings or a person's taste. */
window.gemrecColours = (() => {
  "use strict";
  const SHADES = [
    "#0f6b52", "#c2571a", "#3b62c4", "#a23a7c", "#7a6a00", "#2f8fa3", "#8a4bc9", "#b3323f", "#4e7d1e", "#6b5b4a", "#d08b00", "#5a6b8c",
    "#e07a9b", "#5fb58a", "#8fa7e8", "#d9a35f", "#7d2248", "#1f3f8a", "#a8b545", "#c86bd6", "#45c0c9", "#e3603f", "#5b2fa0", "#93c36b",
  ];
  const UNKNOWN = "#8a8478";
  const shade = (number) => SHADES[number % SHADES.length];
  const between = (share) => {
    const mix = (a, b) => Math.round(a + (b - a) * share);
    return `rgb(${mix(178, 15)} ${mix(86, 135)} ${mix(60, 96)})`;
  };

  /* Each image's colour, by one of "model", "category", "rating" and "preference". */
  const of = (data, colour) => {
    if (colour === "model" || colour === "category") return data[colour].map(shade);
    const raw = colour === "rating" ? data.model.map((m) => data.rating[m]) : data.preference;
    const known = raw.filter((v) => v !== null);
    const [low, high] = [known.reduce((a, b) => Math.min(a, b), Infinity), known.reduce((a, b) => Math.max(a, b), -Infinity)];
    return raw.map((v) => (v === null ? UNKNOWN : between(high > low ? (v - low) / (high - low) : 0.5)));
  };
  /* The same as half-transparent pixels (little-endian RGBA). */
  const tints = (shades) => {
    const known = new Map();
    const tint = (said) => {
      const [r, g, b] = said.startsWith("#") ? [1, 3, 5].map((k) => parseInt(said.slice(k, k + 2), 16)) : said.match(/\d+/g).map(Number);
      return ((150 << 24) | (b << 16) | (g << 8) | r) >>> 0;
    };
    return shades.map((said) => {
      if (!known.has(said)) known.set(said, tint(said));
      return known.get(said);
    });
  };
  /* Lines of the key, as list items. */
  const key = (data, colour) => {
    const item = (said, text) => {
      const [li, dot] = [document.createElement("li"), document.createElement("i")];
      dot.style.background = said;
      li.append(dot, text);
      return li;
    };
    const named = { model: data.models, category: data.categories }[colour];
    if (named) {
      const more = named.length - SHADES.length;
      const items = named.slice(0, SHADES.length).map((name, k) => item(shade(k), name));
      return more > 0 ? [...items, item("transparent", `and ${more} more`)] : items;
    }
    const [least, most] = colour === "rating" ? ["lowest rating", "highest rating"] : ["you are expected to like least", "most"];
    return [item(between(0), least), item(between(1), most), item(UNKNOWN, "unknown")];
  };
  return { of, tints, key };
})();
