"""Networks over images by name: what their backbones and heads keep of each pixel, and how they are trained."""

from __future__ import annotations

import pytest

from services.models.domain.model import Architecture
from services.models.domain.shaping import shape_of, shape_of_model
from services.models.domain.sizing import PAIRING, Case, GpuShape, MemoryEstimate, ModelShape, Usage, size
from services.models.domain.sizing.networks import is_one_stage, merges_frames, network_of
from services.models.ingest import starter

DETECTS, SEGMENTS, CLASSIFIES, CLIPS = (
    "object-detection", "image-segmentation", "image-classification", "video-classification",
)  # fmt: skip


def _train(name: str, task: str, parameters: float | None = 40e6, **said: object) -> MemoryEstimate:
    count = None if parameters is None else int(parameters)
    shape = shape_of(architecture=Architecture(), parameters=count, active=None, task=task, name=name)
    return size(Case(shape, Usage(workload="full", **said))).estimate  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "task", "parameters", "said", "gb"),
    [
        ("mask-rcnn_r101_fpn_1x_coco", DETECTS, 63e6, {"engine": "mmdetection"}, 6.4),
        ("retinanet_x101_64x4d_fpn_1x_coco", DETECTS, 96e6, {"engine": "mmdetection"}, 10.0),
        ("mask-rcnn_swin-t-p4-w7_fpn_ms-crop-3x_coco", DETECTS, 48e6, {"engine": "mmdetection"}, 10.2),
        ("Faster R-CNN R-50-C4", DETECTS, 33e6, {"batch_size": 1, "image_size": 1033}, 5.8),
        ("Faster R-CNN R101-FPN", DETECTS, 60e6, {"engine": "detectron2"}, 4.1),
        ("pspnet_r101-d8_512x1024", SEGMENTS, 68e6, {"batch_size": 2, "image_size": 724}, 9.6),
        ("fcn_hr48_voc12aug-512x512", SEGMENTS, 66e6, {"batch_size": 4, "image_size": 512}, 6.2),
        ("segformer_mit-b5_ade20k-640x640", SEGMENTS, 85e6, {"batch_size": 2, "image_size": 640}, 11.5),
        ("upernet_r50_ade20k-512x512", SEGMENTS, 66e6, {"batch_size": 4, "image_size": 512}, 8.1),
        ("vit_deit-b16_upernet_ade20k", SEGMENTS, 144e6, {"batch_size": 2, "image_size": 512}, 7.75),
        ("YOLOv5-x", DETECTS, 87e6, {"engine": "mmyolo", "image_size": 640}, 12.2),
        ("tsn_r50_1x1x3", CLIPS, 24e6, {"batch_size": 32, "image_size": 224, "frames": 3}, 8.75),
    ],
)
def test_networks_of_model_zoos_train_in_what_these_measured(
    name: str, task: str, parameters: float, said: dict[str, object], gb: float
) -> None:
    assert _train(name, task, parameters, **said).total_bytes == pytest.approx(gb * 1e9, rel=0.25)


def test_the_answer_names_the_network_and_takes_its_parameters_and_edge_where_none_are_known() -> None:
    notes = {note.field: note.value for note in _train("mask_rcnn_r50_fpn", DETECTS, None).assumptions}
    assert notes["network"] == "ResNet-50 with Mask R-CNN"
    assert (notes["parameters"], notes["image_size"]) == ("2.56e+07", "1033")
    assert "network" not in {note.field for note in _train("our-own-net", DETECTS).assumptions}


def test_dilation_keeps_more_and_frozen_norms_keep_less() -> None:
    def kept(name: str, task: str, engine: str = "") -> float:
        return _train(name, task, batch_size=1, image_size=512, engine=engine).term("activations")

    assert kept("deeplabv3_r50-d8", SEGMENTS) > 1.8 * kept("deeplabv3_r50-d32", SEGMENTS)
    assert kept("mask_rcnn_r50", DETECTS, "detectron2") < kept("mask_rcnn_r50", DETECTS)


def test_every_class_has_a_score_for_each_pixel_and_attention_over_all_pixels_grows_with_them() -> None:
    few, many = (network_of(f"upernet_r50_{data}", SEGMENTS) for data in ("cityscapes", "ade20k"))
    assert few is not None
    assert many is not None
    assert many.saved(512, half=False) - few.saved(512, half=False) == pytest.approx(130 * 3.1)
    mit = network_of("segformer-b2", SEGMENTS)
    assert mit is not None
    assert mit.saved(1024, half=False) > 1.2 * mit.saved(512, half=False)


def test_norms_and_softmax_at_32_bit_make_mixed_precision_save_less_than_half() -> None:
    for name, least in (("resnet50", 0.5), ("swin_tiny", 0.6), ("convnextv2_tiny", 0.8)):
        whole, half = (
            _train(name, CLASSIFIES, batch_size=8, image_size=224, precision=form).term("activations")
            for form in ("fp32", "fp16 mixed")
        )
        assert half / whole == pytest.approx(least, abs=0.06)


