"""Run GEMRec: settings, services, page. Also the entry point of a Hugging Face Space."""

import signal
import sys

from gemrec.errors import GemrecError
from gemrec.logs import set_up_logs
from gemrec.services import build_services, restore_backup
from gemrec.settings import load_settings
from gemrec.ui import launch


def main() -> int:
    """Serve the page until it is stopped; return the exit code."""
    try:
        settings = load_settings()
        errors = set_up_logs(settings.log, settings.log_private)
        restored = restore_backup(settings)
        services = build_services(settings)
    except GemrecError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if restored is not None:
        sys.stderr.write(f"{restored}\n")
    # A Space is stopped by SIGTERM: leave through the same door as for Ctrl+C, with a last snapshot.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        services.start()
        launch(services, errors=errors)
    except GemrecError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    finally:
        services.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
