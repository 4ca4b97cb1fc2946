"""A run in process: it learns, stops early, resumes, and refuses to go on as another run."""

import json
import shutil
import subprocess
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
import torch

from mien.datasets import ferplus
from mien.errors import ConfigError
from mien.training.architectures import ARCHITECTURES, stages
from mien.training.augmentation import Augmentation
from mien.training.checkpoint import EpochLog
from mien.training.data import TrainingData, training_data
from mien.training.expression_task import ExpressionTask, evaluate
from mien.training.log import RunLog, code_commit
from mien.training.loop import Run, Step
from mien.training.recipes import RECIPES
from mien.training.torch_export import expression_to_onnx

QUICK = replace(RECIPES["seed"], epochs=3, augmentation=Augmentation(shift=0.05))


@pytest.fixture(scope="module")
def data(small_ferplus: Path) -> TrainingData:
    splits = {name: ferplus.load(small_ferplus, name) for name in ferplus.FOLDERS}
    return training_data(splits["train"], splits["valid"], held_out=splits["test"].crops, targets="votes")


def test_copies_are_left_out(data: TrainingData) -> None:
    assert data.copies == 1
    assert data.crops.shape == (63, 1, 48, 48)
    torch.testing.assert_close(data.targets.sum(dim=1), torch.ones(63))


def test_the_seeds_targets_are_one_hot(small_ferplus: Path) -> None:
    train, valid = ferplus.load(small_ferplus, "train"), ferplus.load(small_ferplus, "valid")
    targets = training_data(train, valid, held_out=valid.crops, targets="largest").targets
    assert set(targets.flatten().tolist()) == {0.0, 1.0}


def test_an_epoch_has_one_copy_of_each_picture(data: TrainingData) -> None:
    three = replace(data, crops=data.crops.repeat(3, 1, 1, 1), targets=data.targets.repeat(3, 1))
    task = ExpressionTask(replace(QUICK, copies=3), three)
    epochs = [torch.cat(task.batches(seed)) for seed in range(40)]
    assert all(sorted((rows % 63).tolist()) == list(range(63)) for rows in epochs)
    assert {row for rows in epochs for row in rows.tolist()} == set(range(189))


def test_in_16_bits_it_goes_down_nearly_the_same_way(data: TrainingData) -> None:
    recipe = replace(RECIPES["mien-tiny"], augmentation=Augmentation())
    losses, gradients = [], []
    for bfloat16 in (False, True):
        task = ExpressionTask(recipe, data, bfloat16)
        torch.manual_seed(0)
        network = task.network()
        loss = task.loss(network, torch.arange(32), 0, "cpu")
        loss.backward()  # type: ignore[no-untyped-call]
        losses.append(loss.item())
        gradients.append(torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None]))
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], rel=0.01)
    assert torch.cosine_similarity(*gradients, dim=0) > 0.95


def test_it_learns(data: TrainingData, tmp_path: Path) -> None:
    run = Run(tmp_path, ExpressionTask(replace(QUICK, epochs=20, batch_size=8, average=0.9, schedule="cosine"), data), seed=0)
    log = RunLog(run, {})
    run.train(on_epoch=log.write)
    log.close()
    assert run.progress.best_score > 0.9
    assert run.progress.history[-1].train_loss < run.progress.history[0].train_loss
    assert {path.name for path in tmp_path.iterdir()} == {"checkpoint.pt", "log.json", "curves.png", "tensorboard"}


def test_a_log_names_every_commit_and_keeps_what_is_finished(data: TrainingData, tmp_path: Path) -> None:
    file = tmp_path / "log.json"

    def logged(stop_in: int) -> dict[str, Any]:
        run = Run(tmp_path, ExpressionTask(QUICK, data), seed=0)
        log = RunLog(run, {})

        def stop(step: Step) -> None:
            if step.epoch == stop_in:
                raise KeyboardInterrupt

        with suppress(KeyboardInterrupt):
            run.train(on_step=stop, on_epoch=log.write)
        if run.finished:
            log.write_test([{"protocol": "ferplus-8"}])
        log.close()
        return json.loads(file.read_text())  # type: ignore[no-any-return]

    begun = logged(stop_in=2)
    file.write_text(json.dumps(begun | {"commit": "earlier"}))
    now = begun["commit"]  # none where there is no repository
    for stop_in in (2, 0):
        assert logged(stop_in)["commit"] == (f"earlier, {now}" if now else "earlier")
    finished = file.read_text()
    RunLog(Run(tmp_path, ExpressionTask(QUICK, data), seed=0), {}).close()
    assert file.read_text() == finished


