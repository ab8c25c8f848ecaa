import csv
import math

import numpy as np
import pytest

from gemrec.errors import InputError
from gemrec.ranking import popularity_bins, sample_sizes
from gemrec.settings import REPOSITORY

ROSTER = REPOSITORY.parent / "shared" / "data" / "gemrec" / "roster.csv"


def test_bins_are_equally_wide_in_log_downloads():
    # log10(d + 1) = 0, 1, 2, 3, 4 in four bins of width 1; the top one includes its edge.
    found = popularity_bins([0, 9, 99, 999, 9999], 4)
    assert found.edges == pytest.approx((0, 1, 2, 3, 4))
    assert found.counts == (1, 1, 1, 2)


def test_samples_are_in_proportion_and_at_least_one():
    # 10 · 8/16 = 5, 10 · 1/16 → 1, nothing → 1, 10 · 7/16 = 4.375 → 4
    assert sample_sizes([8, 1, 0, 7], 10) == (5, 1, 1, 4)


@pytest.mark.parametrize(("downloads", "bins"), [([], 20), ([1], 0)])
def test_nothing_to_count(downloads, bins):
    with pytest.raises(InputError, match="allowed: 1 or more"):
        popularity_bins(downloads, bins)


def published_bin(downloads: int, edges: np.ndarray) -> int:
    """The published rule: the first bin whose two edges hold log10(downloads + 1)."""
    value = math.log10(downloads + 1)
    return next(i for i in range(len(edges) - 1) if edges[i] <= value <= edges[i + 1])


@pytest.mark.skipif(not ROSTER.is_file(), reason=f"{ROSTER} is not here")
def test_the_sampled_models_fill_the_bins_in_proportion():
    """197 were drawn from Civitai in 20 bins; the three originals were added afterwards."""
    with ROSTER.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if "civitai" in row["modelVersion_url"]]
    found = popularity_bins([int(row["model_download_count"]) for row in rows])
    assert sum(found.counts) == 197
    assert found.counts == (10, 9, 13, 25, 25, 28, 22, 17, 13, 10, 9, 3, 4, 3, 2, 0, 1, 1, 1, 1)


@pytest.mark.skipif(not ROSTER.is_file(), reason=f"{ROSTER} is not here")
def test_the_published_roster_fills_the_published_bins():
    with ROSTER.open(encoding="utf-8") as file:
        downloads = [int(row["model_download_count"]) for row in csv.DictReader(file)]
    found = popularity_bins(downloads)
    assert sum(found.counts) == 200
    assert found.counts == (10, 18, 23, 31, 35, 21, 21, 13, 9, 7, 3, 2, 1, 1, 1, 2, 0, 1, 0, 1)
    edges = np.array(found.edges)
    slow = [published_bin(count, edges) for count in downloads]
    assert tuple(np.bincount(slow, minlength=20)) == found.counts
