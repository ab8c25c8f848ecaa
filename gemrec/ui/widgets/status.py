"""The one line under the prompt: progress, a notice, a lesson or an error."""

from gemrec.ui.widgets.text import percent, plain


def progress(fraction: float, message: str) -> str:
    """A progress bar with its message.

    Args:
        fraction: 0..1; both sides of a battle as one number.
        message: What is happening.
    """
    share = percent(fraction)
    return (
        '<div class="g-status g-working">'
        f'<p class="g-line" role="status">{plain(message)}</p>'
        '<div class="g-progress" role="progressbar" aria-label="Drawing both grids" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{round(min(max(fraction, 0), 1) * 100)}">'
        f'<span style="width:{share}"></span></div></div>'
    )


def waiting(message: str) -> str:
    """Something is under way whose end cannot be foretold."""
    return (
        '<div class="g-status g-working">'
        f'<p class="g-line" role="status">{plain(message)}</p>'
        '<div class="g-progress g-endless" aria-hidden="true"><span></span></div></div>'
    )


def line(message: str, *, extra: str = "") -> str:
    """A quiet sentence; ``extra`` is a second, weaker one."""
    more = f' <span class="g-soft">{plain(extra)}</span>' if extra else ""
    return f'<div class="g-status"><p class="g-line" role="status">{plain(message)}{more}</p></div>'


def problem(message: str) -> str:
    """Something went wrong; ``message`` says what to do."""
    return (
        f'<div class="g-status"><p class="g-line g-problem" role="alert">{plain(message)}</p></div>'
    )


def notice(message: str) -> str:
    """A hint beside the work, such as unknown words in the prompt; empty text shows nothing."""
    return f'<p class="g-notice" role="note">{plain(message)}</p>' if message else ""
