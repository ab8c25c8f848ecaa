"""How well votes are foretold and people are served: on recorded votes, and on simulated people."""

from gemrec.evaluation.compare import compare_methods
from gemrec.evaluation.replay import Recording, Replayed, read_recording, replay
from gemrec.evaluation.simulation import POLICIES, simulate
from gemrec.evaluation.tables import Items, read_items, read_votes
from gemrec.evaluation.world import TASTES

__all__ = [
    "POLICIES",
    "TASTES",
    "Items",
    "Recording",
    "Replayed",
    "compare_methods",
    "read_items",
    "read_recording",
    "read_votes",
    "replay",
    "simulate",
]
