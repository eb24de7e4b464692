"""ROUGE of reviews as an `evaluate.Metric`; the figures are those of `common.metrics.rouge`."""

import evaluate

CITATION = """\
@inproceedings{lin-2004-rouge,
  title = {{ROUGE}: A Package for Automatic Evaluation of Summaries},
  author = {Lin, Chin-Yew},
  booktitle = {Text Summarization Branches Out},
  pages = {74--81},
  year = {2004},
  url = {https://aclanthology.org/W04-1013}
}
"""


class ReviewRouge(evaluate.Metric):
    """F1 of ROUGE-1, -2, -L and -Lsum with the Porter stemmer, 0 to 100."""

    def _info(self):
        from common.metrics.modules import info

        return info(
            "ROUGE of a review against each human review of its paper, identical to the package rouge-score.",
            CITATION,
            "dict: rouge1.max, rouge1.mean and so on, 0-100: the best and the mean over a paper's human reviews, then "
            "the mean over papers; n: papers scored; unscored: reason -> papers left out; settings.",
        )

    def _compute(self, predictions, references):
        from common.metrics.overlap import ROUGE, compute, settings

        return compute(predictions, references, ROUGE) | {"settings": settings("rougeLsum")}
