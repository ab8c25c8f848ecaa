"""The schema, one file per step; steps are only ever appended.

A step that has shipped is never edited: a change is a new file ``m00n_what`` with the statements that
bring the tables from the step before to the next one, and a new last entry of ``STEPS``.
"""

from types import ModuleType

from gemrec.store.schema import (
    m001_initial,
    m002_sides_and_rankings,
    m003_checkpoints,
    m004_runs_and_incidents,
    m005_spending_and_refusals,
    m006_taste_settings,
    m007_image_scores,
    m008_gallery,
    m009_studies,
    m010_switches,
)

STEPS: tuple[ModuleType, ...] = (
    m001_initial,
    m002_sides_and_rankings,
    m003_checkpoints,
    m004_runs_and_incidents,
    m005_spending_and_refusals,
    m006_taste_settings,
    m007_image_scores,
    m008_gallery,
    m009_studies,
    m010_switches,
)
