"""Leaderboards, who voted on them, and rebuilds."""

from collections.abc import Mapping

from gemrec.documents.numbers import Document, number
from gemrec.leaderboard import POINTS_PER_LOGIT, Ratings, Voters, most_moved
from gemrec.recommend import Rebuilt
from gemrec.records import Board, BoardRow, Share


def board_document(board: Board) -> Document:
    """A leaderboard; ``category``, ``campaign`` and ``annotator`` are null where all count.

    Ends of intervals that cannot be told are null, as are ``drawn_ranks`` and ``acceptability``
    where nothing is known of them.
    """

    def line(row: BoardRow) -> Document:
        return {
            "rank": row.rank,
            "worst_rank": row.worst_rank,
            "drawn_ranks": None if row.drawn_ranks is None else list(row.drawn_ranks),
            "model": row.model_id,
            "rating": number(row.rating),
            "low": number(row.low),
            "high": number(row.high),
            "votes": row.votes,
            "preliminary": row.is_preliminary,
            "acceptability": None if row.acceptability is None else _share(row.acceptability),
            "elo": number(row.elo),
            "group": row.component,
        }

    return {
        "method": board.method,
        "votes": board.votes,
        "last_vote_id": board.last_vote_id,
        "category": board.category,
        "campaign": board.campaign,
        "annotator": board.annotator_id,
        "cluster": board.cluster,
        "clusters": board.clusters,
        "minimum_votes": board.minimum_votes,
        "tie_chance": None if board.tie_chance is None else number(board.tie_chance),
        "groups": board.groups,
        "rows": [line(row) for row in board.rows],
    }


def _share(share: Share) -> Document:
    return {
        "share": number(share.share),
        "low": number(share.low),
        "high": number(share.high),
        "verdicts": share.verdicts,
    }


def voters_document(voters: Voters, ratings: Ratings, names: Mapping[str, str]) -> Document:
    """Who voted on a board, the busiest first, and what stands out; nothing of it changes ratings.

    Args:
        voters: What was found.
        ratings: The fit of the same board.
        names: Display name by annotator id; ids stand in for missing ones.
    """

    def line(i: int) -> Document:
        model_id, rise = most_moved(voters, ratings, i)
        return {
            "annotator": names.get(voters.names[i]) or voters.names[i],
            "votes": round(float(voters.votes[i])),
            "agreement": number(float(voters.agreement[i])),
            "agreement_low": number(float(voters.low[i])),
            "agreement_high": number(float(voters.high[i])),
            "tie_share": number(float(voters.tie_share[i])),
            "left_share": number(float(voters.left_share[i])),
            "remark": voters.remark[i],
            "most_moved": model_id,
            "points_without": number(POINTS_PER_LOGIT * rise),
            "swaps_without": int(voters.swaps[i]),
        }

    return {"voters": [line(i) for i in range(len(voters.names))]}


def rebuilt_document(rebuilt: Rebuilt) -> Document:
    """What a rebuild found; ``equal`` says whether everything derived was right."""
    return {
        "equal": rebuilt.equal,
        "events": rebuilt.events,
        "votes": rebuilt.votes,
        "findings": [
            {"name": f.name, "checked": f.checked, "wrong": f.wrong, "example": f.example}
            for f in rebuilt.findings
        ],
    }
