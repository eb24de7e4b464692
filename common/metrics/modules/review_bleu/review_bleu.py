"""BLEU of reviews as an `evaluate.Metric`; the figures are those of `common.metrics.translation`."""

import evaluate

CITATION = """\
@inproceedings{post-2018-call,
  title = {A Call for Clarity in Reporting {BLEU} Scores},
  author = {Post, Matt},
  booktitle = {Proceedings of the Third Conference on Machine Translation},
  pages = {186--191},
  year = {2018},
  url = {https://aclanthology.org/W18-6319}
}
"""


class ReviewBleu(evaluate.Metric):
    """Sentence BLEU of a whole review, 0 to 100."""

    def _info(self):
        from common.metrics.modules import info

        return info(
            "sacrebleu's sentence BLEU of a review against each human review of its paper, with effective order.",
            CITATION,
            "dict: bleu.max and bleu.mean, 0-100: the best and the mean over a paper's human reviews, then the mean "
            "over papers; n: papers scored; unscored: reason -> papers left out; settings: sacrebleu's signature.",
        )

    def _compute(self, predictions, references):
        from common.metrics.overlap import compute, settings

        return compute(predictions, references, ["bleu"]) | {"settings": settings("bleu")}
