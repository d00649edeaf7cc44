"""Tokens that pictures, clips and sounds become, by the rules of each family's published processor.

A picture is cut into tiles of `unit` x `unit` pixels, at most `most` of them, each of so many tokens, and is read once
more as a whole where there are several. Families that read pixels as they are have tiles of one token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final, NamedTuple

from services.models.domain.sizing.cases import Case, Usage
from services.models.domain.sizing.families import family_in
from services.models.domain.sizing.inference import DEFAULT_CONTEXT
from services.models.domain.sizing.shapes import ModelShape
from services.models.domain.sizing.terms import Assumption


class Sight(NamedTuple):
    """How a family reads. tokens: of a tile, or of any picture where `unit` is 0; whole: of the picture beside its
    tiles; frame: of each frame of a clip, at most (0: a picture of one tile); second: of each second of sound (0: it
    does not hear). tower: millions of parameters of what turns them into tokens; 0 where that is not known.
    """

    unit: int
    tokens: int
    most: int = 1
    whole: int = 0
    frame: int = 0
    second: float = 0
    tower: int = 0

    def picture(self, edge: int | None) -> int:
        """Return the tokens of a square picture, the largest that it takes where its edge (pixels) is not said.

        >>> FAMILIES["InternVL"].picture(None), FAMILIES["Qwen2-VL"].picture(1120)
        (3328, 1600)
        """
        tiles = min((-(-edge // self.unit)) ** 2, self.most) if self.unit and edge else self.most
        return tiles * self.tokens + (self.whole if tiles > 1 else 0)

    @property
    def rule(self) -> str:
        """How a picture is counted, in words."""
        if not self.unit:
            return f"{self.tokens:,} tokens a picture whatever its size"
        if self.tokens == 1:
            return f"a token for each {self.unit} x {self.unit} pixels, at most {self.most:,}"
        whole = f" and {self.whole} of the whole" if self.whole else ""
        return f"{self.tokens} tokens a tile of {self.unit} pixels, at most {self.most} tiles{whole}"


FAMILIES: Final[Mapping[str, Sight]] = {
    "Qwen2-VL": Sight(28, 1, 16_384, frame=384, second=25, tower=675),
    "Qwen3-VL": Sight(32, 1, 16_384, frame=384, second=13, tower=576),
    "Qwen-VL": Sight(0, 256, tower=1900),
    "Qwen2-Audio": Sight(0, 0, second=25, tower=637),
    "GLM-4.1V": Sight(28, 1, 12_288, frame=384, tower=860),
    "GLM-4V": Sight(0, 1602, tower=4400),
    "Kimi-VL": Sight(28, 1, 4096, tower=413),
    "Pixtral": Sight(16, 1, 4096, tower=400),
    "Mistral Small 3": Sight(28, 1, 3025, tower=439),
    "Voxtral": Sight(0, 0, second=12.5, tower=637),
    "InternVL": Sight(448, 256, 12, whole=256, tower=304),
    "Ovis2": Sight(448, 256, 9, whole=256),
    "SmolVLM": Sight(0, 17 * 81, frame=81, tower=428),
    "SmolVLM 500M": Sight(0, 17 * 64, frame=64, tower=93),
    "Idefics3": Sight(0, 17 * 169, frame=169, tower=428),
    "Idefics2": Sight(0, 5 * 64, frame=64, tower=428),
    "PaliGemma 224": Sight(0, 256, tower=413),
    "PaliGemma 448": Sight(0, 1024, tower=413),
    "PaliGemma 896": Sight(0, 4096, tower=413),
    "Gemma 3": Sight(0, 256, second=6.25, tower=417),
    "Gemma 4": Sight(0, 280, frame=70, second=25),
    "Llama 4": Sight(336, 144, 16, whole=144, tower=860),
    "Llama 3.2 Vision": Sight(560, 401, 4, tower=860),
    "LLaVA": Sight(0, 576, tower=304),
    "LLaVA-NeXT": Sight(336, 576, 4, whole=576, frame=144, tower=304),
    "LLaVA-OneVision": Sight(384, 729, 9, whole=729, frame=196, tower=428),
    "MiniCPM-V": Sight(448, 64, 9, whole=64, tower=428),
    "MiniCPM-V 2.5": Sight(448, 96, 9, whole=96, tower=428),
    "CogVLM": Sight(0, 1227, tower=4400),
    "CogVLM2": Sight(0, 2306, frame=66, tower=4400),
    "Phi-3 vision": Sight(336, 144, 16, whole=144, tower=304),
    "Phi-4 multimodal": Sight(448, 256, 36, whole=256, second=12.5),
    "DeepSeek-VL2": Sight(384, 196, 9, whole=196, tower=428),
    "DeepSeek-VL": Sight(0, 576),
    "Molmo": Sight(336, 144, 12, whole=144, tower=304),
    "Aya Vision": Sight(364, 169, 12, whole=169, tower=428),
    "LFM2-VL": Sight(512, 256, 10, whole=256, tower=428),
    "BLIP-2": Sight(0, 32, tower=986),
    "Moondream": Sight(0, 729, tower=428),
    "Yi-VL": Sight(0, 1024, tower=632),
    "InternLM-XComposer2": Sight(0, 1225, tower=304),
}
"""By the processors in transformers and vLLM and the models' configurations, as of November 2026. A pair of Qwen's
frames is 768 tokens at most (qwen-vl-utils). Llama 3.2 keeps a tile's 1,601 in one layer for every four that keep
words: 401 of these. Idefics3 and SmolVLM enlarge pictures to 4 x 4 tiles. Newline tokens are left out. Towers by the
papers and cards of the families: SigLIP so400m has 428 million parameters, CLIP large and InternViT 300M 304,
EVA2-CLIP E 4,400, OpenCLIP bigG 1,900, EVA g 986, Qwen2-VL's 675, Whisper's large encoder 637.
"""
UNKNOWN: Final = FAMILIES["InternVL"]._replace(second=25, tower=0)
"""For families that are not known here."""
_MOST_OF_MODEL: Final = 0.4
"""Share of a model that its tower has at most: CogVLM's 4.4 of 17 billion, Qwen2-VL 2B's 0.67 of 2.2."""
_WITH_LARGE_TOWER: Final = 20e9
_LARGE_TOWER: Final = 5.54e9
"""InternViT 6B, which InternVL has where so many parameters are active."""
_NAMES: Final = (
    (r"qwen3(?:\.\d)?omni|qwen3vl|qwen3\.?5", "Qwen3-VL"),
    (r"qwen2(?:\.5)?vl|qwen25vl|qwen2\.?5omni|dotsocr|ernie45(?:moe)?vl|mimovl", "Qwen2-VL"),
    (r"qwen2?audio|ultravox", "Qwen2-Audio"),
    (r"qwenvl", "Qwen-VL"),
    (r"glm4\.[1-9]v|glm4v(?!9b)|glm5v", "GLM-4.1V"),
    (r"glm4v9b", "GLM-4V"),
    (r"kimi(?:vl|k2\.?5|k2\.?6)", "Kimi-VL"),
    (r"voxtral", "Voxtral"),
    (r"pixtral", "Pixtral"),
    (r"mistral3|mistralsmall3\.[12]|ministral3", "Mistral Small 3"),
    (r"intern(?:vl|s1)|nvlm|skyworkr1v", "InternVL"),
    (r"ovis2", "Ovis2"),
    (r"smolvlm2?(?:256|500)m|granitedocling", "SmolVLM 500M"),
    (r"smolvlm", "SmolVLM"),
    (r"idefics3", "Idefics3"),
    (r"idefics2", "Idefics2"),
    (r"paligemma.*896", "PaliGemma 896"),
    (r"paligemma.*448", "PaliGemma 448"),
    (r"paligemma", "PaliGemma 224"),
    (r"gemma4", "Gemma 4"),
    (r"gemma3", "Gemma 3"),
    (r"llama4", "Llama 4"),
    (r"(?<![a-z])mllama|llama3\.2.*vision", "Llama 3.2 Vision"),
    (r"llavaonevision|llavaov", "LLaVA-OneVision"),
    (r"llava(?:next|v?1\.6)", "LLaVA-NeXT"),
    (r"llava|bakllava", "LLaVA"),
    (r"minicpmllama3v|minicpmv2\.?5", "MiniCPM-V 2.5"),
    (r"minicpm[vo]", "MiniCPM-V"),
    (r"cogvlm2|cogagent", "CogVLM2"),
    (r"cogvlm", "CogVLM"),
    (r"phi3v|phi3\.?5?.*vision", "Phi-3 vision"),
    (r"phi4(?:mm|multimodal)", "Phi-4 multimodal"),
    (r"deepseekvlv?2", "DeepSeek-VL2"),
    (r"deepseekvl|janus", "DeepSeek-VL"),
    (r"molmo", "Molmo"),
    (r"ayavision|cohere2vision", "Aya Vision"),
    (r"lfm2\.?5?vl", "LFM2-VL"),
    (r"blip2|instructblip", "BLIP-2"),
    (r"moondream", "Moondream"),
    (r"(?<![a-z])yivl", "Yi-VL"),
    (r"internlmxcomposer2(?!\.5|4khd)", "InternLM-XComposer2"),
)
"""Families by letters, digits and dots of a model's name and the type of its configuration."""


