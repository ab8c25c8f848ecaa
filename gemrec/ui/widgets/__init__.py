"""Pieces of the page as HTML text; pure functions that escape everything people or files wrote."""
