"""Remembering what a pipeline made of a prompt, so that one grid encodes its prompt once."""

from collections import OrderedDict
from typing import Any

KEPT = 8  # encodings per pipeline: a few kilobytes to a few megabytes each


class PromptEncodings:
    """Wraps the ``encode_prompt`` of one pipeline; a pipeline without one is left as it is.

    Every diffusers family calls its own ``encode_prompt`` with its own arguments, so the arguments
    themselves are the key. An adapter may change the text encoder, so its name is part of it.
    """

    def __init__(self, pipe: Any) -> None:
        self._kept: OrderedDict[object, Any] = OrderedDict()
        self._adapter: object = None
        self.made = 0
        if hasattr(pipe, "encode_prompt"):
            self._encode = pipe.encode_prompt
            pipe.encode_prompt = self._remembered

    def use(self, adapter: object) -> None:
        """Say which adapter is active from now on."""
        self._adapter = adapter

    def _remembered(self, *args: Any, **kwargs: Any) -> Any:
        key = _frozen((self._adapter, args, kwargs))
        if key is None:
            return self._encode(*args, **kwargs)
        if key not in self._kept:
            self.made += 1
            self._kept[key] = self._encode(*args, **kwargs)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def _frozen(value: Any) -> object | None:
    """The arguments as a key; None when they hold tensors, which have no cheap one."""
    text = repr(value)
    return None if "tensor(" in text else text
