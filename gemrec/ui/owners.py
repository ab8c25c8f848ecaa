"""Who owns this server: people named by setting, or whoever sits at the machine."""

import ipaddress

from gemrec.settings import Settings


def is_owner(settings: Settings, annotator_id: str | None, address: str | None) -> bool:
    """Whether somebody may see and change what concerns everybody.

    Args:
        settings: ``owners`` holds annotator ids (``hf:NAME`` for an account) with commas.
        annotator_id: Who asks, by their signed cookie; None when nobody is known.
        address: From where; only this machine itself counts when no owner is named.
    """
    owners = {name.strip() for name in settings.owners.split(",")} - {""}
    if owners:
        return annotator_id in owners
    try:
        return address is not None and ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
