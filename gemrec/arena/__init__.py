"""The arena: which pair to show, the right to vote on it, the battle itself and its votes.

Nothing that leaves this package before a vote names a model of a blind battle.
"""

from gemrec.arena.battles import Arena
from gemrec.arena.checks import check_images, check_outcome, check_prompt
from gemrec.arena.cooldown import Cooldown
from gemrec.arena.events import (
    ArenaEvent,
    ArenaLimits,
    BattleFailed,
    BattleImages,
    BattleProgress,
    BattleReady,
    Side,
)
from gemrec.arena.sampling import (
    SAMPLERS,
    FewestVotesSampler,
    PairChoice,
    PairSampler,
    UniformSampler,
)
from gemrec.arena.tickets import TicketOffice

__all__ = [
    "SAMPLERS",
    "Arena",
    "ArenaEvent",
    "ArenaLimits",
    "BattleFailed",
    "BattleImages",
    "BattleProgress",
    "BattleReady",
    "Cooldown",
    "FewestVotesSampler",
    "PairChoice",
    "PairSampler",
    "Side",
    "TicketOffice",
    "UniformSampler",
    "check_images",
    "check_outcome",
    "check_prompt",
]
