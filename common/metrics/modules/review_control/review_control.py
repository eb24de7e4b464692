"""Control of reviews as an `evaluate.Metric`; the figures are those of `common.metrics.control`."""

import evaluate

CITATION = """\
@misc{gao2024reviewer2,
  title = {Reviewer2: Optimizing Review Generation Through Prompt Generation},
  author = {Gao, Zhaolin and Brantley, Kiant{\\'e} and Joachims, Thorsten},
  year = {2024},
  url = {https://arxiv.org/abs/2402.10886}
}
"""


class ReviewControl(evaluate.Metric):
    """Whether reviews follow the questions they were asked; see `common.metrics.control`."""

    def _info(self):
        from common.metrics.modules import info
        from common.metrics.plain import several

        described = info(
            "Control (Reviewer2): reviews written from the questions of each human review, against all of them.",
            CITATION,
            "dict: control.max.NAME and control.avg.NAME, 0-100, and with sources control.steer.NAME; "
            "n: figure -> papers scored; unscored: figure -> reason -> papers left out; settings. "
            "Arguments: similarity (bertscore, rouge1 or rougeL); encoder and layer of bertscore; "
            "sources (for each paper and review, the place of the reference its questions came from).",
        )
        return several(described)

    def _compute(self, predictions, references, similarity="bertscore", encoder="default", layer=None, sources=None):
        from common.metrics.control import scores
        from common.metrics.plain import summary, system_of
        from common.metrics.similarity import named

        origins = sources and {
            (str(paper), str(review)): str(place)
            for paper, places in enumerate(sources)
            for review, place in enumerate(places)
        }
        return summary(scores(system_of(predictions, references), named(similarity, encoder, layer), origins))
