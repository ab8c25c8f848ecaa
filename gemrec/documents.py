"""Records as the JSON objects of the API, the same for endpoints and for the CLI's ``--json``.

Every document is an object; lists stand under a plural key. Numbers that JSON cannot say (infinite
interval ends) become null.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from gemrec.arena import LABELS, BattleReady, Side
from gemrec.errors import InputError
from gemrec.gallery import ScoredImage
from gemrec.leaderboard import POINTS_PER_LOGIT, Ratings, Voters, most_moved
from gemrec.ranking import KINDS, Weights
from gemrec.recommend import Rebuilt
from gemrec.records import (
    BattleForm,
    Board,
    BoardRow,
    Image,
    Model,
    Prompt,
    RankedImage,
    ReasonTag,
    Recommendation,
    Remarks,
    Reveal,
    Share,
    Tiers,
)

Document = dict[str, Any]
_DIGITS = 6
_PODIUM = 3


def battle_document(ready: BattleReady, url_for: Callable[[str], str]) -> Document:
    """A battle that waits for its vote; nothing in it names a model of a blind battle.

    Forms other than a blind pair say what they are: ``form``, and ``model`` per side when named.

    Args:
        ready: The battle.
        url_for: Address of a showing by its random name.
    """

    def side(shown: Side) -> Document:
        images = [url_for(name) for name in shown.names]
        named = {} if shown.model_name is None else {"model": shown.model_name}
        return {"label": shown.label, "images": images, **named}

    document: Document = {
        "ticket": ready.ticket,
        "battle_id": ready.battle_id,
        "sides": [side(shown) for shown in ready.sides],
    }
    if ready.form is not BattleForm.PAIR:
        document["form"] = str(ready.form)
    return document


def vote_document(reveal: Reveal) -> Document:
    """What a vote reveals: model ids per side, their names, and the Elo change of each.

    A vote in a king's run that goes on reveals nothing: those objects are empty then.
    """
    vote = reveal.vote
    models = {} if reveal.is_hidden else dict(zip(LABELS, vote.models, strict=False))
    document: Document = {
        "vote_id": vote.id,
        "outcome": None if vote.outcome is None else str(vote.outcome),
        "models": models,
        "names": {label: reveal.names.get(m, m) for label, m in models.items()},
        "ratings": {
            model_id: {"before": _number(change.before), "after": _number(change.after)}
            for model_id, change in reveal.ratings.items()
        },
    }
    if vote.ranking is not None:
        document["ranking"] = [[LABELS[side] for side in tier] for tier in vote.ranking]
    return document


def read_ranking(said: object) -> Tiers | None:
    """A ranking as the API takes it: labels in tiers, best first, such as ``[["B"], ["A", "C"]]``.

    A tier of one may be the label itself: ``["B", ["A", "C"]]``.

    Raises:
        InputError: It is no list of labels.
    """
    if said is None:
        return None
    tiers = said if isinstance(said, list) else [None]
    lists = [tier if isinstance(tier, list) else [tier] for tier in tiers]
    sides = [[_side(label) for label in tier] for tier in lists]
    if any(side is None for tier in sides for side in tier):
        raise InputError(
            f"ranking: got {said!r}; allowed: null or labels in tiers, best first, such as "
            '[["B"], ["A", "C"]]'
        )
    return tuple(tuple(side for side in tier if side is not None) for tier in sides if tier)


def read_remarks(
    reasons: object = None,
    best: object = None,
    skip_reason: object = "",
    dwell_ms: object = None,
    zooms: object = None,
) -> Remarks:
    """What the API takes beside a vote.

    Args:
        reasons: Tags, or None.
        best: The best single image as label and place from 1, such as ``["B", 3]``, or None.
        skip_reason: Words.
        dwell_ms: Milliseconds, or None.
        zooms: How often, or None.

    Raises:
        InputError: One of them has another form.
    """
    if not isinstance(skip_reason, str | None):
        raise InputError(f"skip_reason: got {skip_reason!r}; allowed: text")
    return Remarks(
        reasons=_reasons(reasons),
        best=_best(best),
        skip_reason=(skip_reason or "").strip(),
        dwell_ms=_whole("dwell_ms", dwell_ms),
        zooms=_whole("zooms", zooms),
    )


def _reasons(said: object) -> tuple[ReasonTag, ...]:
    words = [] if said is None else said
    if isinstance(words, list) and all(word in list(ReasonTag) for word in words):
        return tuple(dict.fromkeys(map(ReasonTag, words)))
    raise InputError(f"reasons: got {said!r}; allowed: null or a list of {', '.join(ReasonTag)}")


def _best(said: object) -> tuple[int, int] | None:
    if said is None:
        return None
    if isinstance(said, list) and len(said) == 2:
        side, place = _side(said[0]), said[1]
        if side is not None and _is_whole(place) and place > 0:
            return side, place - 1
    raise InputError(f'best: got {said!r}; allowed: null or label and place, such as ["B", 3]')


def _side(label: object) -> int | None:
    """The side that a label stands for, or None."""
    is_label = isinstance(label, str) and len(label) == 1 and label in LABELS
    return LABELS.index(str(label)) if is_label else None


def _whole(name: str, said: object) -> int | None:
    if said is None:
        return None
    if isinstance(said, int) and _is_whole(said):
        return said
    raise InputError(f"{name}: got {said!r}; allowed: null or a whole number from 0")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def recommendation_document(
    recommendation: Recommendation, url_for: Callable[[Image], str]
) -> Document:
    """Both stages' answer.

    Args:
        recommendation: The answer.
        url_for: Address under which an image can be fetched.
    """

    def image(ranked: RankedImage) -> Document:
        return {
            "url": url_for(ranked.image),
            "model": ranked.image.model_id,
            "score": _number(ranked.score),
            "low": _number(ranked.low),
            "high": _number(ranked.high),
            "seed": ranked.image.seed,
            "prompt": ranked.image.prompt,
            "best_of": ranked.best_of,
        }

    knowledge = recommendation.knowledge
    return {
        "votes_applied": recommendation.votes_applied,
        "personal": knowledge.personal,
        "loss": {
            "personal": _maybe(knowledge.personal_loss),
            "everybody": _maybe(knowledge.shared_loss),
        },
        "votes_to_go": recommendation.votes_to_go,
        "top3": [ranked.model_id for ranked in recommendation.models[:_PODIUM]],
        "models": [
            {
                "model": ranked.model_id,
                "score": _number(ranked.score),
                "low": _number(ranked.low),
                "high": _number(ranked.high),
                "top3": _number(ranked.top3),
                "reason": ranked.reason,
                "details": list(ranked.details),
                "evidence": list(ranked.evidence),
            }
            for ranked in recommendation.models
        ],
        "worth_running": list(recommendation.worth_running),
        "explored": recommendation.explored,
        "images": [image(ranked) for ranked in recommendation.images],
        "like_prompts": list(recommendation.like_prompts),
        "left_out": [
            {"model": model_id, "reason": why} for model_id, why in recommendation.left_out
        ],
    }


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
            "rating": _number(row.rating),
            "low": _number(row.low),
            "high": _number(row.high),
            "votes": row.votes,
            "preliminary": row.is_preliminary,
            "acceptability": None if row.acceptability is None else _share(row.acceptability),
            "elo": _number(row.elo),
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
        "tie_chance": None if board.tie_chance is None else _number(board.tie_chance),
        "groups": board.groups,
        "rows": [line(row) for row in board.rows],
    }


def _share(share: Share) -> Document:
    return {
        "share": _number(share.share),
        "low": _number(share.low),
        "high": _number(share.high),
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
            "agreement": _number(float(voters.agreement[i])),
            "agreement_low": _number(float(voters.low[i])),
            "agreement_high": _number(float(voters.high[i])),
            "tie_share": _number(float(voters.tie_share[i])),
            "left_share": _number(float(voters.left_share[i])),
            "remark": voters.remark[i],
            "most_moved": model_id,
            "points_without": _number(POINTS_PER_LOGIT * rise),
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


def models_document(
    models: Iterable[Model], problems: Mapping[str, str | None] | None = None
) -> Document:
    """Catalog entries; ``problem`` says why a model cannot run here, or is null."""
    reasons = problems or {}
    return {
        "models": [
            {
                "id": model.id,
                "name": model.name,
                "description": model.description,
                "source": model.source.kind,
                "licence": model.licence,
                "downloads": model.downloads,
                "tags": list(model.tags),
                "url": model.url,
                "retired": model.retired,
                "seconds_per_image": model.cost.seconds_per_image,
                "vram_gb": model.cost.vram_gb,
                "usd_per_image": model.cost.usd_per_image,
                "download_gb": model.cost.download_gb,
                "steps": model.parameters.steps,
                "guidance_scale": model.parameters.guidance_scale,
                "problem": reasons.get(model.id),
            }
            for model in models
        ]
    }


def prompts_document(prompts: Iterable[Prompt]) -> Document:
    """Prompts with their categories."""
    return {"prompts": [{"prompt": p.text, "category": p.category} for p in prompts]}


def images_document(images: Iterable[Image], file_for: Callable[[Image], str]) -> Document:
    """Generated images; ``seconds`` is the time an image took when it was made."""
    return {
        "images": [
            {
                "model": image.model_id,
                "prompt": image.prompt,
                "seed": image.seed,
                "file": file_for(image),
                "seconds": None if image.seconds is None else _number(image.seconds),
            }
            for image in images
        ]
    }


def scores_document(
    prompt: str,
    weights: Weights,
    images: Sequence[ScoredImage],
    file_for: Callable[[Image], str],
) -> Document:
    """The images of a prompt by their combined score; unknown values are null."""
    return {
        "prompt": prompt,
        "weights": {kind: getattr(weights, kind) for kind in KINDS},
        "images": [
            {
                "model": scored.image.model_id,
                "seed": scored.image.seed,
                "score": _number(scored.score),
                "raw": {kind: _maybe(value) for kind, value in scored.raw.items()},
                "normalised": {k: _number(v) for k, v in scored.normalised.items()},
                "file": file_for(scored.image),
            }
            for scored in images
        ],
    }


def _maybe(value: float | None) -> float | None:
    return None if value is None else _number(value)


def _number(value: float) -> float | None:
    return round(float(value), _DIGITS) if math.isfinite(value) else None
