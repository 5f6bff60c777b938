"""Live training: news as it runs, stopped at any time, resumed where it stopped, and a network that can be kept."""

import pickle
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from model import NetworkConfig, StageConfig, data
from model.data import DataError
from model.design import live_training as live
from model.design.configuration import DesignError, write_design
from model.design.live_training import LiveTraining, News
from tests.ui.conftest import Here, ended
from ui.background.jobs import Jobs
from ui.design import live_trainings as ui_live
from ui.design.live_trainings import LiveTrainings
from ui.kept.networks import Networks

SMALL = NetworkConfig(4, stem_stride=4, stages=(StageConfig(8, dilation=2), StageConfig(8)))
PATIENCE = 60.0  # seconds


@pytest.fixture(autouse=True)
def small_validation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves 256 of the stand-in's 456 images to train on: two steps an epoch."""
    monkeypatch.setattr(data, "VALIDATION_SIZE", 200)
    monkeypatch.setattr(live, "SLICE", 0.0)  # news after every step
    live._data.cache_clear()
    yield
    live._data.cache_clear()


def stopping_after(count: int, news: list[News]) -> Callable[[News], None]:
    """Reports into `news`, and asks to stop with the last of so many."""

    def report(one: News) -> None:
        news.append(one)
        if len(news) >= count:
            raise CancelledError

    return report


def weights(training: LiveTraining) -> dict[str, torch.Tensor]:
    """The weights of the network as it would be kept, without its calibration."""
    state = training.network()[0].state_dict()
    return {name: value for name, value in state.items() if value.ndim}


def test_news_continues_to_the_last_image(stand_in_data: Path) -> None:
    training, news = LiveTraining(SMALL, 3, stand_in_data), []
    training.run(news.append)
    assert training.finished
    assert [one.images for one in news] == [128 * step for step in range(1, 7)]
    assert {one.total for one in news} == {768}
    assert news == sorted(news, key=lambda one: one.seconds)
    first, last = news[0].look, news[-1].look
    assert first is not None
    assert last is not None
    assert last.watched == 200
    assert len(last.misread) == min(live.MISREAD, round(200 * (1 - last.accuracy)))
    assert last.field.shape == (28, 28)
    assert last.field.max() == 1
    assert {name: kernels.shape for name, kernels in last.kernels.items()} == {
        "stem": (4, 5, 5),
        "stages.0": (4, 3, 3),
        "stages.1": (8, 3, 3),
    }


def test_it_learns(stand_in_data: Path) -> None:
    news: list[News] = []
    LiveTraining(SMALL, 20, stand_in_data).run(news.append)
    assert news[-1].loss < 0.85 * news[0].loss


def test_images_shown_as_misread_are_misread(stand_in_data: Path) -> None:
    training, news = LiveTraining(SMALL, 1, stand_in_data), []
    training.run(news.append)
    _, validation = data.load_training(stand_in_data)
    truth = {image.numpy().tobytes(): int(label) for image, label in zip(*validation, strict=True)}
    net, _ = training.network()
    for sample in news[-1].look.misread:
        assert truth[sample.image.tobytes()] == sample.label != sample.answer
        assert net(torch.from_numpy(sample.image)[None, None]).argmax() == sample.answer


def test_stopped_and_resumed_is_the_uninterrupted_training(stand_in_data: Path) -> None:
    whole, parts = LiveTraining(SMALL, 2, stand_in_data), LiveTraining(SMALL, 2, stand_in_data)
    whole.run(lambda _: None)
    news: list[News] = []
    parts.run(stopping_after(1, news))
    assert not parts.finished
    parts.run(stopping_after(3, news))
    parts.run(news.append)
    assert parts.finished
    assert [one.images for one in news] == [128, 256, 384, 512]
    for name, value in weights(whole).items():
        assert torch.equal(value, weights(parts)[name]), name


def test_a_training_goes_on_in_another_process_as_if_it_had_stayed(stand_in_data: Path) -> None:
    whole, parts = LiveTraining(SMALL, 2, stand_in_data), LiveTraining(SMALL, 2, stand_in_data)
    whole.run(lambda _: None)
    news: list[News] = []
    for count in (1, 3, 9):  # within the first epoch, within the second, to the end
        with suppress(CancelledError):
            parts.run(stopping_after(count, news))
        parts = pickle.loads(pickle.dumps(parts))
    assert parts.finished
    assert [one.images for one in news] == [128, 256, 384, 512]
    for name, value in weights(whole).items():
        assert torch.equal(value, weights(parts)[name]), name


def test_a_run_ends_by_itself_after_its_time_and_can_go_on(stand_in_data: Path) -> None:
    training, news = LiveTraining(SMALL, 2, stand_in_data), []
    training.run(news.append, most_seconds=1e-3)
    assert len(news) <= 1
    assert not training.finished
    training.run(news.append)
    assert training.finished


def test_what_was_learned_before_a_stop_can_be_kept(stand_in_data: Path) -> None:
    training = LiveTraining(SMALL, 4, stand_in_data)
    with pytest.raises(ValueError, match="not started yet"):
        training.network()
    training.run(stopping_after(2, []))
    net, history = training.network()
    assert not net.training
    assert history["figures"]["validation"]["images"] == 200
    assert net.temperature != 1
    copy, _ = training.network()
    assert copy is not net


