"""Studies: specification, queue, and the quality of what people said."""

from gemrec.campaigns.documents import campaign_document, status_document
from gemrec.campaigns.reliability import FEWEST_UNITS
from gemrec.campaigns.report import Influence, Quality, quality_document, quality_of
from gemrec.campaigns.rights import Left, Rights
from gemrec.campaigns.spec import CampaignSpec, parse_spec, read_spec, stored_spec
from gemrec.campaigns.studies import Place, Status, Studies

__all__ = [
    "FEWEST_UNITS",
    "CampaignSpec",
    "Influence",
    "Left",
    "Place",
    "Quality",
    "Rights",
    "Status",
    "Studies",
    "campaign_document",
    "parse_spec",
    "quality_document",
    "quality_of",
    "read_spec",
    "status_document",
    "stored_spec",
]
