"""Sentences of the page that depend on what happened."""

from collections.abc import Sequence

from gemrec.arena import LABELS, HistoryEntry, RunState
from gemrec.pocket.vocabulary import UnknownWord
from gemrec.records import BattleForm, BattleMode, Outcome, Remarks, Reveal, Tiers, Vote
from gemrec.ui.widgets.remarks import REASONS
from gemrec.ui.widgets.text import count

_WORDS_SHOWN = 3
_ORDINALS = ("1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th")
_OUTCOMES = {
    Outcome.TIE: "Tie",
    Outcome.BOTH_GOOD: "Both good",
    Outcome.BOTH_BAD: "Both bad",
    Outcome.SKIP: "Skipped",
    None: "Taken back",
}


# ---- after a vote -------------------------------------------------------------------------------


def lesson(reveal: Reveal, history: Sequence[Vote]) -> str:
    """What one vote taught us about its annotator.

    Args:
        reveal: The vote with its models' names.
        history: The annotator's votes as they stand, the new one among them.
    """
    vote = reveal.vote
    if vote.outcome is Outcome.RANKING:
        return _ranking_lesson(reveal)
    if vote.outcome is Outcome.SKIP:
        return "Skipped: kept as a skip, no rating has moved."
    left, right = vote.models
    if vote.outcome is Outcome.LEFT:
        return _preferred(left, right, reveal, history)
    if vote.outcome is Outcome.RIGHT:
        return _preferred(right, left, reveal, history)
    both = f"{reveal.names[left]} and {reveal.names[right]}"
    said = {
        Outcome.TIE: f"{both} are level for you here; both move a little closer together.",
        Outcome.BOTH_GOOD: f"{both} both work for you on a prompt like this.",
        Outcome.BOTH_BAD: f"Neither {reveal.names[left]} nor {reveal.names[right]} works for you here.",
    }
    return said.get(vote.outcome, "") if vote.outcome else ""


def _preferred(winner: str, loser: str, reveal: Reveal, history: Sequence[Vote]) -> str:
    name = reveal.names[winner]
    mine = [outcome for vote in history for outcome in _duels_of(winner, vote)]
    if len(mine) <= 1:
        return f"Your first vote on {name}: it now counts more in your For you ranking."
    won = sum(mine)
    return f"You have preferred {name} in {won} of {count(len(mine), 'comparison')}, now also over {reveal.names[loser]}."


def _duels_of(model_id: str, vote: Vote) -> list[bool]:
    """Whether the model was preferred, for each pair of it that a vote decides."""
    return [
        (pair.outcome, pair.models.index(model_id)) in ((Outcome.LEFT, 0), (Outcome.RIGHT, 1))
        for pair in vote.pairs
        if model_id in pair.models
    ]


def _ranking_lesson(reveal: Reveal) -> str:
    tiers = reveal.vote.ranking or ()
    best, rest = tiers[0], tiers[1:]
    names = listed([reveal.names[reveal.vote.models[side]] for side in best])
    ranked = sum(map(len, tiers))
    if not rest:
        return f"{names} are level for you here."
    verb = "come" if len(best) > 1 else "comes"
    return f"{names} {verb} first of {ranked} for you on a prompt like this."


# ---- king of the hill ---------------------------------------------------------------------------


def bout_words(reveal: Reveal, run: RunState | None) -> str:
    """How a king's run stands after a vote that names nobody."""
    winner = {Outcome.LEFT: "A", Outcome.RIGHT: "B"}.get(reveal.vote.outcome or Outcome.SKIP)
    stays = "The king stays" if winner is None else f"{winner} stays as king"
    if run is None:
        return f"{stays}."
    wins = f" with {count(run.wins, 'win')}" if run.wins else ""
    if run.challengers:
        return f"{stays}{wins}; {count(run.challengers, 'challenger')} to come. The names come when the run ends."
    return f"{stays}{wins} and has met everybody. End the run to learn who it is."


