"""Tables of the README that are made from the code."""
