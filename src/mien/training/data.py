"""What a training run sees: FER+ train without copies, with targets; and validation under its protocol."""

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mien.datasets.copies import find_copies
from mien.datasets.split import Split
from mien.evaluation.protocols import PROTOCOLS, vote_shares
from mien.faces.expressions import EXPRESSIONS
from mien.training.examples import PROTOCOL


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Crops as uint8 tensors (n, 1, 48, 48); targets as distributions (n, 8).

    copies: how many training pictures were left out because validation or test holds them too.
    """

    crops: Tensor
    targets: Tensor
    valid_crops: Tensor
    valid_labels: Tensor
    valid_shares: Tensor
    copies: int

    def digest(self) -> str:
        """SHA-256 over everything that the training sees: a run may not go on with other data."""
        digest = hashlib.sha256()
        for tensor in (self.crops, self.targets, self.valid_crops, self.valid_labels, self.valid_shares):
            digest.update(tensor.numpy().tobytes())
        return digest.hexdigest()


def training_data(
    train: Split, valid: Split, *, held_out: NDArray[np.uint8], targets: Literal["largest", "votes"]
) -> TrainingData:
    """``held_out`` (n, 48, 48): more pictures, besides validation, whose copies must not be trained on."""
    copies = find_copies(train.crops, np.concatenate([valid.crops, held_out]))
    shares = vote_shares(train.votes)
    keep = ~copies if targets == "largest" else ~copies & (shares.sum(axis=1) > 0)
    if targets == "largest":
        shares = np.eye(len(EXPRESSIONS))[PROTOCOLS["ferplus-seed"].judge(train.votes)[1]]
    kept_valid, labels = PROTOCOLS[PROTOCOL].judge(valid.votes)
    return TrainingData(
        crops=_tensor(train.crops[keep]),
        targets=torch.from_numpy(shares[keep].astype(np.float32)),
        valid_crops=_tensor(valid.crops[kept_valid]),
        valid_labels=torch.from_numpy(labels[kept_valid]),
        valid_shares=torch.from_numpy(vote_shares(valid.votes[kept_valid]).astype(np.float32)),
        copies=int(copies.sum()),
    )


def _tensor(crops: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(crops).unsqueeze(1)