@pytest.mark.skipif(shutil.which("git") is None, reason="no git")
def test_the_commit_of_the_code_is_none_in_a_repository_that_does_not_track_it(tmp_path: Path) -> None:
    installed = tmp_path / "log.py"
    installed.touch()

    def git(*arguments: str) -> str:
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        command = ["git", "-C", str(tmp_path), *identity, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    assert code_commit(installed) is None
    git("init")
    git("commit", "--allow-empty", "-m", "theirs")
    assert code_commit(installed) is None
    git("add", "log.py")
    git("commit", "-m", "ours")
    assert code_commit(installed) == git("rev-parse", "HEAD")
    installed.write_text("changed")
    assert code_commit(installed) == git("rev-parse", "HEAD") + "-dirty"


@pytest.mark.parametrize("optimizer", ["adam", "muon"])
def test_a_run_stopped_within_an_epoch_ends_with_the_same_weights(
    data: TrainingData, tmp_path: Path, optimizer: Literal["adam", "muon"]
) -> None:
    recipe = replace(QUICK, average=0.9, augmentation=RECIPES["mien"].augmentation, optimizer=optimizer)
    whole = Run(tmp_path / "whole", ExpressionTask(recipe, data), seed=3)
    whole.train()

    def stop(step: Step) -> None:
        if (step.epoch, step.number) == (2, 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Run(tmp_path / "parts", ExpressionTask(recipe, data), seed=3).train(on_step=stop, save_every=0)
    resumed = Run(tmp_path / "parts", ExpressionTask(recipe, data), seed=3)
    assert (resumed.progress.epoch, resumed.progress.step) == (2, 1)
    resumed.train()
    for name, weights in whole.network.state_dict().items():
        assert torch.equal(weights, resumed.network.state_dict()[name]), name
    for name, weights in whole.progress.best_weights.items():
        assert torch.equal(weights, resumed.progress.best_weights[name]), name
    losses = [[log.train_loss for log in run.progress.history] for run in (whole, resumed)]
    assert losses[0] == losses[1]


def test_a_run_whose_loss_is_no_number_says_so(data: TrainingData, tmp_path: Path) -> None:
    run = Run(tmp_path, ExpressionTask(replace(QUICK, learning_rate=1e30), data), seed=0)
    with pytest.raises(ConfigError, match="in epoch 1 the loss became no number"):
        run.train()


def test_a_run_goes_on_without_what_it_began_with(data: TrainingData, tmp_path: Path) -> None:
    task, first = ExpressionTask(replace(QUICK, epochs=1), data), tmp_path / "first" / "checkpoint.pt"
    Run(first.parent, task, seed=0).train()
    second = Run(tmp_path / "second", task, seed=1, begin_with=first)
    second.train()
    first.unlink()
    again = Run(tmp_path / "second", task, seed=1, begin_with=first)
    assert torch.equal(again.network.state_dict()["0.weight"], second.network.state_dict()["0.weight"])
    with pytest.raises(ConfigError, match=r"differs in begun_with \(was \['.*'\], is \[None\]\)"):
        Run(tmp_path / "second", task, seed=1)


def test_a_run_may_begin_with_the_weights_of_another(data: TrainingData, tmp_path: Path) -> None:
    first = Run(tmp_path / "first", ExpressionTask(replace(QUICK, epochs=1), data), seed=0)
    first.train()
    checkpoint = tmp_path / "first" / "checkpoint.pt"
    second = Run(tmp_path / "second", ExpressionTask(QUICK, data), seed=1, begin_with=checkpoint)
    for name, weights in second.network.state_dict().items():
        assert torch.equal(weights, first.progress.best_weights[name]), name
    with pytest.raises(ConfigError, match="another network"):
        Run(tmp_path / "third", ExpressionTask(replace(QUICK, architecture="mien"), data), seed=1, begin_with=checkpoint)
    with pytest.raises(ConfigError, match="expected a checkpoint of mien to begin with"):
        Run(tmp_path / "third", ExpressionTask(QUICK, data), seed=1, begin_with=tmp_path / "none.pt")


def test_a_run_may_begin_with_the_weights_of_a_narrower_network(
    data: TrainingData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ARCHITECTURES, "narrow", lambda: stages(((48,), (64, 64), (96, 96)), dropout=0.1))
    monkeypatch.setitem(ARCHITECTURES, "wide", lambda: stages(((64,), (96, 96), (128, 128)), dropout=0.1))
    recipe = replace(RECIPES["mien"], epochs=3)
    first = Run(tmp_path / "first", ExpressionTask(replace(recipe, architecture="narrow"), data), seed=0)
    first.train()
    task = ExpressionTask(replace(recipe, architecture="wide"), data)
    second = Run(tmp_path / "second", task, seed=1, begin_with=tmp_path / "first" / "checkpoint.pt")
    same = (evaluate(network, data.valid_crops) for network in (first.best_network(), second.network))
    torch.testing.assert_close(*same, rtol=1e-4, atol=1e-5)
    second.train()
    weights, begun = second.network.state_dict(), first.progress.best_weights
    unread = [name for name, old in begun.items() if old.ndim == 4 and weights[name].shape[1] > old.shape[1]]
    assert unread
    for name in unread:
        filters, channels = begun[name].shape[:2]
        assert weights[name][:filters, channels:].any(), name


def test_a_run_may_begin_with_a_model_file(data: TrainingData, tmp_path: Path) -> None:
    task = ExpressionTask(replace(RECIPES["mien-tiny"], epochs=1), data)
    first = Run(tmp_path / "first", task, seed=0)
    first.train()
    file = tmp_path / "mien-tiny.onnx"
    file.write_bytes(expression_to_onnx(first.best_network(), mirrored=True).SerializeToString())
    second = Run(tmp_path / "second", task, seed=1, begin_with=file)
    assert task.validate(second.network, "cpu") == pytest.approx(task.validate(first.best_network(), "cpu"), rel=1e-3)
    second.train()
    assert second.finished


def test_validation_or_time_chooses_the_weights_that_are_kept(data: TrainingData) -> None:
    early, late = EpochLog(1, 1.0, 0.4, 0.8, 0.0, 1.0), EpochLog(2, 1.0, 0.5, 0.9, 0.0, 1.0)
    rules: tuple[Literal["accuracy", "cross-entropy", "last"], ...] = ("accuracy", "cross-entropy", "last")
    tasks = {rule: ExpressionTask(replace(QUICK, chosen_by=rule), data) for rule in rules}
    kept = {rule: max(early, late, key=task.merit) for rule, task in tasks.items()}
    assert kept == {"accuracy": late, "cross-entropy": early, "last": late}
    assert max(replace(early, epoch=3), late, key=tasks["last"].merit).epoch == 3


def test_sharpness_aware_steps_are_other_steps_towards_the_same(data: TrainingData, tmp_path: Path) -> None:
    recipe = replace(RECIPES["mien-tiny"], epochs=6, batch_size=16, average=0.5)
    runs = [
        Run(tmp_path / str(radius), ExpressionTask(replace(recipe, sharpness=radius), data), seed=0) for radius in (0.0, 0.05)
    ]
    for run in runs:
        run.train()
        assert run.progress.history[-1].train_loss < 0.85 * run.progress.history[0].train_loss
    plain, aware = (run.network.state_dict()["0.weight"] for run in runs)
    assert not torch.equal(plain, aware)


def test_patience_ends_the_run(data: TrainingData, tmp_path: Path) -> None:
    run = Run(tmp_path, ExpressionTask(replace(QUICK, learning_rate=0.0, epochs=50, patience=2), data), seed=0)
    run.train()
    assert run.finished
    assert len(run.progress.history) == run.progress.best_epoch + 2 < 50


def test_another_setup_is_refused(data: TrainingData, tmp_path: Path) -> None:
    run = Run(tmp_path, ExpressionTask(replace(QUICK, epochs=1), data), seed=0)
    run.train()
    with pytest.raises(ConfigError, match="differs in recipe, seed"):
        Run(tmp_path, ExpressionTask(QUICK, data), seed=1)


def test_the_cosine_ends_at_nothing(data: TrainingData, tmp_path: Path) -> None:
    run = Run(tmp_path, ExpressionTask(replace(QUICK, schedule="cosine", learning_rate=0.5), data), seed=0)
    rates = []
    for epoch in (1, 2, 3):
        for step in range(4):
            run.progress.epoch, run.progress.step = epoch, step
            rates.append(run._learning_rate(4))  # noqa: SLF001
    assert max(rates) <= 0.5
    assert rates[-1] == pytest.approx(0, abs=1e-9)
    assert rates[1:] == sorted(rates[1:], reverse=True)
