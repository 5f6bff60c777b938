"""What a network is taught: the digits' labels, a teacher's answers, and to prefer no class for what is not a digit."""

import torch.nn.functional as F
from torch import Tensor

from model.training.recipe import Recipe


def digit_loss(recipe: Recipe, logits: Tensor, labels: Tensor, answers: Tensor | None = None) -> Tensor:
    """Cross-entropy to the labels and, with a teacher, to its answers (Hinton et al. 2015, section 2).

    Args:
        recipe: label smoothing, and the weight and the temperature of the teacher's answers.
        logits: (N, classes), of digits.
        labels: (N,).
        answers: the teacher's logits divided by its own temperature, (N, classes).
    """
    loss = F.cross_entropy(logits, labels, label_smoothing=recipe.label_smoothing)
    if answers is None:
        return loss
    soft = F.cross_entropy(logits / recipe.temperature, (answers / recipe.temperature).softmax(1))
    return (1 - recipe.distill) * loss + recipe.distill * recipe.temperature * soft


def outlier_loss(logits: Tensor) -> Tensor:
    """Cross-entropy to the uniform distribution (Hendrycks et al. 2019, section 4.3), for logits (..., classes)."""
    return -logits.log_softmax(-1).mean()
