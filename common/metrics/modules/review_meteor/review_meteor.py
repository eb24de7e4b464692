"""METEOR of reviews as an `evaluate.Metric`; the figures are those of `common.metrics.meteor`."""

import evaluate

CITATION = """\
@inproceedings{lavie-agarwal-2007-meteor,
  title = {{METEOR}: An Automatic Metric for {MT} Evaluation with High Levels of Correlation with Human Judgments},
  author = {Lavie, Alon and Agarwal, Abhaya},
  booktitle = {Proceedings of the Second Workshop on Statistical Machine Translation},
  pages = {228--231},
  year = {2007},
  url = {https://aclanthology.org/W07-0734}
}
"""


class ReviewMeteor(evaluate.Metric):
    """METEOR of a whole review, 0 to 100; unscored without WordNet."""

    def _info(self):
        from common.metrics.modules import info

        return info(
            "nltk's METEOR of a review against each human review of its paper; WordNet must be installed.",
            CITATION,
            "dict: meteor.max and meteor.mean, 0-100: the best and the mean over a paper's human reviews, then the "
            "mean over papers, None without WordNet; n: papers scored; unscored: reason -> papers left out; settings: "
            "the parameters, or what to install.",
        )

    def _compute(self, predictions, references):
        from common.metrics.overlap import compute, settings

        return compute(predictions, references, ["meteor"]) | {"settings": settings("meteor")}
