"""Trainings that visitors watch: started, asked about, stopped, taken up again; their networks kept to draw with."""

import secrets
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from model import DigitNet
from model.checks import fields_of
from model.design.configuration import read_design
from model.design.live_training import LiveTraining, Look, News
from ui.background.jobs import Jobs
from ui.background.processes import Processes, Report
from ui.kept.networks import Networks
from ui.serving.answers import to_base64

MOST_TRAININGS = 12  # that are remembered, so that they can be taken up again, besides those that wait or run
KERNELS = 16  # of a convolution that are shown
CLOCK = 8  # characters of a time of day, "14:02:31"


class LiveTrainings:
    """The trainings of all visitors, each known by a key that nobody can guess.

    Args:
        networks: among which one is kept to draw with.
        jobs: where the trainings wait in line.
        processes: where they run.
        data: directory that holds MNIST/raw.
    """

    def __init__(self, networks: Networks, jobs: Jobs, processes: Processes, data: str | Path) -> None:
        self._networks, self._jobs, self._processes, self._data = networks, jobs, processes, data
        self._trainings: OrderedDict[str, LiveTraining] = OrderedDict()  # as they were last looked at
        self._job_of: dict[str, str] = {}  # the last one of each training
        self._changing = threading.Lock()

    def start_training(self, request: object) -> dict[str, str]:
        """Put the training of a design into the queue.

        Args:
            request: {design, epochs}.

        Returns:
            `training`, to resume or keep it by, and `job`, to ask about it with.

        Raises:
            ValueError: the design is not valid or too large, the epochs are out of range, or too many are waiting.
        """
        design, epochs = fields_of(request, "design", "epochs")
        training, key = LiveTraining(read_design(design), epochs, self._data), secrets.token_hex(16)
        with self._changing:
            job = self._start(key, training)
            self._trainings[key] = training
            self._forget_oldest()
        return {"training": key, "job": job}

    def resume_training(self, request: object) -> dict[str, str]:
        """Have a training that was stopped go on.

        Args:
            request: {training}.

        Returns:
            `job`, to ask about it with.

        Raises:
            ValueError: there is no such training, it is finished or running already, or too many are waiting.
        """
        key, training = self._training(request)
        if training.finished:
            raise ValueError("This training is finished; draw with it, or start another one with more epochs.")
        with self._changing:
            if self._jobs.goes_on(self._job_of[key]):
                raise ValueError("This training is running already; stop it first to resume it here.")
            return {"job": self._start(key, training)}

    def stop_training(self, request: object) -> dict[str, Any]:
        """Have a training stop after its present slice; what it has learned is kept.

        Args:
            request: {job}.

        Raises:
            ValueError: there is no such job.
        """
        self._jobs.cancel(*fields_of(request, "job"))
        return {}

    def keep_training(self, request: object) -> dict[str, str]:
        """Keep the network as it was last looked at, so that one can draw with it.

        Args:
            request: {training, clock}: its key, and the visitor's time of day, which becomes part of the title.

        Returns:
            `job`, to ask about it with; its outcome is `key` and `title` of the network, and a `sentence`.

        Raises:
            ValueError: there is no such training, or too many are waiting.
        """
        (_, training), (clock,) = self._training(request), fields_of(request, "clock")
        if not isinstance(clock, str) or len(clock) > CLOCK:
            raise ValueError('clock is the time of day that the network is named after, like "14:02:31".')

        def work(report: Report) -> dict[str, str]:
            net, history = self._processes.run(calibrated, (training,), report)
            title = f"own design {clock}"
            accuracy = history["figures"]["validation"]["accuracy"]
            return {
                "key": self._networks.keep(net, title=title, **history),
                "title": title,
                "sentence": f"It reads {100 * accuracy:.2f} % of all validation images and is selected: draw with it.",
            }

        return {"job": self._jobs.start(work, "keeping a design", quick=True)}

    def _training(self, request: object) -> tuple[str, LiveTraining]:
        (key,) = fields_of(request, "training")
        with self._changing:
            if not isinstance(key, str) or key not in self._trainings:
                raise ValueError("The server no longer has this training; start it again.")
            self._trainings.move_to_end(key)
            return key, self._trainings[key]

    def _forget_oldest(self) -> None:
        """Where there are too many, forget those used least recently; none that waits or runs."""
        idle = [key for key in self._trainings if not self._jobs.goes_on(self._job_of[key])]
        for key in idle[: max(len(idle) - MOST_TRAININGS, 0)]:
            del self._trainings[key], self._job_of[key]

    def _start(self, key: str, training: LiveTraining) -> str:
        def remember(learned: LiveTraining | None) -> None:
            with self._changing:
                if learned is not None and key in self._trainings:
                    self._trainings[key] = learned
                    self._trainings.move_to_end(key)

        def work(report: Report) -> None:
            def heed(*all_news: tuple[dict[str, Any], LiveTraining | None]) -> None:
                for _, learned in all_news:
                    remember(learned)
                report(*(told for told, _ in all_news))

            remember(self._processes.run(train, (training,), heed))

        self._job_of[key] = self._jobs.start(work, "training")
        return self._job_of[key]


def train(report: Report, training: LiveTraining) -> LiveTraining:
    """Continue a training; every look carries its state, so that no more than that is lost with its process."""
    training.run(lambda news: report((told(news), training if news.look else None)))
    return training


def calibrated(_report: Report, training: LiveTraining) -> tuple[DigitNet, dict[str, Any]]:
    """As `LiveTraining.network`."""
    return training.network()


def told(news: News) -> dict[str, Any]:
    """News as JSON values."""
    return {
        "images": news.images,
        "total": news.total,
        "seconds": round(news.seconds, 2),
        "loss": round(news.loss, 4),
        "look": _seen(news.look) if news.look else None,
    }


def _seen(look: Look) -> dict[str, Any]:
    """A look as JSON values; pictures are bytes in base64."""
    return {
        "accuracy": look.accuracy,
        "watched": look.watched,
        "misread": [
            {"image": to_base64(sample.image), "label": sample.label, "answer": sample.answer}
            for sample in look.misread
        ],
        "field": to_base64(np.rint(255 * look.field).astype(np.uint8)),
        "box": look.box.corners,
        "region": look.region.corners,
        "kernels": [
            {"layer": layer, "side": weights.shape[-1], "count": len(weights), "weights": _signed(weights[:KERNELS])}
            for layer, weights in look.kernels.items()
        ],
    }


def _signed(weights: np.ndarray) -> str:
    """Kernels as int8, the strongest weight of each 127 or -127."""
    most = np.abs(weights).max(axis=(1, 2), keepdims=True)
    return to_base64(np.rint(127 * weights / np.maximum(most, 1e-12)).astype(np.int8))
