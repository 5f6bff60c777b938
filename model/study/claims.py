"""What is usually claimed for separable and for dilated convolution, compared with what the study measured.

The sentences are generated from the figures: other figures give other sentences.
"""

from collections.abc import Callable, Mapping, Sequence
from math import inf, isfinite, sqrt
from statistics import geometric_mean, mean, variance
from typing import NamedTuple

from model.study.networks import StudyNetwork
from model.study.timing import Timing

HOLDS, FAILS, UNCLEAR = "holds", "does not hold", "no clear difference"
CLEAR = 2  # standard errors that a difference of accuracies has to exceed
SAME_TIME = 1.15  # times whose ratio is less count as equal: a busy machine measures no more precisely


class Claim(NamedTuple):
    """One claim and what was found.

    Attributes:
        claim: the claim as it is usually made.
        found: the figures, in a sentence.
        verdict: whether the figures support it, in a few words.
    """

    claim: str
    found: str
    verdict: str


class Effect(NamedTuple):
    """A difference of accuracies and its uncertainty.

    Attributes:
        difference: from -1 to 1.
        error: its standard error; infinite if there are too few seeds to tell.
    """

    difference: float
    error: float

    @property
    def clear(self) -> bool:
        """Whether it is more than chance between seeds would explain."""
        return abs(self.difference) > CLEAR * self.error


def effect(pairs: Sequence[tuple[Sequence[float], Sequence[float]]]) -> Effect:
    """By how much the first of each pair is better than the second, averaged over the pairs.

    Args:
        pairs: accuracies with several seeds, of two networks that differ in one thing.
    """
    differences = [mean(first) - mean(second) for first, second in pairs]
    values = [values for pair in pairs for values in pair]
    if any(len(accuracies) < 2 for accuracies in values):
        return Effect(mean(differences), inf)
    error = sqrt(sum(variance(accuracies) / len(accuracies) for accuracies in values)) / len(pairs)
    return Effect(mean(differences), error)


def points(ours: float, theirs: float) -> str:
    """By how many points one accuracy, 0 to 1, is above another: the difference of the figures as they are printed."""
    difference = round(100 * ours, 2) - round(100 * theirs, 2)
    return f"{abs(difference):.2f} points {'more' if difference > 0 else 'less'}"


def study_claims(networks: Mapping[str, StudyNetwork]) -> list[Claim]:
    """The claims about cost, field and accuracy; empty unless all four networks exist.

    Args:
        networks: as `study_networks` returns them.
    """
    if len(networks) < 4:
        return []
    by_kind = {(network.separable, network.dilated): network for network in networks.values()}
    standard, separable = by_kind[False, True], by_kind[True, True]
    undilated = by_kind[True, False]
    weights = standard.parameters / separable.parameters
    arithmetic = standard.multiply_accumulates / separable.multiply_accumulates
    same_price = (separable.parameters, separable.multiply_accumulates) == (
        undilated.parameters,
        undilated.multiply_accumulates,
    )
    influence = (
        f"; 95 % of the influence lies inside {separable.inside} x {separable.inside} instead of "
        f"{undilated.inside} x {undilated.inside}"
        if separable.inside and undilated.inside
        else ""
    )
    return [
        Claim(
            "A separable convolution needs fewer weights and less arithmetic.",
            f"{standard.parameters:,} parameters become {separable.parameters:,}, {weights:.1f} times fewer; "
            f"{standard.multiply_accumulates:,} multiply-accumulates become {separable.multiply_accumulates:,}, "
            f"{arithmetic:.1f} times fewer.",
            HOLDS if min(weights, arithmetic) > 1 else FAILS,
        ),
        _accuracy_claim(
            "A separable convolution reads as well as a standard one.",
            "separable",
            "standard",
            {
                name: (by_kind[True, dilated], by_kind[False, dilated])
                for name, dilated in (("dilated", True), ("undilated", False))
            },
            _no_worse,
        ),
        Claim(
            "Dilation widens the field at the same price.",
            f"{undilated.field} x {undilated.field} pixels become {separable.field} x {separable.field}, with "
            f"{'as' if same_price else 'not as'} many weights and multiply-accumulates as before{influence}.",
            HOLDS if same_price and separable.field > undilated.field else FAILS,
        ),
        _accuracy_claim(
            "A wider field reads better.",
            "dilated",
            "undilated",
            {
                name: (by_kind[separable, True], by_kind[separable, False])
                for name, separable in (("separable", True), ("standard", False))
            },
            _better,
        ),
    ]


