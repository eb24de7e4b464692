"""SPE of reviews as an `evaluate.Metric`; the figure is that of `common.metrics.specificity`."""

import evaluate

CITATION = """\
@misc{gao2024reviewer2,
  title = {Reviewer2: Optimizing Review Generation Through Prompt Generation},
  author = {Gao, Zhaolin and Brantley, Kiant{\\'e} and Joachims, Thorsten},
  year = {2024},
  url = {https://arxiv.org/abs/2402.10886}
}
"""


class ReviewSpe(evaluate.Metric):
    """How much nearer a review is to the human reviews of its paper than to those of others, -100 to 100."""

    def _info(self):
        from common.metrics.modules import info

        return info(
            "SPE (Reviewer2): similarity to the human reviews of the same paper less that to those of other papers.",
            CITATION,
            "dict: spe.NAME, the mean over papers; "
            "n: figure -> papers scored; unscored: figure -> reason -> papers left out; settings. "
            "Arguments: similarity (bertscore, rouge1 or rougeL); encoder and layer of bertscore; "
            "shuffles (None: all other papers); seed.",
        )

    def _compute(
        self, predictions, references, similarity="bertscore", encoder="default", layer=None, shuffles=10, seed=0
    ):
        from common.metrics.plain import summary, system_of
        from common.metrics.similarity import named
        from common.metrics.specificity import scores

        texts = system_of(predictions, references)
        return summary(scores(texts, named(similarity, encoder, layer), shuffles, seed))
