"""Several training processes that share every gradient, one for each CPU core.

On the CPU, two processes of one thread each train nearly twice as fast as one process of two
threads, because most operations here are too small to be worth splitting.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


class Team:
    """The processes that train one network together; alone, it does nothing.

    Args:
        rank: Number of this process, from zero.
        size: Number of processes.
        meeting: File, new for every start, through which the processes find each other.
    """

    def __init__(self, rank: int = 0, size: int = 1, meeting: Path | None = None) -> None:
        self.rank, self.size = rank, size
        if size > 1 and meeting is not None:
            from torch import distributed

            distributed.init_process_group(
                "gloo", init_method=f"file://{meeting.resolve()}", rank=rank, world_size=size
            )

    @property
    def leads(self) -> bool:
        """Whether this process writes files and progress lines."""
        return self.rank == 0

    def share(self, tensors: list["torch.Tensor"], number: float = 0.0) -> float:
        """Replace tensors by their mean over the team, in place.

        Args:
            tensors: Gradients, the same shapes in every process.
            number: Anything to average along with them.

        Returns:
            The mean of ``number``.
        """
        import torch
        from torch import distributed

        if self.size == 1:
            return number
        extra = torch.tensor([number], dtype=torch.float32)
        flat = torch.cat([*(tensor.reshape(-1) for tensor in tensors), extra])
        distributed.all_reduce(flat)
        flat /= self.size
        start = 0
        for tensor in tensors:
            tensor.copy_(flat[start : start + tensor.numel()].view_as(tensor))
            start += tensor.numel()
        return float(flat[-1])
