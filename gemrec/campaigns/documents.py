"""Studies as JSON objects."""

from typing import Any

from gemrec.campaigns.spec import stored_spec
from gemrec.campaigns.studies import Status
from gemrec.records import Campaign

Document = dict[str, Any]


def campaign_document(campaign: Campaign) -> Document:
    """One study, without its progress."""
    spec = stored_spec(campaign.spec)
    return {
        "id": campaign.id,
        "title": spec.title,
        "state": campaign.state.value,
        "items": len(spec.items()) - len(spec.gold),
        "gold": len(spec.gold),
        "overlap": spec.overlap,
        "created_at": campaign.created_at.isoformat(),
        "closed_at": None if campaign.closed_at is None else campaign.closed_at.isoformat(),
    }


def status_document(status: Status) -> Document:
    """One study with its progress and its people."""
    progress = status.progress
    return {
        **campaign_document(status.campaign),
        "complete": progress.complete,
        "answered": progress.answered,
        "wanted": progress.wanted,
        "held": progress.held,
        "left_without_a_vote": progress.lapsed,
        "set_aside": progress.broken,
        "work_left_seconds": status.seconds_left,
        "time_left_seconds": status.time_left,
        "annotators": [
            {
                "annotator": one.annotator_id,
                "answered": one.answered,
                "skipped": one.skipped,
                "holding": one.holding,
                "gold": one.golds,
                "gold_wrong": one.wrong,
                "flagged": one.annotator_id in status.flagged,
            }
            for one in status.standings
        ],
    }