def test_one_training_does_not_run_twice_at_once(stand_in_data: Path) -> None:
    training = LiveTraining(SMALL, 1, stand_in_data)

    def again(_: News) -> None:
        with pytest.raises(ValueError, match="already running"):
            training.run(lambda _: None)

    training.run(again)


def test_a_loss_that_is_not_finite_is_an_error(stand_in_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live.Training, "_step", lambda *_: torch.tensor(float("nan")))
    with pytest.raises(ValueError, match="diverged"):
        LiveTraining(SMALL, 1, stand_in_data).run(lambda _: None)


@pytest.mark.parametrize("epochs", [0, 21, 1.5, True, None, "4"])
def test_the_length_is_bounded(epochs: object, tmp_path: Path) -> None:
    with pytest.raises(DesignError, match="expected a whole number from 1 to 20"):
        LiveTraining(SMALL, epochs, tmp_path)


def test_a_design_that_is_too_large_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(DesignError, match="at most"):
        LiveTraining(NetworkConfig(64, stages=(StageConfig(1024, 15),), separable=False), 1, tmp_path)


def test_without_mnist_the_sentence_says_how_to_give_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Missing:
        def __init__(self, *_: object, **__: object) -> None:
            raise RuntimeError("Dataset not found. You can use download=True to download it")

    monkeypatch.setattr(data, "import_mnist", lambda: Missing)
    training = LiveTraining(SMALL, 1, tmp_path)
    with pytest.raises(DataError, match="give a directory that holds MNIST/raw with --data"):
        training.run(lambda _: None)


# As the page asks for it --------------------------------------------------------------------------------------------


@pytest.fixture
def networks(tmp_path: Path) -> Networks:
    return Networks([], tmp_path / "state")


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


@pytest.fixture
def trainings(networks: Networks, jobs: Jobs, stand_in_data: Path) -> LiveTrainings:
    return LiveTrainings(networks, jobs, Here(), stand_in_data)


def test_from_the_button_to_a_network_that_reads(trainings: LiveTrainings, networks: Networks, jobs: Jobs) -> None:
    started = trainings.start_training({"design": write_design(SMALL), "epochs": 2})
    progress = ended(jobs, started["job"])
    assert progress["state"] == "done", progress["error"]
    assert progress["news"][-1]["images"] == progress["news"][-1]["total"] == 512
    look = progress["news"][-1]["look"]
    assert [kernels["layer"] for kernels in look["kernels"]] == ["stem", "stages.0", "stages.1"]
    keeping = trainings.keep_training({"training": started["training"], "clock": "14:02:31"})
    kept = ended(jobs, keeping["job"])["outcome"]
    assert kept["title"] == "own design 14:02:31"
    assert "validation images" in kept["sentence"]
    assert networks.load(kept["key"]).config == SMALL
    with pytest.raises(ValueError, match="finished"):
        trainings.resume_training({"training": started["training"]})


def test_a_stopped_training_goes_on_where_it_stopped(trainings: LiveTrainings, jobs: Jobs) -> None:
    started = trainings.start_training({"design": write_design(SMALL), "epochs": 20})
    while not jobs.job_progress({"job": started["job"], "since": 0})["news"]:
        time.sleep(0.005)
    with pytest.raises(ValueError, match="running already"):
        trainings.resume_training({"training": started["training"]})
    trainings.stop_training({"job": started["job"]})
    before = ended(jobs, started["job"])["news"][-1]
    resumed = trainings.resume_training({"training": started["training"]})
    after = ended(jobs, resumed["job"])["news"]
    assert after[-1]["images"] == after[-1]["total"]
    if before["images"] < before["total"]:
        assert after[0]["images"] > before["images"]


def test_a_training_that_waits_or_runs_is_not_forgotten(
    trainings: LiveTrainings, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ui_live, "MOST_TRAININGS", 0)
    started = [trainings.start_training({"design": write_design(SMALL), "epochs": 1}) for _ in range(3)]
    for each in started:
        ended(jobs, each["job"])
        with pytest.raises(ValueError, match="is finished"):
            trainings.resume_training({"training": each["training"]})


def test_trainings_are_bounded_and_invalid_requests_are_refused(
    trainings: LiveTrainings, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ui_live, "MOST_TRAININGS", 1)
    started = []
    for _ in range(3):
        started.append(trainings.start_training({"design": write_design(SMALL), "epochs": 1}))
        ended(jobs, started[-1]["job"])
    first, second, _ = started
    for request in ({"training": first["training"]}, {"training": 3}, {}, None):
        with pytest.raises(ValueError, match="no longer has this training"):
            trainings.resume_training(request)
    for request in ({"job": "no such"}, None):
        with pytest.raises(ValueError, match="no longer knows"):
            trainings.stop_training(request)
    with pytest.raises(ValueError, match="stem_channels"):
        trainings.start_training(None)
    with pytest.raises(ValueError, match="time of day"):
        trainings.keep_training({"training": second["training"], "clock": "a" * 50})
