"""Reasons in plain words that say no more than the facts."""

from collections.abc import Mapping
from typing import Final

from gemrec.recommend.reasons import ENOUGH_VOTES, Moved, Reason
from gemrec.recommend.records_of_votes import Record
from gemrec.records import Outcome

_PODIUM: Final = 3
_LONGEST_PROMPT: Final = 60

Names = Mapping[str, str]
"""Display name per model id; ids stand in for missing ones."""


def in_words(reason: Reason, names: Names) -> str:
    """Say a reason in one or two sentences."""
    name = names.get(reason.model_id, reason.model_id)
    if not reason.own:
        return _without_own_votes(reason)
    if reason.record.comparisons:
        first = _compared(reason, name, names)
    elif reason.alike is not None:
        other = names.get(reason.alike, reason.alike)
        first = (
            f"You have not compared {name} yet; its pictures are like those of {other}, which you "
            f"preferred in {_of(reason.alike_record)}"
        )
    else:
        first = f"You have not compared {name} yet; {_everybody(reason)}"
    chance = f"; {_chance(reason)}" if reason.on_offer > _PODIUM else ""
    if reason.own < ENOUGH_VOTES:
        votes = "1 comparison" if reason.own == 1 else f"{reason.own} comparisons"
        return (
            f"{first}{chance}. Only {votes} of yours so far, so this is still close to everybody's "
            "order."
        )
    return f"{first}{chance}."


def in_detail(reason: Reason, names: Names) -> tuple[str, ...]:
    """Further sentences, for those who open a reason."""
    name = names.get(reason.model_id, reason.model_id)
    told = [_moved(moved, names) for moved in reason.moved]
    if reason.traits:
        poles = " and ".join(f"more {trait.pole}" for trait in reason.traits)
        told.append(f"{name} is {poles} than most models here, which you seem to like.")
    if reason.fulfils and reason.own:
        told.append(f"It fits what you asked for: {', '.join(reason.fulfils)}.")
    if reason.like.comparisons and reason.like.comparisons < reason.record.comparisons:
        told.append(f"On prompts most like this one you preferred it in {_of(reason.like)}.")
    if reason.others and reason.own:
        told.append(f"{_everybody(reason).capitalize()}.")
    return tuple(told)


def percent(share: float) -> str:
    """A probability in words that never claims certainty."""
    if share > 0.99:
        return "over 99%"
    return "under 1%" if share < 0.01 else f"{round(100 * share)}%"


def _moved(moved: Moved, names: Names) -> str:
    vote = moved.vote
    prompt = vote.prompt if len(vote.prompt) <= _LONGEST_PROMPT else f"{vote.prompt[:57]}…"
    called = [names.get(model_id, model_id) for model_id in vote.models]
    if vote.outcome is Outcome.RANKING:
        said = f"your ranking of {len(called)} models"
    elif vote.outcome in (Outcome.LEFT, Outcome.RIGHT):
        winner, loser = called if vote.outcome is Outcome.LEFT else called[::-1]
        said = f"your vote for {winner} over {loser}"
    else:
        said = f"your tie between {called[0]} and {called[1]}"
    way = "spoke for it" if moved.logits > 0 else "spoke against it"
    return f"On “{prompt}” {said} {way}."


def _without_own_votes(reason: Reason) -> str:
    if reason.steered:
        asked = ", ".join(reason.fulfils)
        first = (
            f"It fits what you asked for: {asked}." if asked else "It fits no wish of yours best."
        )
        return f"{first} Without votes of yours, only what you asked for tells it from the others."
    if not reason.all_votes:
        return (
            "No votes on the board yet: this is the order of popularity "
            f"({reason.downloads:,} downloads)."
        )
    start = "Not enough votes of yours yet: this" if reason.known_person else "This"
    return f"{start} is everybody's order; {_everybody(reason)}."


def _everybody(reason: Reason) -> str:
    if not reason.others:
        nobody = "nor has anybody else" if reason.own else "nobody has voted on it"
        return f"{nobody}, so little is known of it"
    votes = "1 vote" if reason.others == 1 else f"{reason.others} votes"
    people = "other people" if reason.own else "all people"
    return f"{votes} by {people} put it {'above' if reason.above_average else 'below'} average"


def _chance(reason: Reason) -> str:
    return f"it is {percent(reason.top3)} likely to be among your best three"


def _compared(reason: Reason, name: str, names: Names) -> str:
    record, there = reason.record, reason.in_category
    if there.comparisons > 1:
        text = f"You preferred {name}{_to(there, names)} {_shown(there, reason.category)}"
        if there.comparisons < record.comparisons:
            text += f" and in {_of(record)} in all"
    else:
        text = f"You preferred {name}{_to(record, names)} in {_of(record)}"
    if record.wins < record.losses and reason.above_average and reason.others:
        text += "; other people rate it above average"
    return text


def _to(record: Record, names: Names) -> str:
    """``" to Y"`` when there was only one rival."""
    if len(record.rivals) != 1:
        return ""
    (rival,) = record.rivals
    return f" to {names.get(rival, rival)}"


def _shown(record: Record, category: str) -> str:
    if record.prompts == record.comparisons:
        text = f"on {record.wins} of {record.comparisons} {category} prompts"
    else:
        text = f"in {record.wins} of {record.comparisons} comparisons on {category} prompts"
    return text + _without_preference(record)


def _of(record: Record) -> str:
    text = f"{record.wins} of {record.comparisons} comparison{'s' * (record.comparisons != 1)}"
    return text + _without_preference(record)


def _without_preference(record: Record) -> str:
    return f" ({record.ties} without a preference)" if record.ties else ""
