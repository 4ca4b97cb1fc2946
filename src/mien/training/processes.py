"""One training run by several processes or machines, begun by torchrun; by a single one otherwise."""

import atexit
import os
from dataclasses import dataclass
from importlib import import_module
from typing import TypeVar, cast

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Processes:
    """A process among ``count``: the first (``rank`` 0) validates, saves and tells; all take the same steps."""

    rank: int = 0
    count: int = 1

    def share(self, rows: Tensor) -> Tensor:
        """The part of a batch that is this process's; all of it where a part would be too small for batch normalisation."""
        return rows[self.rank :: self.count] if len(rows) >= 2 * self.count else rows

    def together(self, network: nn.Module) -> nn.Module:
        """The network, its gradients averaged over the processes, its running statistics those of the first."""
        return DistributedDataParallel(network) if self.count > 1 else network

    def any(self, flag: bool) -> bool:
        """Whether it holds in any process."""
        if self.count == 1:
            return flag
        told = torch.tensor(int(flag))
        if distributed.get_backend() == "nccl":
            told = told.cuda()
        distributed.all_reduce(told, distributed.ReduceOp.MAX)
        return bool(told.item())

    def sum(self, parts: list[Tensor]) -> list[Tensor]:
        """The sum over the processes of each tensor, of the same shapes in all of them."""
        if self.count == 1 or not parts:
            return parts
        flat = torch.cat([part.flatten() for part in parts])
        distributed.all_reduce(flat)
        sums = flat.split([part.numel() for part in parts])  # type: ignore[no-untyped-call]
        return [whole.view_as(part) for whole, part in zip(sums, parts, strict=True)]

    def of_the_first(self, value: _T | None) -> _T:
        """What the first process has, in all of them."""
        held = [value]
        if self.count > 1:
            distributed.broadcast_object_list(held, src=0)
        return cast("_T", held[0])


def processes(device: str) -> Processes:
    """As torchrun's environment says; joins the others (gloo on the CPU, nccl on GPUs, one each)."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        return Processes()
    if not distributed.is_initialized():
        # An optimizer's first step imports it. Where there is a group by then, the group outlives its end, threads and all,
        # and the interpreter's end now and then aborts those.
        import_module("torch._dynamo")
        if device == "cuda":
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        distributed.init_process_group("nccl" if device == "cuda" else "gloo")
        # For the same reason: else the interpreter's end finds its threads still at work.
        atexit.register(distributed.destroy_process_group)
    return Processes(distributed.get_rank(), count)
