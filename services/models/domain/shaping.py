"""The shape of a model of the catalogue, as sizing sees it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from services.models.domain.config_json import family_latent, family_layers
from services.models.domain.model import Architecture, Model, Relation
from services.models.domain.sizing import PAIRING, ModelShape, arch_of_task
from services.models.domain.sizing.decoding import decoder_of
from services.models.domain.sizing.networks import tells_network
from services.models.domain.sizing.sight import family_of, tower_of
from services.models.domain.sizing.text_encoders import text_encoder_of

KINDS: Final[Mapping[str, str]] = {
    "decoder": "decoder",
    "state_space": "decoder",
    "encoder": "encoder",
    "dual_encoder": "encoder",
    "encoder_decoder": "encoder-decoder",
    "vision_encoder": "cnn",
    "cnn": "cnn",
    "detector": "cnn",
    "diffusion": "diffusion",
    "pipeline": "",  # of several networks: the task tells more
}
"""Kinds of networks as records name them, and as sizing does."""

_FAMILIES: Final = (
    (
        r"gpt[-_]?2|gpt[-_]?j|gpt[-_]?neo|pythia|dolly|\bopt\b|bloom|codegen|\bmpt\b|galactica|cerebras-gpt|xglm|biogpt|"
        r"stablelm-(base|tuned)|redpajama|llama-(7b|13b)|llama-?2-(7b|13b)|vicuna|alpaca|codellama-(7b|13b)|baichuan|"
        r"\bqwen-|phi-(1|2)|olmo-(1|7)b|internlm-",
        "mha",
    ),
    (r"falcon-7b|falcon-rw|gpt[-_]?bigcode|starcoder(base|plus)?\b|santacoder|\bpalm", "mqa"),
)
"""Attention of families before grouped queries were common, as their papers and configurations state it."""
_SIZE: Final = re.compile(r"(?<![\w.])(?:(\d{1,3})x)?(\d{1,4}(?:\.\d+)?)([bBmM])(?![a-zA-Z0-9])")
_MIXTURE: Final = 0.82
"""Weights of a mixture named "8x7B" in experts times size, as experts share attention and embeddings (Mixtral: 0.83,
0.80).
"""
_UNTOLD: Final = ("", "other", "feature-extraction")
_FOLDING: Final = re.compile(r"(?i)(alpha|esm|open|omega|rosetta|uni|easy)-?fold|boltz|protenix|\bchai-1")
"""Models that predict the structure of proteins: the Hub has no task for them."""
_ENCODERS: Final = ("text_encoder", "image_encoder")
_NETWORKS: Final = ("transformer", "unet")
_TURNS: Final = re.compile(r"(?i)wan[-_]?2[._]?2.*?(?<![a-z])a(\d+)b")
"""Wan 2.2's two denoisers, for the first steps and for the last: the name tells the parameters of each."""
_DENOISERS: Final = re.compile(r"(?i)omnigen|stable-diffusion|\bsdxl\b|\bflux\.?\d|(?<![a-z])(t|i|ti|v)2[iv](?![a-z])")
"""Models that make pictures or films by denoising, whatever they read: the Hub has some as any to any, or as none."""
_SOUND_TOKENS: Final = re.compile(r"(?i)musicgen|audiogen|\bbark\b")
"""Makers of sound that write one token after another, as language models do; most others of their task denoise."""
BARE: Final = Architecture()
"""The dimensions of a request that states none."""
_NAMED_ALIKE: Final = (
    "layers", "heads", "kv_heads", "head_dim", "v_head_dim", "kv_heads_window", "head_dim_window", "experts",
    "experts_per_token", "kv_values_per_token", "window_values_per_token", "tied_embeddings", "encoder_layers",
)  # fmt: skip
"""Dimensions that records and sizing call the same."""


