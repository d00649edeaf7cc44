"""Makes models of a few thousand weights and a little data for them: `tiny.py FOLDER`. Runs where the programs run."""

import json
import pathlib
import sys

import nibabel
import numpy
import torch
from PIL import Image
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessor,
)

root = pathlib.Path(sys.argv[1])
chance = numpy.random.default_rng(0)
words = ["the", "a", "model", "runs", "on", "small", "data", "and", "learns", "to", "say", "what", "it", "has", "read"]
vocabulary = {w: n for n, w in enumerate(["<pad>", "<unk>", "<s>", "</s>", *words])}
made = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
made.pre_tokenizer = pre_tokenizers.Whitespace()
tokenizer = PreTrainedTokenizerFast(
    tokenizer_object=made, pad_token="<pad>", unk_token="<unk>", bos_token="<s>", eos_token="</s>", cls_token="<s>",
    sep_token="</s>",
)  # fmt: skip
small = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
LlamaForCausalLM(LlamaConfig(vocab_size=len(vocabulary), **small)).save_pretrained(root / "llama")
tokenizer.save_pretrained(root / "llama")
BertForSequenceClassification(BertConfig(vocab_size=len(vocabulary), **small)).save_pretrained(root / "bert")
tokenizer.save_pretrained(root / "bert")
ViTForImageClassification(ViTConfig(image_size=32, patch_size=16, **small)).save_pretrained(root / "vit")
ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(root / "vit")


def folder(name):
    path = root / name
    path.mkdir(parents=True, exist_ok=True)
    return path


def sentence():
    return " ".join(chance.choice(words, 8))


(folder("texts") / "part.jsonl").write_text("\n".join(json.dumps({"text": sentence()}) for _ in range(32)))
rows = [f"{sentence()},{'good' if n % 2 else 'bad'}" for n in range(40)]
(folder("labelled") / "rows.csv").write_text("\n".join(["text,label", *rows]))
for label in ("cat", "dog"):
    for n in range(10):
        pixels = chance.integers(0, 255, (32, 32, 3)).astype("uint8")
        Image.fromarray(pixels).save(folder(f"images/{label}") / f"{n}.png")
for n in range(3):
    volume = chance.normal(size=(40, 40, 40)).astype("float32")
    for kind, values in (("images", volume), ("labels", (volume > 1.5).astype("uint8"))):
        nibabel.save(nibabel.Nifti1Image(values, numpy.eye(4)), folder(f"volumes/{kind}") / f"{n}.nii.gz")
table = [",".join(f"{x:.3f}" for x in row) for row in chance.normal(size=(300, 3))]
(folder("table") / "rows.csv").write_text("\n".join(["a,b,target", *table]))
(folder("lines/input") / "lines.txt").write_text("\n".join(sentence() for _ in range(6)))
torch.manual_seed(0)
