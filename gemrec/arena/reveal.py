"""What an annotator learns once the vote is committed."""

from collections.abc import Mapping
from types import MappingProxyType

from gemrec.leaderboard import EloTable
from gemrec.records import RatingChange, Reveal, Vote


def reveal_vote(
    vote: Vote, before: EloTable, names: Mapping[str, str], *, is_new: bool = True
) -> Reveal:
    """Join the vote with its models' names and the change of their displayed ratings.

    Args:
        vote: The committed vote.
        before: The ratings as they stood before the vote; stays as it is.
        names: Display name per model id.
        is_new: Whether the vote has still to move the ratings.
    """
    table = EloTable.starting_from({model_id: before.rating(model_id) for model_id in vote.models})
    moved = table.apply(vote) if is_new else {}
    ratings = {
        model_id: moved.get(model_id, RatingChange(table.rating(model_id), table.rating(model_id)))
        for model_id in vote.models
    }
    return Reveal(
        vote,
        MappingProxyType(ratings),
        MappingProxyType({model_id: names.get(model_id, model_id) for model_id in vote.models}),
    )


def hidden_vote(vote: Vote) -> Reveal:
    """The answer to a vote in a king's run that goes on: it is stored, and names nobody."""
    return Reveal(vote, is_hidden=True)