def shape_of(
    *,
    architecture: Architecture,
    parameters: int | None,
    active: int | None,
    task: str,
    name: str = "",
    inherited: str = "",
    volumetric: bool = False,
) -> ModelShape:
    """Return the shape of stated dimensions. What is not stated stays unknown: sizing fills it and says so.

    name: of the model, which tells its family where the dimensions do not. inherited: whose dimensions they are.
    """
    arch = "unet3d" if volumetric else _kind(architecture, task) or _arch(task, name)
    shape = ModelShape(
        parameters=None if parameters is None else float(parameters),
        active_parameters=None if active is None else float(active),
        attention=_attention(architecture, name),
        inherited=inherited,
        text_encoder=text_encoder_of(name) if arch == "diffusion" and not architecture.components else "",
        decoder=decoder_of(name) if arch == "diffusion" else "",
        network=name if (arch in ("cnn", "unet3d") or task == PAIRING) and tells_network(name, task) else "",
        arch=arch,
        task=task,
    )
    if arch == "diffusion":
        shape = _with_turns(shape, architecture, name)
    if shape.sees or (not task and shape.causal):
        sight = family_of(name) or family_of(architecture.model_type)
        shape = shape._replace(sight=sight, other_parameters=tower_of(sight, shape.parameters, shape.active_parameters))
    return shape if architecture is BARE else shape._replace(**_dimensions(architecture))


def _dimensions(a: Architecture) -> dict[str, Any]:
    """Return the dimensions by the names that sizing gives them; the kinds of layers from the type of model where the
    record tells none.
    """
    full, window, states, window_tokens, layers_as = _layers(a)
    rank, rope = a.kv_lora_rank, a.qk_rope_head_dim
    if not a.tells_layers and (latent := family_latent(a.model_type)):
        (rank, rope), layers_as = latent, a.model_type
    return {
        **{name: getattr(a, name) for name in _NAMED_ALIKE},
        "hidden": a.hidden_size,
        "intermediate": (a.expert_intermediate_size if a.experts else None) or a.intermediate_size,
        "vocab": a.vocab_size,
        "context": a.context_tokens,
        "kv_lora_rank": rank,
        "qk_rope_head_dim": rope,
        "kv_layers_full": full,
        "kv_layers_window": window,
        "window": window_tokens,
        "state_layers": states,
        "state_bytes": _state_bytes(a),
        "layers_as": layers_as,
        "text_encoder_parameters": _part(a, _ENCODERS),
        "vae_parameters": _part(a, ("vae",)),
        "transformer": _transformer(a),
    }


def _layers(a: Architecture) -> tuple[int | None, int | None, int | None, int | None, str]:
    """Return layers over the whole context, over a window, with a state, tokens of the window, and the type of model
    whose kinds of layers these are where the record tells none.
    """
    if a.kv_layers_full is None and a.kv_layers_window is None and a.model_type and a.layers:
        family = family_layers(a.model_type, a.layers, a.hidden_size)
        if family:
            return family.full, family.window, family.state, a.window_tokens or family.window_tokens, a.model_type
    states = a.state_layers
    caching = (a.kv_layers_full or 0) + (a.kv_layers_window or 0)
    if states is None and a.state_dim and a.layers and a.layers > caching:
        states = a.layers - caching
    return a.kv_layers_full, a.kv_layers_window, states, a.window_tokens, ""


def _state_bytes(a: Architecture) -> float | None:
    """Return the bytes of a recurrent layer: its state at 32 bit, and at 16 the inputs of its convolution."""
    if a.state_bytes is not None:
        return float(a.state_bytes)
    if not (a.state_dim and a.inner_dim):
        return None
    return a.inner_dim * (a.state_dim * 4.0 + max((a.conv_width or 1) - 1, 0) * 2.0)


def _kind(architecture: Architecture, task: str) -> str:
    """Return the kind of network that the record states; empty where it states none. One that both reads and writes,
    but has been tuned to classify, passes its input once and writes nothing (BartForSequenceClassification).
    """
    kind = KINDS.get(architecture.kind, "")
    return "encoder" if kind == "encoder-decoder" and task.endswith("classification") else kind


def _arch(task: str, name: str) -> str:
    """Return the kind of network that the task means; where it tells too little, the one that a name is known for."""
    if task in _UNTOLD and _FOLDING.search(name):
        return "pair"
    if task in ("any-to-any", *_UNTOLD) and _DENOISERS.search(name):
        return "diffusion"
    return "decoder" if task == "text-to-audio" and _SOUND_TOKENS.search(name) else arch_of_task(task)


