"""Each oddity of the SkyPilot tables, on rows of its shape."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from services.compute.domain.integrity import Refusal, Row, check
from services.compute.domain.offer import Offer, PriceModel
from services.compute.ingest.importer import SourceError
from services.compute.ingest.skypilot import SkyPilotImporter
from services.compute.ingest.skypilot_clouds import tpu_chips
from services.compute.ingest.source_file import SourceFile
from services.compute.reference import load_reference

HEADER = "InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,GpuInfo,Price,SpotPrice,Region,AvailabilityZone"
AS_OF = datetime(2026, 5, 20, tzinfo=UTC)


def read(cloud: str, *rows: str, header: str = HEADER) -> tuple[list[Offer], list[Refusal]]:
    """Return what becomes of a cloud's table."""
    content = "\r\n".join((header, *rows)).encode()
    importer = SkyPilotImporter([SourceFile(f"v8/{cloud}/vms.csv", AS_OF, lambda: content)])
    (provider,) = importer.providers()
    found: Sequence[Row | Refusal] = list(importer.rows(provider))
    checked = [row if isinstance(row, Refusal) else check(row, load_reference().gpus) for row in found]
    return [c for c in checked if isinstance(c, Offer)], [c for c in checked if isinstance(c, Refusal)]


def info(name: str, mib: float, count: int = 1) -> str:
    return f"\"{{'Gpus': [{{'Name': '{name}', 'Count': {count}, 'MemoryInfo': {{'SizeInMiB': {mib}}}}}]}}\""


def test_a_row_gives_an_on_demand_and_a_spot_offer() -> None:
    offers, refused = read("aws", f"g6.xlarge,L4,1,4,16,{info('L4', 22888)},0.8048,0.2012,us-east-1,use1-az1")
    assert refused == []
    assert [(o.price_model, o.price_micros) for o in offers] == [
        (PriceModel.ON_DEMAND, 804_800),
        (PriceModel.SPOT, 201_200),
    ]
    assert offers[0].machine.gpu_memory_gib == 24
    assert offers[0].source.as_of == AS_OF


def test_zones_with_one_price_are_one_offer_and_zones_priced_apart_are_not() -> None:
    offers, _ = read(
        "aws", "m7i.large,,,2,8,,0.1,0.04,us-east-1,use1-az1", "m7i.large,,,2,8,,0.1,0.05,us-east-1,use1-az2"
    )
    placed = {(o.price_model, o.place.zone): o.price_micros for o in offers}
    assert placed == {
        (PriceModel.ON_DEMAND, ""): 100_000,
        (PriceModel.SPOT, "use1-az1"): 40_000,
        (PriceModel.SPOT, "use1-az2"): 50_000,
    }


@pytest.mark.parametrize("spot", ["", "0.00", "0"])
def test_zero_or_no_spot_price_means_that_there_is_none(spot: str) -> None:
    offers, refused = read(
        "vast", f'1x-H200-32-65536,H200,1,32,64,{info("H200", 143771)},2.65,{spot},"France, FR, EU",'
    )
    assert [o.price_model for o in offers] == [PriceModel.ON_DEMAND]
    assert refused == []


def test_a_row_without_any_price_is_refused_with_its_line() -> None:
    offers, refused = read("aws", "p5e.48xlarge,H200,8,192,2048,,,,us-east-2,use2-az1")
    assert offers == []
    assert refused == [Refusal("aws", "aws/vms.csv:2", "states no price")]


def test_google_accelerators_are_joined_with_their_machine_in_the_same_zone() -> None:
    offers, refused = read(
        "gcp",
        "a2-ultragpu-2g,,,24,340,,2.19924,1.09956,us-west9,us-west9-a",
        "n2-standard-4,,,4,16,,0.19,0.05,us-west9,us-west9-a",
        f",A100-80GB,2,,,{info('', 81920)},7.8,3.9,us-west9,us-west9-a",
        f",A100-80GB,2,,,{info('', 81920)},7.8,3.9,us-west9,us-west9-b",
    )
    by_model = {(o.machine.instance_type, o.price_model): o for o in offers}
    whole = by_model["a2-ultragpu-2g", PriceModel.ON_DEMAND]
    assert whole.price_micros == 9_999_240
    assert (whole.machine.gpu_type, whole.machine.gpu_count, whole.machine.vcpus) == ("A100-80GB-SXM", 2, 24)
    assert by_model["a2-ultragpu-2g", PriceModel.SPOT].price_micros == 4_999_560
    assert {o.machine.instance_type for o in offers if not o.machine.gpu_count} == {"n2-standard-4"}
    assert [r.reason for r in refused] == ["no a2-ultragpu-2g is priced in us-west9-b"]


def test_a_google_machine_listed_at_zero_is_in_its_accelerators_price() -> None:
    offers, _ = read(
        "gcp",
        "a4-highgpu-8g,,,224,3968,,0.0,0.0,us-x1,us-x1-a",
        f",B200,8,,,{info('', 184320)},90.216,34.2,us-x1,us-x1-a",
    )
    assert {o.price_micros for o in offers} == {90_216_000, 34_200_000}