@lru_cache(maxsize=4096)
def family_of(name: str) -> str:
    """Return the family in FAMILIES that a name or a type of configuration tells; empty where it tells none.

    >>> family_of("OpenGVLab/InternVL2_5-8B"), family_of("owner/name")
    ('InternVL', '')
    """
    return family_in(name, _NAMES)


def sight_of(shape: ModelShape) -> Sight:
    """Return the rules of the model's family, or those taken for one that is not known."""
    return FAMILIES.get(shape.sight, UNKNOWN)


def tower_of(family: str, parameters: float | None, active: float | None = None) -> float:
    """Return the parameters of a family's tower; 0 where it is not known, or too much of a model that small (some
    families have a smaller one too).
    """
    tower = FAMILIES[family].tower * 1e6 if family else 0.0
    if family == "InternVL" and (active or parameters or 0.0) > _WITH_LARGE_TOWER:
        tower = _LARGE_TOWER
    return tower if parameters is not None and tower < _MOST_OF_MODEL * parameters else 0.0


def tokens_seen(shape: ModelShape, usage: Usage) -> int:
    """Return the tokens of the pictures, clips and sounds that a use says one request has; 0 for a model that reads
    words alone.
    """
    if not (shape.sees or shape.sight):
        return 0
    sight, pictures, frames = sight_of(shape), usage.images, usage.frames or 0
    if pictures is None:
        pictures = int(usage.image_size is not None and not frames)
    clip = frames * (sight.frame or sight.picture(sight.unit))
    return pictures * sight.picture(usage.image_size) + clip + round((usage.audio_seconds or 0) * sight.second)


def seeing(case: Case) -> Case:
    """Return the case with the length of its requests told by what they have beside words, where that alone is said."""
    shape, usage = case.shape, case.usage
    seen = tokens_seen(shape, usage) if usage.context_tokens is None else 0
    if not seen:
        return case
    tokens = DEFAULT_CONTEXT + seen
    family = shape.sight or "family not known here, taken as InternVL"
    why = f"not said; {DEFAULT_CONTEXT:,} of words and {seen:,} beside them; {family}: {sight_of(shape).rule}"
    note = Assumption("context_tokens", str(tokens), why)
    return case._replace(usage=replace(usage, context_tokens=tokens), notes=(*case.notes, note))
