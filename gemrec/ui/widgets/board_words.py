"""The sentences around a leaderboard."""

from gemrec.ui.board_view import PERIODS, BoardView, Slice
from gemrec.ui.widgets.empty import empty
from gemrec.ui.widgets.text import count, plain


def board_line(view: BoardView) -> str:
    """How many votes of how many people the board rests on, and how sure that makes it."""
    board = view.fitted.board
    parts = [count(board.votes, "vote")]
    if view.asked.topic:
        parts.append(f"on {view.asked.topic} prompts")
    if view.asked.period:
        parts.append(f"of the {PERIODS[view.asked.period][0].lower()}")
    people = f"by {count(board.clusters, 'annotator')}" if board.clusters else ""
    if view.asked.voter:
        people = "by one annotator"
    ties = (
        "" if board.tie_chance is None else f" Equal models tie {board.tie_chance:.0%} of the time."
    )
    few = (
        " One annotator says nothing of how tastes differ: read the intervals as this one's."
        if board.clusters == 1
        else ""
    )
    return f'<p class="g-board-line">{plain(" ".join([*parts, people]).strip())}.{ties}{few}</p>'


def nothing_yet(asked: Slice) -> str:
    """What stands there when there are no votes."""
    if asked.is_whole:
        return empty(
            "No votes yet",
            "Every vote in the Arena moves this board at once.",
            "Ratings need a handful of votes per model before their intervals say much.",
        )
    return empty(
        "No votes like that",
        "Nobody has cast a vote that fits all of these choices.",
        "Choose more topics, people or time above.",
    )