def run_goes_on(run: RunState) -> str:
    """Where a king's run stands for somebody who comes back between two battles."""
    wins = f"The king has {count(run.wins, 'win')}"
    if run.challengers:
        return f"{wins}; {count(run.challengers, 'challenger')} to come."
    return f"{wins} and has met everybody. End the run to learn who it is."


def run_words(run: RunState) -> str:
    """Who was king when a run ended, and over whom."""
    if run.king_name is None:
        return "The run is over; nobody became king."
    beaten = dict.fromkeys(name for bout in run.models for name in bout if name != run.king_name)
    wins = f"with {count(run.wins, 'win')} in {count(run.bouts, 'battle')}"
    return f"{run.king_name} was your king {wins}, against {listed(list(beaten))}."


# ---- what a vote says, in words -----------------------------------------------------------------


def verdict(vote: Vote, names: Sequence[str]) -> str:
    """What a vote says.

    Args:
        vote: The vote.
        names: One name per side; the label where the model stays hidden.
    """
    if vote.outcome is Outcome.LEFT:
        return f"{names[0]} better than {names[1]}"
    if vote.outcome is Outcome.RIGHT:
        return f"{names[1]} better than {names[0]}"
    if vote.outcome is Outcome.RANKING:
        return " > ".join(" = ".join(names[side] for side in tier) for tier in vote.ranking or ())
    return _OUTCOMES[vote.outcome]


def shown_names(entry: HistoryEntry) -> tuple[str, ...]:
    """What to call each side: its model, or its letter while a king's run keeps the models hidden."""
    return entry.model_names or tuple(LABELS[: len(entry.vote.models)])


def verdict_of(entry: HistoryEntry) -> str:
    """What the vote of a battle says as it stands."""
    return verdict(entry.vote, shown_names(entry))


def remark_words(remarks: Remarks) -> str:
    """Reasons, best image and why a battle was skipped, in one line; empty when nothing was said."""
    labels = {tag: label for tag, label, _ in REASONS}
    parts = [labels[tag] for tag in remarks.reasons]
    if remarks.best is not None:
        side, position = remarks.best
        parts.append(f"Best image: {LABELS[side]}{position + 1}")
    if remarks.skip_reason:
        parts.append(remarks.skip_reason)
    return " · ".join(parts)


def kind_words(vote: Vote) -> str:
    """Mode and form in a word or two; empty for a plain blind battle."""
    if vote.form is BattleForm.KING:
        return "King of the hill"
    if vote.form is BattleForm.RANKING:
        return f"Ranking of {len(vote.models)}"
    return "By name" if vote.mode is BattleMode.NAMED else ""


def place_words(tiers: Tiers, side: int) -> str:
    """``1st``, ``tied 2nd``, or that a side has no place; ties share the better place."""
    better = 0
    for tier in tiers:
        if side in tier:
            return f"{'tied ' if len(tier) > 1 else ''}{_ORDINALS[better]}"
        better += len(tier)
    return "not ranked"


def reign_words(wins: int) -> str:
    """How long the king has stayed."""
    return f"King · {count(wins, 'win')}" if wins else "King"


def changed_words(before: str, after: str) -> str:
    """That a vote says something else now."""
    if before == after:
        return f"Kept as it was: {after}."
    return f"Changed from “{before}” to “{after}”. Ratings follow; the trail keeps both."


def listed(words: Sequence[str]) -> str:
    """``A``, ``A and B``, ``A, B and C``."""
    if len(words) <= 1:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


# ---- prompts ------------------------------------------------------------------------------------


def unknown_notice(words: Sequence[UnknownWord]) -> str:
    """Which words of a prompt the models do not know and what to try; empty when all are known."""
    if not words:
        return ""
    shown = [
        f"“{w.word}”" + (f" (try {' or '.join(w.nearest[:2])})" if w.nearest else "")
        for w in words[:_WORDS_SHOWN]
    ]
    more = len(words) - len(shown)
    tail = f" and {count(more, 'more word')}" if more else ""
    return f"These models do not know {', '.join(shown)}{tail}; they will draw the rest."
