"""The arena: which models to show, the right to vote on them, the battle itself and its votes.

Nothing that leaves this package before a vote names a model of a blind battle.
"""

from gemrec.arena.battles import Arena
from gemrec.arena.building import build_arena
from gemrec.arena.checks import check_images, check_outcome, check_prompt
from gemrec.arena.cooldown import Cooldown
from gemrec.arena.drawing import Choice, Draw
from gemrec.arena.events import (
    LABELS,
    ArenaEvent,
    ArenaLimits,
    BattleFailed,
    BattleImages,
    BattleProgress,
    BattleReady,
    BattleReplaced,
    Reign,
    Side,
)
from gemrec.arena.evidence import Beliefs, Evidence, Standings
from gemrec.arena.flags import Flag, FlagKind, find_flags
from gemrec.arena.history import HistoryEntry
from gemrec.arena.kings import RunState
from gemrec.arena.limits import RateLimits, read_limits
from gemrec.arena.opener import NEAR_IDENTICAL, NO_CONTEST
from gemrec.arena.sampling import (
    SAMPLERS,
    FewestVotesSampler,
    InformationSampler,
    PairSampler,
    PersonalSampler,
    UniformSampler,
)
from gemrec.arena.tickets import TicketOffice
from gemrec.arena.wishes import Wish

__all__ = [
    "LABELS",
    "NEAR_IDENTICAL",
    "NO_CONTEST",
    "SAMPLERS",
    "Arena",
    "ArenaEvent",
    "ArenaLimits",
    "BattleFailed",
    "BattleImages",
    "BattleProgress",
    "BattleReady",
    "BattleReplaced",
    "Beliefs",
    "Choice",
    "Cooldown",
    "Draw",
    "Evidence",
    "FewestVotesSampler",
    "Flag",
    "FlagKind",
    "HistoryEntry",
    "InformationSampler",
    "PairSampler",
    "PersonalSampler",
    "RateLimits",
    "Reign",
    "RunState",
    "Side",
    "Standings",
    "TicketOffice",
    "UniformSampler",
    "Wish",
    "build_arena",
    "check_images",
    "check_outcome",
    "check_prompt",
    "find_flags",
    "read_limits",
]
