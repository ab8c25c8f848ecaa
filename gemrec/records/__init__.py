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
from gemrec.records.campaigns import (
    Assignment,
    AssignmentKind,
    Campaign,
    CampaignItem,
    CampaignState,
    Judgement,
    Standing,
)
from gemrec.records.catalog import (
    GenerationParameters,
    Model,
    ModelCost,
    ModelSource,
    Prompt,
    SamplerName,
    SourceKind,
)
from gemrec.records.images import Image, Showing
from gemrec.records.recommendations import (
    Knowledge,
    RankedImage,
    RankedModel,
    Recommendation,
)
from gemrec.records.taste import TasteSettings, Wish, WishKind
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
    ranked_pairs,
)

__all__ = [
    "LARGEST_RANKING",
    "SMALLEST_RANKING",
    "Annotator",
    "Assignment",
    "AssignmentKind",
    "Battle",
    "BattleForm",
    "BattleMode",
    "Board",
    "BoardRow",
    "Campaign",
    "CampaignItem",
    "CampaignState",
    "EventKind",
    "GenerationParameters",
    "Image",
    "ImpliedPair",
    "Judgement",
    "Knowledge",
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
    "SamplerName",
    "Share",
    "Showing",
    "SourceKind",
    "Standing",
    "TasteSettings",
    "Tiers",
    "Vote",
    "Wish",
    "WishKind",
    "pair_weight",
    "ranked_pairs",
]