def _transformer(architecture: Architecture) -> bool | None:
    """Return whether the denoiser of a generator is a transformer; None where no component says so."""
    kinds = [name for c in architecture.components for name in _NETWORKS if c.name.startswith(name)]
    return kinds[0] == "transformer" if kinds else None


def _with_turns(shape: ModelShape, architecture: Architecture, name: str) -> ModelShape:
    """Return the shape of a generator with the number of its denoisers: those of its components, or by its name two of
    so many parameters each.
    """
    if architecture.components:
        return shape._replace(denoisers=max(sum(c.name.startswith(_NETWORKS) for c in architecture.components), 1))
    each = _each_of_two(name)
    if not each:
        return shape
    count = shape.parameters
    return shape._replace(denoisers=2, parameters=2 * count if count and count < 1.5 * each else count)


def _part(architecture: Architecture, names: tuple[str, ...]) -> float | None:
    """Return the parameters of the components whose name starts so; None where the record lists no components."""
    found = [c.parameters or 0 for c in architecture.components if c.name.startswith(names)]
    return float(sum(found)) if architecture.components and architecture.kind == "diffusion" else None


def shape_of_model(model: Model, base: Model | None = None) -> ModelShape:
    """Return the shape of a model of the catalogue; base stands in for what its record lacks."""
    own, model = model, with_base(model, base)
    shape = shape_of(
        architecture=model.architecture,
        parameters=model.parameters,
        active=model.active_parameters,
        task=model.task,
        name=model.model_id,
        inherited=model.base_model if model.architecture is not own.architecture else "",
        volumetric="roi_voxels" in model.input_sizes,
    )
    if shape.parameters is None and (size := size_in_name(model.model_id)):
        return shape._replace(parameters=size, size_from_name=True)
    return shape


def shape_of_name(model_id: str, *, task: str) -> ModelShape | None:
    """Return the shape of a model of which nothing but the name is known; None where that tells no size."""
    size = size_in_name(model_id)
    if size is None:
        return None
    shape = shape_of(architecture=Architecture(), parameters=None, active=None, task=task, name=model_id)
    return shape._replace(parameters=size, size_from_name=True)


def size_in_name(model_id: str) -> float | None:
    """Return the parameters that a name tells ("Qwen3-ASR-1.7B", "bert-330m", "Mixtral-8x7B"), or None."""
    found = _SIZE.search(model_id.rpartition("/")[2])
    if found is None:
        return 2 * _each_of_two(model_id) or None
    experts, size, unit = found.groups()
    one = float(size) * (1e9 if unit in "bB" else 1e6)
    return int(experts) * one * _MIXTURE if experts else one


def _each_of_two(name: str) -> float:
    found = _TURNS.search(name.rpartition("/")[2])
    return float(found[1]) * 1e9 if found else 0.0


def with_base(model: Model, base: Model | None) -> Model:
    """Return the model with what its record lacks and its base has: dimensions, and the count of weights.

    An adapter is loaded with its base, whose weights are the ones to hold.
    """
    if base is None:
        return model
    own = model.architecture
    changed: dict[str, object] = {}
    if not own.components and (whole := own.completed_by(base.architecture)) is not own:
        changed["architecture"] = whole
    if base.parameters and (model.parameters is None or model.relation is Relation.ADAPTER):
        changed["parameters"] = base.parameters
        changed["active_parameters"] = base.active_parameters
    return model.model_copy(update=changed) if changed else model


def _attention(architecture: Architecture, name: str) -> str:
    """Return the kind of attention, that of the family where the record does not say."""
    if architecture.attention or architecture.kv_heads:
        return architecture.attention
    return _family_attention(architecture.model_type, name) if architecture.model_type or name else ""


@lru_cache(maxsize=4096)
def _family_attention(model_type: str, name: str) -> str:
    words = f"{model_type} {name}".lower()
    return next((kind for pattern, kind in _FAMILIES if re.search(pattern, words)), "")
