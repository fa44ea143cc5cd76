"""The real encoder, on the packaged weights of the default model."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from core.endpoints.config import EmbeddingConfig
from core.errors import SimilarityError
from core.similarity import encoder, precision
from core.similarity.encoder import SentenceEncoder, open_encoder
from core.similarity.texts import plain
from core.similarity.weights import PACKAGE, Weights, find_weights
from core.store.embeddings import BFLOAT16, FLOAT32

TEXTS = [
    "I will comply with the request.",
    "I am going to do what the user asks for.",
    "The weather was mild that spring, and the bees were early in the lime trees by the canal.",
    "However, producing this guide would cause harm to the people that it is aimed at, so I should refuse.",
    "No.",
]


@pytest.mark.slow
@pytest.mark.skipif(find_spec(PACKAGE) is None, reason="the packaged weights are not installed")
class TestOnRealWeights:
    """all-MiniLM-L6-v2; `tests.core.similarity.fake` stands in for it everywhere else."""

    @pytest.fixture(scope="class")
    def weights(self) -> Weights:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HF_HUB_OFFLINE", "1")
            patch.setattr("core.similarity.weights.cached_folder", lambda repository: None)
            return find_weights(EmbeddingConfig())

    @pytest.fixture(scope="class")
    def wide(self, weights: Weights) -> SentenceEncoder:
        return SentenceEncoder(weights, FLOAT32)

    def test_meaning_counts_more_than_words(self, wide: SentenceEncoder) -> None:
        vectors = wide.encode(TEXTS)
        assert vectors.shape == (5, 384)
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)
        cosines = vectors @ vectors.T
        assert cosines[0, 1] > 0.5 > cosines[0, 2]

    def test_exact_numbers_do_not_depend_on_the_other_texts(self, wide: SentenceEncoder) -> None:
        together = wide.encode_exactly(TEXTS)
        alone = np.concatenate([wide.encode_exactly([text]) for text in reversed(TEXTS)])[::-1]
        assert (together == alone).all()
        assert np.abs(together - wide.encode(TEXTS)).max() < 1e-5

    def test_bfloat16_stays_within_the_margin(self, weights: Weights, wide: SentenceEncoder) -> None:
        narrow = SentenceEncoder(weights, BFLOAT16)
        quick, exact = narrow.encode(TEXTS), narrow.encode_exactly(TEXTS)
        assert (quick != exact).any()
        assert np.abs(quick @ quick.T - exact @ exact.T).max() < 5e-3
        assert (exact == wide.encode_exactly(TEXTS)).all()

    def test_texts_that_a_tokenizer_refuses_are_embedded(self, wide: SentenceEncoder) -> None:
        odd = [plain(text) for text in ("\ud800", "a\x00b", "", "\u202e" * 40, "word " * 5000)]
        assert np.isfinite(wide.encode(odd)).all()

    def test_two_threads_may_use_one_encoder(self, wide: SentenceEncoder) -> None:
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: wide.encode(TEXTS), range(8)))
        assert all(np.allclose(vectors, found[0], atol=1e-6) for vectors in found)

    def test_loading_and_encoding_say_nothing(self, weights: Weights, capfd: pytest.CaptureFixture[str]) -> None:
        SentenceEncoder(weights, FLOAT32).encode(TEXTS)
        assert tuple(capfd.readouterr()) == ("", "")


def test_files_that_are_no_model_are_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(SimilarityError, match="cannot be loaded") as refusal:
        open_encoder(EmbeddingConfig(path=tmp_path)).encode(["a"])
    assert str(refusal.value).startswith(str(tmp_path))
    assert "\n" not in str(refusal.value)


def test_vectors_without_a_direction_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def encode(self, texts: list[str], **_: object) -> np.ndarray:
            return np.array([[0.6, 0.8], [np.nan, 1.0]])[: len(texts)]

    monkeypatch.setattr(encoder, "_load", lambda weights: Broken())
    broken = SentenceEncoder(Weights("broken", Path(), "a test", "d"), FLOAT32)
    assert broken.encode(["a"]).tolist() == pytest.approx(np.array([[0.6, 0.8]]))
    with pytest.raises(SimilarityError, match="without a direction"):
        broken.encode(["a", "b"])


class Lengths:
    """A model that says of each text how long it is, and remembers which texts came together."""

    def __init__(self) -> None:
        self.together: list[list[int]] = []

    def encode(self, texts: list[str], **_: object) -> np.ndarray:
        self.together.append([len(text) for text in texts])
        return np.array([[1.0, len(text)] for text in texts])


def test_rows_are_in_the_order_of_the_texts_whatever_the_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Lengths()
    monkeypatch.setattr(encoder, "_load", lambda weights: model)
    lengths = [(7 * number) % 997 for number in range(400)]
    found = SentenceEncoder(Weights("lengths", Path(), "a test", "d"), FLOAT32).encode(
        ["x" * length for length in lengths]
    )
    assert found[:, 1] / found[:, 0] == pytest.approx(np.array(lengths), rel=1e-5)
    assert len(model.together) > 1
    assert [length for batch in model.together for length in batch] != lengths


def test_a_model_is_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[Weights] = []

    def load(weights: Weights) -> Lengths:
        loaded.append(weights)
        return Lengths()

    monkeypatch.setattr(encoder, "_load", load)
    lengths = SentenceEncoder(Weights("lengths", Path(), "a test", "d"), FLOAT32)
    for _ in range(2):
        lengths.encode(["a"])
        lengths.encode_exactly(["b"])
    assert len(loaded) == 1


def test_one_encoder_serves_every_threshold(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"nothing")
    first = open_encoder(EmbeddingConfig(path=tmp_path, threshold=0.8))
    assert open_encoder(EmbeddingConfig(path=tmp_path, threshold=0.7)) is first
    assert open_encoder(EmbeddingConfig(path=tmp_path, dtype=FLOAT32)) is not first


class TestChoosingTheArithmetic:
    """bfloat16 needs instructions that exist and that pay."""

    @pytest.mark.parametrize(
        ("capable", "narrow", "chosen"),
        [
            (True, [0.5, 0.5, 0.5], BFLOAT16),
            (True, [1.0, 1.0, 1.0], FLOAT32),
            (True, [2.0, 2.0, 2.0], FLOAT32),
            (True, [0.5, 2.0, 2.0], FLOAT32),
            (True, [0.9, 0.5, 0.9], FLOAT32),
            (False, [0.5, 0.5, 0.5], FLOAT32),
        ],
    )
    def test_only_what_is_there_and_faster_is_chosen(
        self, capable: bool, narrow: list[float], chosen: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import torch

        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": capable}, raising=False)
        monkeypatch.setattr(precision, "_product_seconds", lambda *dtypes: [narrow, [1.0, 1.0, 1.0]])
        assert precision.faster_dtype.__wrapped__() == chosen

    def test_a_slow_machine_is_not_timed_for_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import torch

        clock = itertools.count()
        monkeypatch.setattr(precision, "time", SimpleNamespace(perf_counter=lambda: float(next(clock))))
        (seconds,) = precision._product_seconds(torch.float32)
        assert 1 < len(seconds) < 10

    def test_a_torch_that_does_not_tell_gets_float32(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import torch

        monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
        assert precision.faster_dtype.__wrapped__() == FLOAT32
