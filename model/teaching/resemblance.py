"""A word before teaching: a new class that the network takes for one of its own will be hard to tell from it."""

from collections.abc import Sequence

import numpy as np

from model.inference import read
from model.network import DigitNet

SURE = 0.5  # mean probability of another class from which it is named
LOOKED_AT = 8  # samples of a class


def resemblances(net: DigitNet, images: np.ndarray, labels: Sequence[str]) -> list[str]:
    """A sentence for every new class whose samples the network reads as one of its classes.

    Args:
        net: in eval mode, before it is taught.
        images: uint8 (N, 28, 28), samples.
        labels: N class names.
    """
    sentences = []
    for name in dict.fromkeys(label for label in labels if label not in net.classes):
        own = [index for index, label in enumerate(labels) if label == name][:LOOKED_AT]
        answers, familiar = read(net, images[own])
        mean = (answers * familiar[:, None]).mean(0)  # what does not look like a digit at all is easily told from them
        if mean.max() >= SURE:
            like = net.classes[int(mean.argmax())]
            sentences.append(
                f"To this network, {name} looks like {like}, and may be hard to tell from it: "
                f"give it something that no {like} has."
            )
    return sentences
