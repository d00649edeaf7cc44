"""Makes models of a few thousand weights and a little data for them: `tiny.py FOLDER`. Runs where the programs run."""

import json
import pathlib
import sys

import nibabel
import numpy
import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from PIL import Image
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTokenizer,
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

blocks = {"block_out_channels": (4, 8), "norm_num_groups": 4}
letters = {c: n for n, c in enumerate(["<|startoftext|>", "<|endoftext|>", *"abcdefghijklmnopqrstuvwxyz"])}
letters |= {f"{c}</w>": len(letters) + n for n, c in enumerate("abcdefghijklmnopqrstuvwxyz")}
(root / "letters").mkdir(parents=True, exist_ok=True)
(root / "letters/vocab.json").write_text(json.dumps(letters))
(root / "letters/merges.txt").write_text("#version: 0.2\n")
text = CLIPTextConfig(
    hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, vocab_size=len(letters),
    bos_token_id=0, eos_token_id=1, pad_token_id=1,
)  # fmt: skip
StableDiffusionPipeline(
    vae=AutoencoderKL(
        **blocks, down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=4,
    ),
    text_encoder=CLIPTextModel(text),
    tokenizer=CLIPTokenizer(str(root / "letters/vocab.json"), str(root / "letters/merges.txt"), model_max_length=77),
    unet=UNet2DConditionModel(
        **blocks, layers_per_block=1, sample_size=8, cross_attention_dim=16, attention_head_dim=2,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
    ),
    scheduler=DDIMScheduler(), safety_checker=None, feature_extractor=None, requires_safety_checker=False,
).save_pretrained(root / "diffusion")  # fmt: skip


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
