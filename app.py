"""Run GEMRec: settings, services, page. Also the entry point of a Hugging Face Space."""
# ruff: noqa: E402 - the imports below are what the first statement is for

import gc

# Imports make a million objects and no garbage; looking for it is a sixth of a server's start.
gc.disable()

import logging
import signal
import sys

from gemrec.errors import GemrecError
from gemrec.logs import set_up_logs
from gemrec.services import build_services, join_cluster, restore_backup
from gemrec.settings import load_settings
from gemrec.ui import launch

log = logging.getLogger("gemrec.app")


def main() -> int:
    """Serve the page until it is stopped; return the exit code."""
    # What the imports made stays for ever: later searches need not look at it again.
    gc.freeze()
    gc.enable()
    try:
        settings = load_settings()
        errors = set_up_logs(settings.log, settings.log_private)
        restored = restore_backup(settings)
        services = build_services(settings)
        join_cluster(settings)
    except GemrecError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if restored is not None:
        log.info("%s", restored)
    # A Space is stopped by SIGTERM: leave through the same door as for Ctrl+C, with a last snapshot.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        launch(services, errors=errors)
    except GemrecError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    finally:
        services.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
