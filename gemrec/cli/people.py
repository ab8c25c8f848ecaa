"""Names of people on the command line."""

from gemrec.cli.output import tell
from gemrec.errors import InputError
from gemrec.services import Services


def known_annotator(services: Services, name: str | None) -> str | None:
    """The id of the annotator with this name; a new name has no votes, which is no mistake."""
    if name is None:
        return None
    if not name.strip():
        raise InputError("annotator: got an empty name; allowed: a name, or leave the option out")
    annotator_id = services.annotator_id(name)
    if annotator_id is None:
        tell(f"Nobody called {name!r} has voted yet, so this is everybody's order.")
        return name  # an id that nobody has
    return annotator_id
