"""Every error that gemrec raises on purpose, in one tree.

::

    GemrecError
    ├── InputError           what a person typed or sent is not allowed
    │   ├── PromptError      a prompt is empty, too long or has no usable word
    │   ├── UnknownModelError
    │   ├── OutcomeError
    │   ├── TicketError      forged, used, expired or somebody else's ticket
    │   ├── ConsentError     a vote by somebody who has not agreed to the owner's text
    │   └── RateLimitError   too many battles or votes in a short time
    ├── CatalogError         a catalog file has a bad entry
    ├── SettingsError        an environment variable has a bad value
    ├── StoreError           the database cannot be opened, read or written
    │   └── NewerSchemaError     it was written by a newer gemrec
    ├── BackupError          the place of the backups cannot be reached, or holds no good snapshot
    ├── GenerationError      a model could not make its images
    │   ├── GenerationTimeoutError
    │   ├── GenerationCancelledError
    │   └── GenerationRefusedError   safety rules or the cost limit do not allow it
    ├── RemoteError          a hub or another server refuses or cannot be reached
    ├── EmbeddingError       an image or text could not be embedded
    ├── StoppedError         work in the background was given up because the program ends
    └── WorkerError          the process behind a heavy library stopped answering
        ├── WorkerTimeoutError
        └── WorkerCancelledError

A message says what went wrong, what was got, what is allowed and what to do next.
"""


class GemrecError(Exception):
    """Base of every error that gemrec raises on purpose."""


class InputError(GemrecError, ValueError):
    """Something a person typed or sent is not allowed."""


class PromptError(InputError):
    """A prompt is empty, too long or not text."""


class UnknownModelError(InputError):
    """A model id is not in the catalog."""


class OutcomeError(InputError):
    """A vote's outcome is not one of the allowed words."""


class TicketError(InputError):
    """A ticket is forged, already used, expired or belongs to somebody else."""


class RateLimitError(InputError):
    """Too many battles or votes in a short time; the message says when to try again."""


class ConsentError(InputError):
    """Somebody votes who has not agreed to what the owner asks people to agree to."""


class CatalogError(GemrecError):
    """A catalog file has a bad entry; the message names the file, the entry and the field."""


class SettingsError(GemrecError):
    """An environment variable has a value that gemrec cannot use."""


class StoreError(GemrecError):
    """The database cannot be opened, read or written."""


class NewerSchemaError(StoreError):
    """The database was written by a newer gemrec."""


class BackupError(GemrecError):
    """The place of the backups cannot be reached, or what lies there is no good."""


class GenerationError(GemrecError):
    """A model could not make its images."""


class GenerationTimeoutError(GenerationError):
    """A model took longer than it is allowed to."""


class GenerationCancelledError(GenerationError):
    """The person who asked for the images no longer wants them."""


class GenerationRefusedError(GenerationError):
    """The owner's safety rules, a safety checker or the cost limit do not allow these images."""


class RemoteError(GemrecError):
    """A model hub or another server refuses, or cannot be reached."""


class EmbeddingError(GemrecError):
    """An image or a text could not be embedded."""


class StoppedError(GemrecError):
    """Work in the background was given up because the program ends; nothing is half done."""


class WorkerError(GemrecError):
    """The process behind a heavy library stopped answering."""


class WorkerTimeoutError(WorkerError):
    """A job took longer than its time limit; the process was stopped if it did not obey."""


class WorkerCancelledError(WorkerError):
    """The caller no longer wants the job's result."""
