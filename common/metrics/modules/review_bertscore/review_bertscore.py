"""BERTScore of reviews as an `evaluate.Metric`; the figures are those of `common.metrics.bertscore`."""

import evaluate

CITATION = """\
@inproceedings{zhang2020bertscore,
  title = {{BERTScore}: Evaluating Text Generation with {BERT}},
  author = {Zhang, Tianyi and Kishore, Varsha and Wu, Felix and Weinberger, Kilian Q. and Artzi, Yoav},
  booktitle = {International Conference on Learning Representations},
  year = {2020},
  url = {https://arxiv.org/abs/1904.09675}
}
"""


class ReviewBertscore(evaluate.Metric):
    """Precision, recall and F1, 0 to 100, not rescaled."""

    def _info(self):
        from common.metrics.modules import info

        return info(
            "BERTScore of a review against each human review of its paper, with a local encoder.",
            CITATION,
            "dict: bertscore-f1.max, bertscore-f1.mean and so on, 0-100: the best and the mean over human reviews, "
            "then the mean over papers; bertscore.cut: the share of texts whose end was not read; "
            "n: figure -> papers scored; unscored: figure -> reason -> papers left out; settings. "
            "Arguments: encoder (folder or hub id in the cache), layer, whole (read long texts in windows).",
        )

    def _compute(self, predictions, references, encoder="default", layer=None, whole=False):
        from common.metrics.bertscore import scores
        from common.metrics.plain import summary, system_of
        from common.metrics.similarity import named

        return summary(scores(system_of(predictions, references), named("bertscore", encoder, layer, whole)))
