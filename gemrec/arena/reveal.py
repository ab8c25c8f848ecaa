"""What an annotator learns once the vote is committed."""

from collections.abc import Mapping
from types import MappingProxyType

from gemrec.leaderboard import EloTable
from gemrec.records import Board, RatingChange, Reveal, Vote


def reveal_vote(vote: Vote, before: Board, names: Mapping[str, str]) -> Reveal:
    """Join the vote with both models' names and the change of their displayed ratings.

    Args:
        vote: The committed vote.
        before: The overall board as it stood before the vote.
        names: Display name per model id.
    """
    table = EloTable.starting_from({row.model_id: row.elo for row in before.rows})
    moved = table.apply(vote)
    ratings = {
        model_id: moved.get(model_id, RatingChange(table.rating(model_id), table.rating(model_id)))
        for model_id in vote.models
    }
    return Reveal(
        vote,
        MappingProxyType(ratings),
        MappingProxyType({model_id: names.get(model_id, model_id) for model_id in vote.models}),
    )
