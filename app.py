"""Run GEMRec: settings, services, page. Also the entry point of a Hugging Face Space."""

import sys

from gemrec.errors import GemrecError
from gemrec.services import build_services
from gemrec.settings import load_settings
from gemrec.ui import launch


def main() -> int:
    """Serve the page until it is stopped; return the exit code."""
    try:
        services = build_services(load_settings())
    except GemrecError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    services.start()
    try:
        launch(services)
    finally:
        services.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
