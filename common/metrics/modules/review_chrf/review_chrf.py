"""chrF of reviews as an `evaluate.Metric`; the figures are those of `common.metrics.translation`."""

import evaluate

CITATION = """\
@inproceedings{popovic-2015-chrf,
  title = {chr{F}: character n-gram {F}-score for automatic {MT} evaluation},
  author = {Popovi{\\'c}, Maja},
  booktitle = {Proceedings of the Tenth Workshop on Statistical Machine Translation},
  pages = {392--395},
  year = {2015},
  url = {https://aclanthology.org/W15-3049}
}
"""


class ReviewChrf(evaluate.Metric):
    """chrF2 of a whole review, 0 to 100."""

    def _info(self):
        from common.metrics.modules import info

        return info(
            "sacrebleu's chrF2 of a review against each human review of its paper.",
            CITATION,
            "dict: chrf.max and chrf.mean, 0-100: the best and the mean over a paper's human reviews, then the mean "
            "over papers; n: papers scored; unscored: reason -> papers left out; settings: sacrebleu's signature.",
        )

    def _compute(self, predictions, references):
        from common.metrics.overlap import compute, settings

        return compute(predictions, references, ["chrf"]) | {"settings": settings("chrf")}
