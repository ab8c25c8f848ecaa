"""GEMRec: which text-to-image model should run for this person and prompt, and which image will they like best?"""

__version__ = "0.1.0"
