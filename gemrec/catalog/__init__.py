"""The models and prompts on offer, read from files that people can add to."""

from gemrec.catalog.catalog import Catalog
from gemrec.catalog.models import entry_ids, load_catalog
from gemrec.catalog.prompts import PromptBook, load_prompts

__all__ = ["Catalog", "PromptBook", "entry_ids", "load_catalog", "load_prompts"]
