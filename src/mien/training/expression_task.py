"""What the loop needs to know to train an expression network."""

from dataclasses import asdict, dataclass
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.training.architectures import ARCHITECTURES
from mien.training.checkpoint import EpochLog
from mien.training.data import TrainingData
from mien.training.examples import PROTOCOL
from mien.training.recipes import Recipe

_EVALUATION_BATCH: Final = 512


@dataclass(frozen=True, slots=True)
class ExpressionTask:
    """An architecture, cross-entropy to the targets, chosen on validation as the recipe says (see ``Task``).

    bfloat16: layers compute in 16 bits while they learn (Kalamkar et al. 2019), which some processors do faster.
    """

    recipe: Recipe
    data: TrainingData
    bfloat16: bool = False
    score: str = f"accuracy, {PROTOCOL}"

    @property
    def name(self) -> str:
        """The architecture's."""
        return self.recipe.architecture

    def network(self) -> nn.Module:
        """A new network of the recipe's architecture."""
        return ARCHITECTURES[self.recipe.architecture]()

    def setup(self) -> dict[str, Any]:
        """The recipe and a digest of the data."""
        return {"recipe": asdict(self.recipe), "data": self.data.digest(), "bfloat16": self.bfloat16}

    def batches(self, seed: int) -> list[Tensor]:
        """The pictures, one copy of each, in a new order; a last single one is left out, batch norm cannot take it."""
        generator = torch.Generator().manual_seed(seed)
        copies = self.recipe.copies or 1
        pictures = len(self.data.crops) // copies
        rows = torch.randperm(pictures, generator=generator)
        if copies > 1:
            rows += pictures * torch.randint(copies, (pictures,), generator=generator)
        batches = rows.split(self.recipe.batch_size)  # type: ignore[no-untyped-call]
        return [batch for batch in batches if len(batch) > 1]

    def loss(self, network: nn.Module, rows: Tensor, seed: int, device: str) -> Tensor:
        """Cross-entropy on augmented crops; copies that were changed beforehand are only made worse."""
        augmentation = self.recipe.augmentation.parted()[1] if self.recipe.copies else self.recipe.augmentation
        x, targets = augmentation(
            self.data.crops[rows].to(device).float() / 255,
            self.data.targets[rows].to(device),
            torch.Generator().manual_seed(seed),
        )
        with torch.autocast(device, torch.bfloat16, enabled=self.bfloat16):
            logits = network(x.contiguous(memory_format=torch.channels_last))
        return functional.cross_entropy(logits.float(), targets)

    def validate(self, network: nn.Module, device: str) -> tuple[float, float]:
        """(cross-entropy to the votes, accuracy) on validation."""
        logits = evaluate(network, self.data.valid_crops, device)
        accuracy = (logits.argmax(dim=1) == self.data.valid_labels).float().mean().item()
        return functional.cross_entropy(logits, self.data.valid_shares).item(), accuracy

    def merit(self, log: EpochLog) -> float:
        """The accuracy, the cross-entropy turned round, or how late it is."""
        merits = {"accuracy": log.valid_score, "cross-entropy": -log.valid_loss, "last": float(log.epoch)}
        return merits[self.recipe.chosen_by]


@torch.inference_mode()
def evaluate(network: nn.Module, crops: Tensor, device: str = "cpu") -> Tensor:
    """Logits (n, 8), on the CPU, of uint8 crops (n, 1, 48, 48); leaves the network in evaluation mode."""
    network.eval()
    batches = crops.split(_EVALUATION_BATCH)  # type: ignore[no-untyped-call]
    return torch.cat([network(batch.to(device).float() / 255).cpu() for batch in batches])
