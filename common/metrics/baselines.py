"""The systems that stand beside every other: referees among themselves, and reviews that know nothing of the paper.

human: every referee against the others of the paper. shuffled: what referees wrote of another paper of the same venue.
constant: one review for all papers. A system that is not clearly above the last two has not shown that it read the
paper; one reference less than the others have (human) lowers a maximum, which `equal_references` mends. What a figure
makes of all this is the metrics' business.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from common.metrics.material import Item, System, Text, Trial
from common.metrics.similarity import Rouge

HUMAN, SHUFFLED, CONSTANT, RATED = "human", "shuffled", "constant", "constant rating"
DRAWS = 3
"""Reviews of other papers each paper is given."""
CANDIDATES = 50
"""Reviews that are tried for the constant one."""

NO_REVIEW, NO_REFERENCE, ONE_REVIEW = "no-review", "no-reference", "one-reference"
NO_OTHER_PAPER, OWN_REVIEW = "no-other-paper", "constant-is-its-own"


@dataclass(frozen=True, slots=True)
class Panel:
    """A paper and its referees. key, venue, load_paper: as in `Item`. reviews: with words in them."""

    key: str
    venue: str
    reviews: tuple[Text, ...]
    load_paper: Callable[[], str] | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The constant review. key: of the paper it is a review of. score: ROUGE-1 F1, 0 to 100, as `strongest` has it."""

    key: str
    review: Text
    score: float


def written(name: str, panels: Sequence[Panel], reviews: Mapping[str, Sequence[Text]], note: str = "") -> System:
    """A system's reviews, each a trial against all of its paper's referees. reviews: paper key -> in order."""
    items = {
        one.key: _item(one, [Trial(review, one.reviews) for review in reviews[one.key]])
        for one in panels
        if reviews.get(one.key)
    }
    return System(name, items, note, {one.key: NO_REVIEW for one in panels if one.key not in items})


def leave_one_out(panels: Sequence[Panel]) -> System:
    """Every referee a trial against the paper's others. A paper with one referee is missing: it needs two."""
    items, missing = {}, {}
    for one in panels:
        if len(one.reviews) < 2:
            missing[one.key] = ONE_REVIEW if one.reviews else NO_REFERENCE
            continue
        items[one.key] = _item(
            one, [Trial(review, _without(one.reviews, place)) for place, review in enumerate(one.reviews)]
        )
    return System(HUMAN, items, "each human review against the paper's others", missing)


def shuffled(panels: Sequence[Panel], donors: Sequence[Panel], draws: int = DRAWS, seed: int = 0) -> System:
    """`draws` human reviews of other papers of the venue a paper, no donor twice while there are others.

    A paper's draws depend on the seed, its key and its venue's donors alone, not on the other papers that are scored.
    """
    by_venue: dict[str, list[Panel]] = defaultdict(list)
    for donor in sorted(donors, key=lambda donor: donor.key):
        if donor.reviews:
            by_venue[donor.venue].append(donor)
    items, missing = {}, {}
    for one in panels:
        others = [donor for donor in by_venue[one.venue] if donor.key != one.key]
        if not others:
            missing[one.key] = NO_OTHER_PAPER
            continue
        rng = random.Random(f"{seed}/{one.key}")
        drawn = [(donor, rng.choice(donor.reviews)) for donor in rng.sample(others, min(draws, len(others)))]
        trials = [Trial(replace(review, id=f"{donor.key}#{review.id}"), one.reviews) for donor, review in drawn]
        items[one.key] = _item(one, trials)
    note = f"human reviews of {draws} other papers of the same venue, seed {seed}"
    return System(SHUFFLED, items, note, missing)


def constant(panels: Sequence[Panel], chosen: Chosen, how: str = "") -> System:
    """One review for all papers but its own, where it would be a real one. how: it was chosen, in words."""
    items = {one.key: _item(one, [Trial(chosen.review, one.reviews)]) for one in panels if one.key != chosen.key}
    missing = {one.key: OWN_REVIEW for one in panels if one.key == chosen.key}
    note = f"review {chosen.review.id} of {chosen.key} for every other paper"
    return System(CONSTANT, items, f"{note}; {how}" if how else note, missing)


def raters(panels: Sequence[Panel]) -> System:
    """One empty review a paper, on its referees' form, against all of them: for `ratings.baseline`, which gives every
    paper one rating. Of no use to figures that read."""
    items = {
        one.key: _item(one, [Trial(Text(RATED, {}, form=one.reviews[0].form), one.reviews)])
        for one in panels
        if one.reviews
    }
    missing = {one.key: NO_REFERENCE for one in panels if not one.reviews}
    return System(RATED, items, "one rating for every paper, for each figure the best one; no text", missing)


def strongest(
    panels: Sequence[Panel], donors: Sequence[Panel], candidates: int = CANDIDATES, seed: int = 0
) -> Chosen | None:
    """The review, of `candidates` drawn from the donors', that is most like the reviews of these papers, its own left
    out: the greatest mean over papers of the maximum of ROUGE-1 F1 over references. None where there is no review or no
    other paper to compare it with.

    On the papers that are scored it has seen the answers: an optimistic baseline, hard to beat and meant to be.
    """
    pool = [(one.key, review) for one in sorted(donors, key=lambda one: one.key) for review in one.reviews]
    drawn = random.Random(f"{seed}/constant").sample(pool, min(candidates, len(pool)))
    likeness = Rouge("rouge1")
    values: dict[int, list[float]] = {place: [] for place in range(len(drawn))}
    # Papers outside, candidates inside: the few candidates stay counted while the references pass by.
    for one in panels:
        for place, (key, review) in enumerate(drawn):
            if key != one.key:
                found = likeness.compare([(review.text, reference.text) for reference in one.reviews])
                values[place] += [max(known)] if (known := [value for value in found if not math.isnan(value)]) else []
    means = {place: fmean(found) for place, found in values.items() if found}
    if not means:
        return None
    best = max(means, key=lambda place: (means[place], -place))
    return Chosen(*drawn[best], means[best])


def equal_references(system: System) -> System:
    """Every trial against each subset of its references that lacks one, so that a maximum is over as many as a referee
    left out has; a paper's value is then the mean over them. Nothing to be done for referees left out themselves.

    A trial with one reference has none left: unscored, as the referee is there."""
    items = {
        item.key: replace(
            item,
            trials=tuple(
                Trial(trial.review, _without(trial.references, place))
                for trial in item.trials
                for place in range(max(1, len(trial.references)))
            ),
        )
        for item in system
    }
    return replace(system, items=items)


def _item(panel: Panel, trials: Sequence[Trial]) -> Item:
    return Item(panel.key, panel.venue, tuple(trials), panel.load_paper)


def _without(reviews: tuple[Text, ...], place: int) -> tuple[Text, ...]:
    return reviews[:place] + reviews[place + 1 :]