@pytest.mark.parametrize(
    ("generation", "size", "chips"),
    [("tpu-v5litepod", 8, 8), ("tpu-v6e", 4, 4), ("tpu-v5p", 128, 64), ("tpu-v3", 8, 4)],
)
def test_tpu_slices_count_chips(generation: str, size: int, chips: int) -> None:
    assert tpu_chips(generation, size) == chips


def test_a_tpu_slice_is_a_machine_of_its_own() -> None:
    (offer,), _ = read("gcp", ",tpu-v5p-16,1,,,tpu-v5p-16,33.6,,us-east5,us-east5-a")
    assert (offer.machine.gpu_type, offer.machine.gpu_count, offer.price_micros) == ("tpu-v5p", 8, 33_600_000)


def test_memory_that_vast_states_for_all_gpus_is_divided() -> None:
    (offer,), _ = read(
        "vast", f'4x-A100_SXM4-32-65536,A100,4,32,64,{info("A100", 4 * 81920, 4)},4,0.00,"Texas, US, NA",'
    )
    assert (offer.machine.gpu_type, offer.machine.gpu_count) == ("A100-80GB-SXM", 4)


def test_vast_folds_variants_that_the_instance_type_tells_apart() -> None:
    (offer,), _ = read(
        "vast", f'1x-RTX_4060_Ti-32-65536,RTX4060,1,32,64,{info("RTX4060", 16380)},0.1,0.00,"Japan, JP, AS",'
    )
    assert offer.machine.gpu_type == "RTX4060Ti-16GB"


def test_verda_names_carry_the_total_and_its_memory_is_not_believed() -> None:
    gpu = '"{""Gpus"": [{""Name"": ""A100"", ""Count"": 4, ""MemoryInfo"": {""SizeInMiB"": 327680}}]}"'
    (offer,), _ = read("verda", f"4A100.88V,A100-80GB-320GB,4,88,480,{gpu},5.16,,FIN-01,")
    assert (offer.machine.gpu_type, offer.machine.gpu_count, offer.machine.gpu_memory_gib) == ("A100-80GB-SXM", 4, 80)


def test_memory_in_gib_under_a_name_that_says_mib_is_read_as_gib() -> None:
    (offer,), _ = read("shadeform", f"scaleway_L4,L4,1,8,48,{info('L4', 24)},0.95,,paris-france-5,")
    assert offer.machine.gpu_memory_gib == 24
    assert load_reference().regions.locate("shadeform", offer.place.region).country == "FR"


def test_auction_floors_are_no_prices() -> None:
    offers, refused = read("mithril", f"a100.1x,A100,1,26,190,{info('A100', 81920)},0.01,0.01,us-central3-a,")
    assert offers == []
    assert "auction" in refused[0].reason


@pytest.mark.parametrize(
    ("instance", "gpu", "count"),
    [
        ("Standard_ND96isr_MI300X_v5", "MI300X", 8),
        ("Standard_ND96is_MI300X_v5", "MI300X", 8),
        ("Standard_ND128isr_NDR_GB200_v6", "GB200", 4),
        ("Standard_NCC40ads_H100_v5", "H100-NVL", 1),
        ("Standard_NG32ads_V620_v1", "V620", 1),
        ("Standard_NV28adms_V710_v5", "V710", 1),
    ],
)
def test_azure_machines_whose_accelerators_are_not_named_are_known_by_their_type(
    instance: str, gpu: str, count: int
) -> None:
    (offer,), _ = read("azure", f"{instance},,,128,864,,100,,eastus,")
    assert (offer.machine.gpu_type, offer.machine.gpu_count) == (gpu, count)


def test_gpus_that_a_table_miscounts_are_counted_by_the_machines_name() -> None:
    (offer,), _ = read("azure", "Standard_ND96isr_H100_v5,H100,12,96,1900,H100,98.32,,eastus,")
    assert (offer.machine.gpu_type, offer.machine.gpu_count) == ("H100-SXM", 8)


def test_a_row_whose_spot_price_is_above_its_price_on_demand_is_refused_but_rounding_is_not() -> None:
    offers, refused = read(
        "gcp",
        "n1-standard-8,,,8,30,,0.38,0.08,us-central1,us-central1-a",
        ",V100,1,,,V100,2.48,2.9,us-central1,us-central1-a",
        ",T4,1,,,T4,0.35,0.3504,us-central1,us-central1-a",
    )
    assert {o.machine.gpu_type for o in offers} == {""}
    assert [r.location for r in refused] == ["gcp/vms.csv:3", "gcp/vms.csv:4"]
    assert "spot price 2.9 is above" in refused[0].reason
    assert "n1-standard-4" in refused[1].reason


