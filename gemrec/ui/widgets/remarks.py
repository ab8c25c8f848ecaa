"""What may be said beside a vote: reasons before or after it, and why a battle was skipped."""

from gemrec.records import ReasonTag, Remarks
from gemrec.ui.widgets.text import plain

REASONS: tuple[tuple[ReasonTag, str, str], ...] = (
    (ReasonTag.PROMPT_MATCH, "Prompt match", "P"),
    (ReasonTag.LOOKS, "Looks", "L"),
    (ReasonTag.ARTEFACTS, "Artefacts", "A"),
    (ReasonTag.STYLE, "Style", "Y"),
)
"""Tag, label and key; the keys spell PLAY."""

SKIP_REASONS = ("Too similar", "Cannot judge", "Broken images", "Unpleasant")
LONGEST_SKIP_REASON = 200


def reasons(remarks: Remarks) -> str:
    """The tags as toggles, those of ``remarks`` pressed."""
    chips = "".join(
        f'<button type="button" class="g-chip g-reason-chip" data-reason="{tag}" data-key="{key}" '
        f'aria-keyshortcuts="{key}" aria-pressed="{_word(tag in remarks.reasons)}">'
        f"{plain(label)}</button>"
        for tag, label, key in REASONS
    )
    return (
        '<div class="g-remarks" role="group" aria-label="What decides it (optional)">'
        f'<span class="g-soft g-because" aria-hidden="true">Because of</span>{chips}</div>'
    )


def skip_reasons(remarks: Remarks) -> str:
    """Why a battle was skipped: one tap, or own words."""
    given = remarks.skip_reason
    chips = "".join(
        f'<button type="button" class="g-chip g-reason-chip" data-skip="{plain(text)}" '
        f'aria-pressed="{_word(text == given)}">{plain(text)}</button>'
        for text in SKIP_REASONS
    )
    own = "" if given in SKIP_REASONS else given
    return (
        '<div class="g-remarks" role="group" aria-label="Why skipped (optional)">'
        f'<span class="g-soft g-because" aria-hidden="true">Why?</span>{chips}'
        '<input type="text" class="g-own-words" data-skip-words aria-label="Why, in your words" '
        f'placeholder="In your words" maxlength="{LONGEST_SKIP_REASON}" value="{plain(own)}"></div>'
    )


def _word(value: bool) -> str:
    return "true" if value else "false"
