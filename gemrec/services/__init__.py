"""Everything built once and wired: what the page and the commands talk to."""

from gemrec.services.options import (
    backend_options,
    catalog_files,
    crew_of,
    encoder_folder,
    encoder_options,
    join_cluster,
    prompt_files,
)
from gemrec.services.services import MOST_MODELS, Services
from gemrec.services.threads import let_answers_through
from gemrec.services.wiring import (
    TICKET_SECRET,
    build_services,
    restore_backup,
    utc_now,
    within_reach,
)

__all__ = [
    "MOST_MODELS",
    "TICKET_SECRET",
    "Services",
    "backend_options",
    "build_services",
    "catalog_files",
    "crew_of",
    "encoder_folder",
    "encoder_options",
    "join_cluster",
    "let_answers_through",
    "prompt_files",
    "restore_backup",
    "utc_now",
    "within_reach",
]
