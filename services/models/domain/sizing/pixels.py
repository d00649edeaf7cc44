"""Networks over pixels, voxels and residues, to run or to train: the estimate, and what the verdict counts."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import Final

from services.models.domain.sizing.cases import INFERENCE, Usage
from services.models.domain.sizing.decoding import DECODERS
from services.models.domain.sizing.diffusion import Generation, ImageJob, generation
from services.models.domain.sizing.diffusion_training import GeneratorRun, estimate_diffusion_training
from services.models.domain.sizing.frameworks import framework_of
from services.models.domain.sizing.networks import is_one_stage, named_batch, network_of, planned_bytes, voxel_values
from services.models.domain.sizing.precision import precision_of
from services.models.domain.sizing.shapes import ModelShape
from services.models.domain.sizing.terms import GIB, Assumption, Term
from services.models.domain.sizing.training_runs import Judged, hedged_by, judged_by
from services.models.domain.sizing.training_ways import BY_EIGHT, TRAINER_BATCH, says_mixed
from services.models.domain.sizing.vision import (
    FINAL_CROP,
    HEAVIEST,
    VisionJob,
    estimate_vision,
    is_plain_transformer,
)

_ONE_IMAGE: Final = Assumption("batch_size", "1", "not said; one image or clip at a time")
_ALL_WEIGHTS: Final = Assumption("trainable", "all", "not modelled for such networks: sized as all weights")
_PRESET_BYTES: Final = 24 * GIB
_PRESET: Final = "a patch as nnU-Net's recommended preset plans it for 24 GB (resenc_presets.md), as none was said"
_TUNING: Final = f"{FINAL_CROP} residues, on which folding is tuned, as the length was not said"
_PLAIN: Final = "text encoders at 16 bit, where the denoiser alone is quantised"
_WIDE_DECODER: Final = "a decoder at 32 bit, as Wan's own code and diffusers' examples have it"
_FUSED: Final = re.compile(r"(?i)xformers|sdpa|flash")
_CACHED: Final = re.compile(r"(?i)precomput|pre-comput|cached")
_NARROW, _WIDE = 2.0, 4.0
_GGML: Final = re.compile(r"(?i)stable-diffusion\.cpp|\bsd\.cpp|ggml")
_SERVING: Final = re.compile(r"(?i)sglang|vllm|lightx2v")
_UNTILED: Final = "clips encoded whole, as tiling was not said"
_PLANNED: Final = Assumption("image_size", "planned", "patch and batch fill the card that the preset is for")
_UNKNOWN: Final = "the name tells no network whose values are known; others of so many parameters keep more"
_EAGER: Final = "attention that is not fused, as in DINOv2's code without xFormers and in libraries of 2023"
_ENCODERS: Final = "text encoders that stay while the generator is trained, or come back to check on it"


def judged_pixels(shape: ModelShape, usage: Usage, gpus: int = 1) -> Judged:
    """Return the estimate of a network over pixels, voxels or residues, and what the verdict counts. gpus: so many
    share the training of a generator by the stage of ZeRO that was said.
    """
    training = usage.workload != INFERENCE
    if shape.arch != "diffusion":
        return _seen_training(shape, usage) if training else _seen(shape, usage, usage.image_size)
    batch, image = usage.batch_size or usage.concurrency, _image(shape, usage)
    if not training:
        usual = generation(shape, precision=usage.precision, job=image)
        whole = _whole(shape, usage, usual)
        judged = judged_by(usual.estimate(), whole.bytes, "decoded whole, as tiling was not said")
        if usual.packs_encoders:
            plain = generation(shape, precision=usage.precision, job=replace(whole.job, encoders=_NARROW))
            judged = hedged_by(judged, plain.bytes, _PLAIN)
        if usual.streams:
            wide = generation(shape, precision=usage.precision, job=replace(whole.job, decoder=_WIDE))
            judged = hedged_by(judged, wide.bytes, _WIDE_DECODER)
        return judged if batch else judged.noting(_ONE_IMAGE)
    return _generator_training(shape, usage, image, max(gpus, 1))


def _generator_training(shape: ModelShape, usage: Usage, image: ImageJob, gpus: int) -> Judged:
    """Return the estimate of training a generator, and what the verdict counts."""
    framework, said = framework_of(usage.engine), usage.batch_size or usage.concurrency
    mixed = says_mixed(usage.precision)
    run = GeneratorRun(
        method="full" if usage.workload == "full" else "lora",
        precision=usage.precision,
        optimizer=usage.optimizer or "adamw",
        checkpointing=framework.checkpointing if usage.checkpointing is None else usage.checkpointing,
        pure=mixed is False or (mixed is None and bool(framework.pure)),
        rank=usage.lora_rank,
        trainable=usage.trainable,
        offload=bool(usage.offload),
        zero_stage=usage.zero_stage or 0,
        gpus=gpus,
        caches=framework.caches or bool(_CACHED.search(usage.engine)),
        tiled=image.tiled,
        fused=bool(_FUSED.search(usage.engine)),
    )
    train = partial(estimate_diffusion_training, shape, job=image)
    estimate = train(run)
    judged = Judged(estimate, estimate.per_gpu_bytes)
    if said and run.checkpointing is None:
        judged = judged_by(estimate, train(replace(run, checkpointing=False)).per_gpu_bytes)
    judged = hedged_by(judged, train(replace(run, encoders_stay=True)).per_gpu_bytes, _ENCODERS)
    if run.tiled is None and run.checkpointing:
        judged = hedged_by(judged, train(replace(run, tiled=False)).per_gpu_bytes, _UNTILED)
    return judged if said else replace(judged, estimate=judged.estimate.noting(_ONE_IMAGE))


def generation_need(shape: ModelShape, usage: Usage) -> float:
    """Return the bytes that the verdict on a generator counts."""
    usual = generation(shape, precision=usage.precision, job=_image(shape, usage))
    return max(usual.bytes, _whole(shape, usage, usual).bytes)


def _image(shape: ModelShape, usage: Usage) -> ImageJob:
    encoders, decoder = _widths(shape, usage)
    return ImageJob(
        size=usage.image_size,
        frames=usage.frames,
        batch=usage.batch_size or usage.concurrency or 1,
        tiled=_tiled(usage.engine),
        in_chunks="diffusers" in usage.engine.lower(),
        offload=usage.offload == "parameters",
        encoders=encoders,
        decoder=decoder,
    )


def _widths(shape: ModelShape, usage: Usage) -> tuple[float | None, float | None]:
    """Return bytes of the values of what reads prompts and of the decoder, where the engine has ways of its own: ggml
    stores all encoders like the denoiser, servers quantise the denoiser alone, and SGLang has UMT5 and the decoder of
    Wan at 32 bit (WanT2V480PConfig).
    """
    form = precision_of(usage.precision or "fp16")
    if _GGML.search(usage.engine):
        return form.bytes, None
    if not _SERVING.search(usage.engine):
        return None, None
    if "sglang" in usage.engine.lower() and DECODERS[shape.decoder].clip and shape.task.endswith("video"):
        return _WIDE, _WIDE
    return _NARROW if form.quantised else None, None


def _whole(shape: ModelShape, usage: Usage, usual: Generation) -> Generation:
    """Return the generation with images decoded whole, unless tiles were said."""
    if usual.decodes_whole:
        return usual
    job = replace(usual.job, tiled=usual.job.tiled or False, in_chunks=False)
    return generation(shape, precision=usage.precision, job=job)


def _tiled(engine: str) -> bool | None:
    """Return whether the words say that clips and images are decoded in tiles; diffusers does only where told to
    (enable_tiling). None: not said.
    """
    words = engine.lower()
    return True if "tiling" in words or "tiled" in words else False if "diffusers" in words else None


def _seen(
    shape: ModelShape, usage: Usage, size: int | None, batch: int | None = None, *, eager: bool = False
) -> Judged:
    """Return the estimate of a network over pixels, voxels or residues for inputs of this edge; batch: where the use
    says none. eager: attention is not fused.
    """
    training, framework = usage.workload != INFERENCE, framework_of(usage.engine)
    estimate = estimate_vision(
        shape,
        precision=usage.precision,
        job=VisionJob(
            size=size,
            batch=usage.batch_size or usage.concurrency or batch,
            frames=usage.frames,
            one_stage=training and (framework.one_stage or is_one_stage(shape.network)),
            frozen_norms=training and framework.frozen_norms,
            eager=eager,
        ),
        training=training,
        optimizer=usage.optimizer or "adamw",
        mixed=says_mixed(usage.precision),
        checkpointing=bool(usage.checkpointing),
    )
    return Judged(estimate, estimate.per_gpu_bytes)


def _heaviest(judged: Judged) -> float:
    """Return the bytes where the network keeps as many values as few of its size do."""
    kept = sum(term.bytes for term in judged.estimate.terms if term.name == "activations")
    return judged.need_bytes + (HEAVIEST - 1) * kept


def _as_planned(judged: Judged, planned: float) -> Judged:
    """Return the run with patch and batch such that it takes what a preset plans."""
    estimate = judged.estimate
    others = sum(term.bytes for term in estimate.terms if term.name != "activations")
    kept = max(planned - others, 0.0)
    planned_term = Term("activations", kept, f"{planned:.10g} - {others:.10g} bytes", "nnU-Net, resenc_presets.md")
    terms = tuple(planned_term if term.name == "activations" else term for term in estimate.terms)
    total = others + kept
    told = estimate._replace(terms=terms, total_bytes=total, per_gpu_bytes=total, shares=(total,), context_tokens=0)
    unsaid = tuple(note for note in told.assumptions if note.field not in ("image_size", "batch_size"))
    return Judged(told._replace(assumptions=(_PLANNED, *unsaid)), total)


def _seen_training(shape: ModelShape, usage: Usage) -> Judged:
    """Return the same of training by the framework's defaults, with what other defaults for what was not said take."""
    size, framework, notes = usage.image_size, framework_of(usage.engine), list[Assumption]()
    why = f"not said; the default of {framework.name}"
    if framework.amp and not usage.precision:
        usage = replace(usage, precision="fp16 mixed")
        notes.append(Assumption("precision", usage.precision, why))
    if shape.network and not usage.batch_size and (batch := named_batch(shape.network)):
        usage = replace(usage, batch_size=batch)
        notes.append(Assumption("batch_size", str(batch), "not said; told by the name of the configuration"))
    if framework.batch and not (usage.batch_size or usage.concurrency):
        usage = replace(usage, batch_size=framework.batch)
        notes.append(Assumption("batch_size", str(framework.batch), why))
    known = network_of(shape.network, shape.task) if shape.arch == "cnn" else None
    if framework.edge and size is None and shape.arch == "cnn" and not (known and known.edge):
        size = framework.edge
        notes.append(Assumption("image_size", str(size), why))
    if usage.workload != "full":
        notes.append(_ALL_WEIGHTS)
    judged = _seen(shape, usage, size)
    judged = replace(judged, estimate=judged.estimate.noting(*notes))
    said = usage.batch_size or usage.concurrency
    if shape.arch == "cnn":
        most = judged if said else _seen(shape, usage, size, TRAINER_BATCH)
        judged = judged if said else hedged_by(judged, most.need_bytes, BY_EIGHT)
        if known and not known.head:
            judged = hedged_by(judged, _seen(shape, usage, size, eager=True).need_bytes, _EAGER)
        return judged if known or is_plain_transformer(shape) else hedged_by(judged, _heaviest(most), _UNKNOWN)
    if shape.arch == "unet3d":
        if size is None and (planned := planned_bytes(shape.network)):
            return _as_planned(judged, planned)
        judged = judged if size else hedged_by(judged, _PRESET_BYTES, _PRESET)
        known_scan = voxel_values(shape.network, half=True)
        return judged if known_scan else hedged_by(judged, _heaviest(judged), _UNKNOWN)
    if shape.arch == "pair" and size is None:
        return hedged_by(judged, _seen(shape, usage, FINAL_CROP).need_bytes, _TUNING)
    return judged
