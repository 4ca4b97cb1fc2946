"""The protocols on pictures whose votes are worked by hand."""

import numpy as np
import pytest

from mien.evaluation.protocols import PROTOCOLS, vote_shares

#          neu hap sur sad ang dis fea con unk NF
CLEAR = [8, 1, 1, 0, 0, 0, 0, 0, 0, 0]
TIED = [0, 5, 5, 0, 0, 0, 0, 0, 0, 0]
UNKNOWN = [3, 0, 0, 0, 0, 0, 0, 0, 4, 3]
STRAYS = [1, 1, 1, 1, 1, 3, 1, 1, 0, 0]
NOBODY = [0, 0, 0, 0, 0, 0, 0, 0, 2, 8]
VOTES = np.array([CLEAR, TIED, UNKNOWN, STRAYS, NOBODY], np.uint8)


@pytest.mark.parametrize(
    ("name", "kept", "labels"),
    [
        ("ferplus-8", [True, True, False, True, False], {0: 0, 1: 1, 3: 5}),
        ("ferplus-majority", [True, False, False, True, False], {0: 0, 3: 5}),
        ("ferplus-seed", [True] * 5, {0: 0, 1: 1, 2: 0, 3: 5, 4: 0}),
    ],
)
def test_what_each_protocol_keeps_and_calls_it(name: str, kept: list[bool], labels: dict[int, int]) -> None:
    mask, judged = PROTOCOLS[name].judge(VOTES)
    assert mask.tolist() == kept
    assert {int(i): int(judged[i]) for i in np.flatnonzero(mask)} == labels


def test_shares_are_of_the_expression_votes() -> None:
    shares = vote_shares(VOTES)
    assert shares[2].tolist() == [1.0] + [0.0] * 7
    assert shares[4].tolist() == [0.0] * 8
    np.testing.assert_allclose(shares[:4].sum(axis=1), 1)
