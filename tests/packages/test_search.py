import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.packages.domain.filters import PackageFilter
from services.packages.domain.index import Index
from services.packages.domain.package import Kind
from services.packages.domain.search import search
from tests.packages.conftest import chart, index_of, starter


def names(index: Index, query: str, **options: object) -> list[str]:
    return ["/".join(hit.package.key) for hit in search(index, query, **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("qdrant", "qdrant/qdrant"),
        ("argocd", "argo/argo-cd"),
        ("Argo CD helm chart", "argo/argo-cd"),
        ("cert manager", "cert-manager/cert-manager"),
        ("promethues", "prometheus-community/prometheus"),
        ("qdrnat", "qdrant/qdrant"),
        ("strimzi", "strimzi/strimzi-kafka-operator"),
        ("mlfow", "community-charts/mlflow"),
        ("opensearch dashboards", "opensearch/opensearch-dashboards"),
    ],
)
def test_names_and_misspelt_names_find_the_makers_chart_first(starter_index: Index, query: str, first: str) -> None:
    assert names(starter_index, query)[0] == first


def test_nearly_every_chart_is_first_for_its_own_name_however_it_is_asked_for(starter_index: Index) -> None:
    wanted = [p for p in starter_index.packages if not p.discouraged]
    for start, frame in enumerate(("{}", "{} helm chart", "install {} on kubernetes")):
        missed = []
        for package in wanted[start::3]:
            hits = search(starter_index, frame.format(package.facts.name.replace("-", " ")), limit=1)
            if not hits or package.software != hits[0].package.software:
                missed.append(package.key)
        assert len(missed) <= 0.02 * len(wanted[start::3]), (frame, missed)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("somewhere to log experiments", "community-charts/mlflow"),
        ("s3 storage", "minio/minio"),
        ("rotate tls certificates", "cert-manager/cert-manager"),
        ("share gpus fairly between teams", "kueue/kueue"),
        ("scale workers on queue length", "kedacore/keda"),
    ],
)
def test_meaning_finds_what_no_word_names(starter_index: Index, query: str, expected: str) -> None:
    assert expected in names(starter_index, query)[:3]


@pytest.mark.parametrize(
    "query", ["how do I bake bread", "'; DROP TABLE packages; --", "1' OR '1'='1", "zzzzzz", "😀😀", "cheap flights"]
)
def test_what_no_chart_answers_finds_nothing(starter_index: Index, query: str) -> None:
    assert names(starter_index, query) == []


@pytest.mark.parametrize(
    "query",
    [
        "arduino temperature sensor",
        "raspberry pi camera module",
        "stepper motor driver",
        "solar panel inverter",
        "model railway controller",
        "usb microscope camera",
    ],
)
def test_the_name_of_a_thing_to_hold_is_not_answered_by_what_stores_what_it_says(
    starter_index: Index, query: str
) -> None:
    assert names(starter_index, query) == []


def test_the_same_words_ask_for_software_once_they_tell_what_it_is_to_do(starter_index: Index) -> None:
    assert "influxdata/influxdb2" in names(starter_index, "store readings of temperature sensors")


def test_a_bare_name_is_not_answered_by_what_only_watches_it() -> None:
    watcher = chart("prometheus-community", "prometheus-couchdb-exporter")
    index = index_of(watcher, chart("a", "gizmo"))
    assert names(index, "couchdb") == []
    assert names(index, "couchdb exporter") == ["prometheus-community/prometheus-couchdb-exporter"]
    assert names(index, "prometheus-couch") == ["prometheus-community/prometheus-couchdb-exporter"]


def test_the_name_of_a_role_is_answered_by_what_fills_it(starter_index: Index) -> None:
    for role in ("monitoring", "messaging", "ingress", "object storage", "policy"):
        assert names(starter_index, role), role


def test_what_fills_a_role_comes_before_what_only_speaks_of_it(starter_index: Index) -> None:
    first = search(starter_index, "backup", limit=2)
    assert [h.package.roles.count("backup") for h in first] == [1, 1]


@pytest.mark.parametrize("query", ["redis exporter", "exporter for redis", "exporter of redis metrics"])
def test_a_kind_before_a_name_asks_for_the_same(starter_index: Index, query: str) -> None:
    assert names(starter_index, query)[0] == "prometheus-community/prometheus-redis-exporter"


def test_a_wish_for_what_the_catalogue_lacks_needs_more_evidence_than_one_in_its_own_words(
    starter_index: Index,
) -> None:
    assert names(starter_index, "gateway for our apis")
    assert names(starter_index, "gateway for our zeppelins") == []


def test_a_named_repository_comes_first(starter_index: Index) -> None:
    assert names(starter_index, "bitnami redis")[0] == "bitnami/redis"


def test_the_first_look_at_many_packages_loses_no_answer() -> None:
    words = ["red", "blue", "green", "small", "large", "quick", "calm", "sharp", "round", "plain"]
    many = [chart("many", f"{a}-{b}-{c}", description=f"{a} {b} {c} tool") for a in words for b in words for c in words]
    index = index_of(*many, chart("a", "gizmo", description="Counts bicycles that cross a bridge"))
    assert names(index, "how many bicycles cross the bridge")[0] == "a/gizmo"


