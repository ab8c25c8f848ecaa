"""How the threads of a server share its cores."""

import gc
import sys

from threadpoolctl import threadpool_limits

_SWITCH_SECONDS = 0.0005
_COLLECT = (
    10_000,
    50,
    100,
)  # new objects per look at the youngest; then looks per older generation


def let_answers_through() -> None:
    """Set this process up so that nobody waits for work in the background.

    A vote's matrices are small: several BLAS threads gain nothing, and wait for each other for tens of
    milliseconds when other work has the cores. And a thread that answers somebody gets the interpreter
    from a fit in the background within half a millisecond rather than five, each time it asks. Looking
    for unreachable cycles among all models and images takes tens of milliseconds; young objects, where
    they are, are looked through as before, all others seldom.
    """
    threadpool_limits(1, user_api="blas")
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.set_threshold(*_COLLECT)