def _no_worse(effects: Sequence[Effect]) -> str:
    if any(effect.clear and effect.difference < 0 for effect in effects):
        return FAILS
    return HOLDS if all(isfinite(effect.error) for effect in effects) else UNCLEAR


def _better(effects: Sequence[Effect]) -> str:
    clear = [effect.difference > 0 for effect in effects if effect.clear]
    if not clear:
        return UNCLEAR
    return HOLDS if all(clear) and len(clear) == len(effects) else FAILS if not any(clear) else "holds in part"


def _accuracy_claim(
    claim: str,
    first: str,
    second: str,
    pairs: Mapping[str, tuple[StudyNetwork, StudyNetwork]],
    verdict: Callable[[Sequence[Effect]], str],
) -> Claim:
    effects, parts = [], []
    for data, title in (("test", "MNIST's test images"), ("pendigits", "people's pen strokes")):
        accuracies = {name: tuple(getattr(network.scores, data) for network in pair) for name, pair in pairs.items()}
        if not all(values for pair in accuracies.values() for values in pair):
            continue
        effects.append(effect(list(accuracies.values())))
        ours, theirs = (mean(mean(pair[side]) for pair in accuracies.values()) for side in (0, 1))
        alone = (f"in the {name} pair, {_difference([pair])}" for name, pair in accuracies.items())
        parts.append(
            f"On {title}, {first} networks read {100 * ours:.2f} % correctly and {second} ones {100 * theirs:.2f} %: "
            f"{_difference(list(accuracies.values()))} ({'; '.join(alone)})."
        )
    return Claim(claim, " ".join(parts) or "Its accuracy was not measured.", verdict(effects) if effects else UNCLEAR)


def _difference(pairs: Sequence[tuple[Sequence[float], Sequence[float]]]) -> str:
    ours, theirs = (mean(mean(pair[side]) for pair in pairs) for side in (0, 1))
    return f"{points(ours, theirs)}{'' if effect(pairs).clear else ', which may be chance'}"


def timing_claims(networks: Mapping[str, StudyNetwork], timings: Mapping[str, Sequence[Timing]]) -> list[Claim]:
    """The claims about time, from measurements on this machine.

    Args:
        networks: all four, as `study_networks` returns them.
        timings: timings of each network, by its name.
    """
    by_kind = {(network.separable, network.dilated): timings[name] for name, network in networks.items()}
    some = {network.separable: network.multiply_accumulates for network in networks.values()}
    arithmetic = some[False] / some[True]
    separation = _ratios([(by_kind[True, dilated], by_kind[False, dilated]) for dilated in (True, False)])
    dilation = _ratios([(by_kind[separable, True], by_kind[separable, False]) for separable in (True, False)])
    slower = [name for name, ratio in separation.items() if ratio > 1 / SAME_TIME]
    dearer = [name for name, ratio in dilation.items() if ratio > SAME_TIME]
    return [
        Claim(
            f"{arithmetic:.1f} times less arithmetic takes less time.",
            f"A separable network takes {_listed(separation)} the time of a standard one.",
            _but_for(slower, separation),
        ),
        Claim(
            "Dilation costs no time.",
            f"A dilated network takes {_listed(dilation)} the time of an undilated one.",
            _but_for(dearer, dilation),
        ),
    ]


def _but_for(exceptions: Sequence[str], cases: Mapping[str, float]) -> str:
    if not exceptions:
        return HOLDS
    return FAILS if len(exceptions) == len(cases) else f"{HOLDS}, but not for {' or '.join(exceptions)}"


def _ratios(pairs: Sequence[tuple[Sequence[Timing], Sequence[Timing]]]) -> dict[str, float]:
    """How many times as long the first of each pair takes as the second, by runtime and batch."""
    by_case: dict[str, list[float]] = {}
    for first, second in pairs:
        for ours, theirs in zip(first, second, strict=True):
            case = f"{ours.runtime} with {ours.batch} image{'s' if ours.batch > 1 else ''}"
            by_case.setdefault(case, []).append(ours.microseconds / theirs.microseconds)
    return {case: geometric_mean(ratios) for case, ratios in by_case.items()}


def _listed(ratios: Mapping[str, float]) -> str:
    cases = [f"{ratio:.2f} times (in {case})" for case, ratio in ratios.items()]
    return f"{', '.join(cases[:-1])} and {cases[-1]}"
