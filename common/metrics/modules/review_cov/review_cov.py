"""COV of reviews as an `evaluate.Metric`; the figure is that of `common.metrics.coverage`."""

import evaluate

CITATION = """\
@misc{gao2024reviewer2,
  title = {Reviewer2: Optimizing Review Generation Through Prompt Generation},
  author = {Gao, Zhaolin and Brantley, Kiant{\\'e} and Joachims, Thorsten},
  year = {2024},
  url = {https://arxiv.org/abs/2402.10886}
}
"""


class ReviewCov(evaluate.Metric):
    """How much more alike the reviews of one paper are than human ones, -100 to 100; lower is better."""

    def _info(self):
        from common.metrics.modules import info
        from common.metrics.plain import several

        described = info(
            "COV (Reviewer2): similarity among the reviews written of a paper less that among its human reviews.",
            CITATION,
            "dict: cov.NAME and similarity-within.NAME, means over papers; "
            "n: figure -> papers scored; unscored: figure -> reason -> papers left out; settings. "
            "Arguments: similarity (bertscore, rouge1 or rougeL); encoder and layer of bertscore.",
        )
        return several(described)

    def _compute(self, predictions, references, similarity="bertscore", encoder="default", layer=None):
        from common.metrics.coverage import scores
        from common.metrics.plain import summary, system_of
        from common.metrics.similarity import named

        return summary(scores(system_of(predictions, references), named(similarity, encoder, layer)))