@pytest.mark.parametrize(
    ("name", "task", "found"),
    [
        ("facebook/detr-resnet-50", DETECTS, "ResNet-50 with DETR"),
        ("timm/resnext101_32x8d.fb_swsl_ig1b_ft_in1k", CLASSIFIES, "ResNeXt-101 64x4d"),
        ("google/vit-base-patch16-224", CLASSIFIES, "ViT-B/16"),
        ("facebook/dinov2-large", "image-feature-extraction", "ViT-L/14"),
        ("microsoft/swinv2-tiny-patch4-window8-256", CLASSIFIES, "SwinV2-T"),
        ("nvidia/segformer-b0-finetuned-ade-512-512", SEGMENTS, "MiT-B0 with SegFormer"),
        ("facebook/mask2former-swin-large-coco-panoptic", SEGMENTS, "Swin-L with Mask2Former"),
        ("hustvl/yolos-tiny", DETECTS, ""),
        ("acme/rover-50", DETECTS, ""),
    ],
)
def test_names_as_hubs_and_zoos_write_them(name: str, task: str, found: str) -> None:
    network = network_of(name, task)
    assert (network.name if network else "") == found


def test_a_configurations_name_may_tell_how_many_images_a_gpu_takes() -> None:
    told = _train("pspnet_r50-d8_4xb4-80k_ade20k-512x512", SEGMENTS, image_size=512)
    said = _train("pspnet_r50-d8_ade20k", SEGMENTS, image_size=512, batch_size=4)
    assert told.total_bytes == said.total_bytes
    assert next(note.value for note in told.assumptions if note.field == "batch_size") == "4"


def test_yolo_is_of_one_stage_yolos_is_not_and_some_networks_merge_frames() -> None:
    assert [is_one_stage(name) for name in ("Ultralytics/YOLO11", "yolox_s", "hustvl/yolos-small")] == [
        True,
        True,
        False,
    ]
    assert [merges_frames(name) for name in ("i3d_r50", "slowfast_r50_8x8", "tsn_r50")] == [True, True, False]
    merged, apart = (
        _train(name, CLIPS, batch_size=1, image_size=224, frames=32).term("activations")
        for name in ("i3d_r50", "tsn_r50")
    )
    assert merged == pytest.approx(0.3 * apart)
    assert "frames" in {note.field for note in _train("tsn_r50", CLIPS).assumptions}


def test_who_pairs_images_with_texts_trains_a_network_over_each() -> None:
    said = {"batch_size": 256, "image_size": 224, "engine": "open_clip"}
    run = _train("ViT-B-16-quickgelu", PAIRING, 150e6, **said)
    assert run.total_bytes == pytest.approx(26e9, rel=0.1)  # facebookresearch/MetaCLIP, issue 47
    again = _train("ViT-B-32", PAIRING, 150e6, **{**said, "batch_size": 2048}, checkpointing=True)
    assert again.total_bytes == pytest.approx(20e9, rel=0.1)  # mlfoundations/open_clip, pull request 85
    pair, image = (
        _train("openai/clip-vit-base-patch32", task, 150e6, batch_size=2, image_size=224).term("activations")
        for task in (PAIRING, CLASSIFIES)
    )
    assert pair - image == pytest.approx(2 * 77 * 12 * 512 * 17 * 4)


def test_attention_of_plain_transformers_may_not_be_fused() -> None:
    usage = Usage(workload="full", batch_size=8, image_size=512)
    shape = ModelShape(parameters=86.6e6, arch="cnn", task=CLASSIFIES, network="dinov2_vitb14_reg4")
    sized = size(Case(shape, usage, GpuShape("card", 16)))
    assert sized.capacity is not None
    assert (sized.capacity.fits, sized.capacity.is_borderline(0.0)) == (True, True)
    assert sized.capacity.most_bytes == pytest.approx(19e9, rel=0.1)  # facebookresearch/dinov2, issue 553
    assert "not fused" in next(note.why for note in sized.estimate.assumptions if note.field == "fits")


def test_names_that_tell_nothing_of_a_network_are_left_out_and_change_no_answer() -> None:
    shapes = {model.model_id: shape_of_model(model) for model in starter.models().values()}
    seen = {name: s for name, s in shapes.items() if s.arch in ("cnn", "unet3d") or s.task == PAIRING}
    untold = {name: shape for name, shape in seen.items() if not shape.network}
    assert len(untold) > 40
    assert all(seen[name].network == name for name in seen.keys() - untold.keys())
    for name, shape in untold.items():
        for usage in (Usage(), Usage(workload="full"), Usage(workload="full", image_size=256, frames=16)):
            assert size(Case(shape._replace(network=name), usage, GpuShape("card", 16))) == size(
                Case(shape, usage, GpuShape("card", 16))
            )
