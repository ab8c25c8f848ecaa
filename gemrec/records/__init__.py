"""The nouns of gemrec as frozen records; every layer speaks in these.

Times are timezone-aware UTC datetimes. Ids are strings unless they are row numbers.
"""

from gemrec.records.battles import (
    LARGEST_RANKING,
    SMALLEST_RANKING,
    Annotator,
    Battle,
    BattleForm,
    BattleMode,
)
from gemrec.records.boards import Board, BoardRow, RatingChange, Share
from gemrec.records.catalog import (
    GenerationParameters,
    Model,
    ModelCost,
    ModelSource,
    Prompt,
    SourceKind,
)
from gemrec.records.images import Image, Showing
from gemrec.records.recommendations import RankedImage, RankedModel, Recommendation
from gemrec.records.votes import (
    EventKind,
    ImpliedPair,
    Outcome,
    ReasonTag,
    Remarks,
    Reveal,
    Tiers,
    Vote,
    pair_weight,
)

__all__ = [
    "LARGEST_RANKING",
    "SMALLEST_RANKING",
    "Annotator",
    "Battle",
    "BattleForm",
    "BattleMode",
    "Board",
    "BoardRow",
    "EventKind",
    "GenerationParameters",
    "Image",
    "ImpliedPair",
    "Model",
    "ModelCost",
    "ModelSource",
    "Outcome",
    "Prompt",
    "RankedImage",
    "RankedModel",
    "RatingChange",
    "ReasonTag",
    "Recommendation",
    "Remarks",
    "Reveal",
    "Share",
    "Showing",
    "SourceKind",
    "Tiers",
    "Vote",
    "pair_weight",
]
