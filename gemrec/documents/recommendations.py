"""Recommendations."""

from collections.abc import Callable
from typing import Final

from gemrec.documents.numbers import Document, maybe, number
from gemrec.records import Image, RankedImage, Recommendation

_PODIUM: Final = 3


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
            "score": number(ranked.score),
            "low": number(ranked.low),
            "high": number(ranked.high),
            "seed": ranked.image.seed,
            "prompt": ranked.image.prompt,
            "best_of": ranked.best_of,
        }

    knowledge = recommendation.knowledge
    return {
        "votes_applied": recommendation.votes_applied,
        "personal": knowledge.personal,
        "loss": {
            "personal": maybe(knowledge.personal_loss),
            "everybody": maybe(knowledge.shared_loss),
        },
        "votes_to_go": recommendation.votes_to_go,
        "top3": [ranked.model_id for ranked in recommendation.models[:_PODIUM]],
        "models": [
            {
                "model": ranked.model_id,
                "score": number(ranked.score),
                "low": number(ranked.low),
                "high": number(ranked.high),
                "top3": number(ranked.top3),
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