def test_an_azure_gpu_machine_that_nobody_can_name_does_not_pass_for_one_without() -> None:
    offers, refused = read("azure", "Standard_ND40s_v3,,,40,672,,20,,eastus,", "Standard_D4s_v5,,,4,16,,0.2,,eastus,")
    assert [o.machine.instance_type for o in offers] == ["Standard_D4s_v5"]
    assert "does not name" in refused[0].reason


@pytest.mark.parametrize("instance", ["Standard_NV6ads_A10_v5", "Standard_NV4ads_V710_v5", "Standard_NV4as_v4"])
def test_slices_of_gpus_are_refused(instance: str) -> None:
    named = "A10,0.167" if "A10" in instance else ("MI25,1" if "v4" in instance else ",")
    offers, refused = read("azure", f"{instance},{named},6,55,,0.4,,eastus,")
    assert offers == []
    assert "slice" in refused[0].reason


@pytest.mark.parametrize(
    ("cloud", "row", "gpu"),
    [
        ("azure", "Standard_NC24ads_A100_v4,A100-80GB,1,24,220,A100-80GB,3.6,,eastus,", "A100-80GB-PCIe"),
        ("azure", "Standard_ND96amsr_A100_v4,A100-80GB,8,96,1900,A100-80GB,32,,eastus,", "A100-80GB-SXM"),
        ("azure", "Standard_NC40ads_H100_v5,H100,1,40,320,H100,6.98,,eastus,", "H100-NVL"),
        ("lambda", f"gpu_1x_h100_pcie,H100,1,26,225,{info('H100', 81920)},2.49,,us-east-1,", "H100-PCIe"),
        ("runpod", "1x_H100-SXM_SECURE,H100-SXM,1,16,80,H100-SXM,2.99,,US,US-KS-2", "H100-SXM"),
        ("runpod", "1x_A100-80GB_SECURE,A100-80GB,1,8,80,A100-80GB,1.64,,CA,CA-MTL-1", "A100-80GB-PCIe"),
        ("aws", f"inf2.xlarge,Inferentia,1,4,16,{info('Inferentia2', 32768)},0.7582,,us-east-1,", "Inferentia2"),
        ("aws", f"p4d.24xlarge,A100,8,96,1152,{info('A100', 40960, 8)},32.7,,us-east-1,", "A100-40GB-SXM"),
        ("gcp", "ignored", ""),
    ],
)
def test_the_variant_of_a_gpu_is_as_exact_as_the_table_tells(cloud: str, row: str, gpu: str) -> None:
    if not gpu:
        with pytest.raises(SourceError, match="header lacks"):
            read(cloud, row, header="InstanceType,Price")
        return
    (offer,), refused = read(cloud, row)
    assert (offer.machine.gpu_type, refused) == (gpu, [])


def test_memory_of_gpus_in_the_place_of_host_memory_is_not_taken_for_it() -> None:
    (offer,), _ = read("runpod", "1x_A100-80GB_SECURE,A100-80GB,1,8,80,A100-80GB,1.64,,CA,CA-MTL-1")
    assert offer.machine.memory_gib is None


def test_a_gpu_that_nobody_knows_is_kept_and_flagged_or_refused_without_memory() -> None:
    offers, refused = read(
        "aws",
        f"x1.large,Mystery 9,1,4,16,{info('Mystery 9', 65536)},1,,us-east-1,",
        "f1.2xlarge,Virtex UltraScale (VU9P),1,8,122,,1.65,,us-east-1,",
    )
    assert [(o.machine.gpu_type, o.machine.gpu_known, o.machine.gpu_memory_gib) for o in offers] == [
        ("Mystery 9", False, 64)
    ]
    assert "unknown and its memory is not stated" in refused[0].reason


def test_repeated_rows_count_once_and_contradicting_ones_are_refused() -> None:
    row = "m7i.large,,,2,8,,0.1,,us-east-1,use1-az1"
    offers, refused = read("aws", row, row, row.replace("0.1", "0.3"))
    assert len(offers) == 1
    assert [r.location for r in refused] == ["aws/vms.csv:4"]


def test_a_number_that_is_none_is_refused_with_its_column() -> None:
    _, refused = read("aws", "m7i.large,,,two,8,,0.1,,us-east-1,use1-az1")
    assert refused == [Refusal("aws", "aws/vms.csv:2", "vCPUs is 'two', not a number")]


def test_of_several_versions_of_a_table_the_last_is_read() -> None:
    def version(number: int, price: float) -> SourceFile:
        content = f"{HEADER}\nm7i.large,,,2,8,,{price},,us-east-1,use1-az1\n".encode()
        return SourceFile(f"catalogs/v{number}/aws/vms.csv", AS_OF, lambda: content)

    (row,) = SkyPilotImporter([version(10, 3.0), version(8, 2.0), version(5, 1.0)]).rows("aws")
    assert isinstance(row, Row)
    assert row.price_per_hour == 3


def test_a_folder_without_tables_is_no_source() -> None:
    with pytest.raises(SourceError, match=r"vms\.csv"):
        SkyPilotImporter([SourceFile("readme.txt", AS_OF, lambda: b"")])
