"""Studies: specification, queue, and the quality of what people said."""

from gemrec.campaigns.rights import Left, Rights
from gemrec.campaigns.spec import CampaignSpec, parse_spec, read_spec, stored_spec
from gemrec.campaigns.studies import Place, Status, Studies

__all__ = [
    "CampaignSpec",
    "Left",
    "Place",
    "Rights",
    "Status",
    "Studies",
    "parse_spec",
    "read_spec",
    "stored_spec",
]
