"""Frame time of the gallery's map with 20,000 thumbnails, in Chromium without a GPU."""

import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PILImage
from playwright.sync_api import sync_playwright

from tests.browser.conftest import CHROMIUM, DESKTOP, FLAGS
from tests.browser.server import catalog, serve

pytestmark = [pytest.mark.bench, pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium")]

IMAGES = 20_000
PAN = """(scale) => {
  const pen = document.querySelector("#gallery canvas").getContext("2d");
  const times = [];
  for (let k = 0; k < 40; k++) {
    const began = performance.now();
    gemrecMap.frame(0.004 * k, -0.003 * k, scale);
    pen.getImageData(0, 0, 1, 1); /* drawing is done only when somebody looks */
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b);
}"""
NAIVE = """() => {
  const canvas = document.createElement("canvas");
  canvas.width = 1230; canvas.height = 528;
  const pen = canvas.getContext("2d");
  const tile = document.createElement("canvas");
  tile.width = tile.height = 40;
  tile.getContext("2d").fillRect(4, 4, 30, 30);
  const places = gemrecMap.places();
  const times = [];
  for (let k = 0; k < 8; k++) {
    const began = performance.now();
    pen.clearRect(0, 0, 1230, 528);
    for (const [, x, y] of places) pen.drawImage(tile, 0, 0, 40, 40, x + k, y, 13, 13);
    pen.getImageData(0, 0, 1, 1);
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b);
}"""


def fill(server) -> None:
    """Twenty thousand images of a few files, with places in two hundred clusters."""
    services, rng = server.services, np.random.default_rng(0)
    digests = [
        services.images.put(
            PILImage.new("RGB", (64, 64), tuple(rng.integers(0, 255, 3).tolist()))
        ).digest
        for _ in range(40)
    ]
    models = [model.id for model in services.catalog.active()]
    now = services.clock().isoformat()
    centres = rng.uniform(-0.9, 0.9, (200, 2))
    xy = np.clip(centres[rng.integers(0, 200, IMAGES)] + rng.normal(0, 0.05, (IMAGES, 2)), -1, 1)
    with sqlite3.connect(services.settings.database) as db:
        db.execute("INSERT INTO prompt (id, text, category) VALUES (1, 'many things', 'x')")
        db.executemany(
            "INSERT INTO image (id, digest, model_id, prompt_id, seed, parameters, "
            "parameters_json, width, height, created_at) VALUES (?, ?, ?, 1, ?, 'p', '{}', 64, 64, ?)",
            [(k + 1, digests[k % 40], models[k % len(models)], k, now) for k in range(IMAGES)],
        )
        db.executemany(
            "INSERT INTO image_place (image_id, encoder, x, y, layout) VALUES (?, ?, ?, ?, ?)",
            [(k + 1, services.embeddings.name, *map(float, xy[k]), IMAGES) for k in range(IMAGES)],
        )
    db.close()


def test_20_000_thumbnails_stay_smooth(tmp_path: Path) -> None:
    with serve(tmp_path, catalog()) as server, sync_playwright() as playwright:
        fill(server)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = browser.new_page(viewport=DESKTOP)
        page.set_default_timeout(240_000)
        page.goto(server.url)
        page.locator("#start").wait_for()
        page.get_by_role("tab", name="Gallery").first.click()
        page.get_by_role("tab", name="Map").click()
        page.locator("canvas[data-ready]").wait_for()
        found = {}
        for scale in (1, 4, 30):
            times = page.evaluate(PAN, scale)
            found[f"zoom_{scale}"] = {
                "median_ms": times[len(times) // 2],
                "p95_ms": times[int(len(times) * 0.95)],
                "thumbnails": int(page.locator("canvas").get_attribute("data-front") or 0),
            }
        page.evaluate("gemrecMap.frame(0, 0, 1)")
        every = page.evaluate(NAIVE)
        print(json.dumps({"images": IMAGES, **found, "every_thumbnail_ms": every[len(every) // 2]}))
        browser.close()
    # A busy machine slows both ways down alike; drawing every thumbnail is the measure.
    assert all(3 * at["median_ms"] < every[len(every) // 2] for at in found.values())