def test_negation_excludes(starter_index: Index) -> None:
    found = names(starter_index, "keycloak without bitnami")
    assert found[0] == "cloudpirates/keycloak"
    assert not [f for f in found if f.startswith("bitnami/")]
    assert "zilliztech-milvus/milvus" not in names(starter_index, "vector database, not milvus")


def test_the_same_chart_of_several_repositories_is_one_row_with_the_choice_explained(starter_index: Index) -> None:
    hits = search(starter_index, "redis")
    first = hits[0]
    others = {o.facts.repository for o in first.others}
    assert "bitnami" in others
    assert first.package.facts.repository != "bitnami"
    assert "chosen over" in first.why
    assert len({h.package.group for h in hits}) == len(hits)
    ungrouped = names(starter_index, "redis", grouped=False)
    assert "bitnami/redis" in ungrouped
    assert "cloudpirates/redis" in ungrouped


def test_a_frozen_repository_stands_behind_and_tells_the_user_why(starter_index: Index) -> None:
    hit = next(
        h for h in search(starter_index, "bitnami keycloak", grouped=False) if h.package.facts.repository == "bitnami"
    )
    assert "2025-08-28" in " ".join(hit.package.cautions)


def test_deprecated_charts_are_left_out_unless_asked_for(starter_index: Index) -> None:
    assert "grafana/grafana" not in names(starter_index, "grafana")
    assert "grafana/grafana" in names(starter_index, "grafana", deprecated=True)


def test_a_deprecated_chart_that_alone_answers_is_shown() -> None:
    index = index_of(chart("a", "gizmo", deprecated=True, description="Gizmo counter"), chart("b", "widget"))
    assert names(index, "gizmo") == ["a/gizmo"]


def test_relevance_comes_before_trust_and_trust_before_adoption() -> None:
    index = index_of(
        chart("many-stars", "frobnicator", stars=50_000),
        chart("makers", "frobnicator", official=True, stars=1),
        chart("other", "frobnicator-exporter", official=True, stars=90_000),
    )
    hits = search(index, "frobnicator")
    assert hits[0].package.facts.repository == "makers"
    assert [o.facts.repository for o in hits[0].others] == ["many-stars"]


def test_filters_constrain(starter_index: Index) -> None:
    hits = search(
        starter_index, "database", accepts=PackageFilter(licences=frozenset({"Apache-2.0"}), official_only=True).accepts
    )
    assert hits
    assert all(h.package.official and h.package.licence == "Apache-2.0" for h in hits)
    graduated = search(starter_index, "", accepts=PackageFilter(cncf_levels=frozenset({"graduated"})).accepts, limit=50)
    assert {"cert-manager", "argo-cd"} <= {h.package.facts.name for h in graduated}


def test_an_empty_query_lists_by_trust(starter_index: Index) -> None:
    hits = search(starter_index, "", limit=5)
    assert len(hits) == 5
    assert all(h.package.official for h in hits)


def test_an_empty_catalogue_answers_nothing() -> None:
    assert search(index_of(), "redis") == []


def test_the_order_of_the_catalogue_does_not_matter() -> None:
    facts = [chart(f"r{i}", n) for i, n in enumerate(["alpha-db", "beta-db", "gamma-db", "delta-db"])]
    assert names(index_of(*facts), "db", grouped=False) == names(index_of(*reversed(facts)), "db", grouped=False)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_answered(query: str) -> None:
    hits = search(starter(), query, limit=5)
    assert len(hits) <= 5
    assert all(0 <= h.score <= 1 for h in hits)
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True) or len(
        {h.package.group for h in hits}
    ) == len(hits)


def test_what_meets_a_condition_is_found_among_many_nearer_ones_that_do_not() -> None:
    near = [chart("acme", f"store-{n}", description="A place to keep embeddings of texts.") for n in range(400)]
    index = index_of(
        *near, chart("maker", "keeper", description="Keeps embeddings of texts and of pictures.", official=True)
    )
    wish = "a place to keep embeddings of texts"
    assert names(index, wish, accepts=PackageFilter(official_only=True).accepts) == ["maker/keeper"]
    assert names(index, f"official {wish}") == ["maker/keeper"]
    assert "maker/keeper" not in names(index, wish)


@pytest.mark.parametrize("wish", ["redis without operator", "no operator redis", "redis, not the operator"])
def test_a_kind_can_be_ruled_out(starter_index: Index, wish: str) -> None:
    found = [hit.package for hit in search(starter_index, wish)]
    assert found[0].software == "redis"
    assert Kind.OPERATOR not in {package.kind for package in found}


@pytest.mark.parametrize(
    ("wish", "category"), [("storage", "storage"), ("security", "security"), ("machine learning", "ai-ml")]
)
def test_the_name_of_a_category_finds_what_is_in_it(starter_index: Index, wish: str, category: str) -> None:
    assert [hit.package.category for hit in search(starter_index, wish, limit=5)] == [category] * 5
    assert {hit.package.cncf_level for hit in search(starter_index, "cncf incubating storage")} == {"incubating"}


def test_an_empty_filter_constrains_nothing() -> None:
    assert not PackageFilter(include_deprecated=True).constrains
    assert PackageFilter(signed=True).constrains


def test_words_for_how_a_cluster_runs_a_thing_say_nothing_of_the_thing(starter_index: Index) -> None:
    assert names(starter_index, "fluent-bit daemonset")[0] == names(starter_index, "fluent-bit")[0]
