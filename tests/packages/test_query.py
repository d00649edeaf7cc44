import pytest

from services.packages.domain.package import Kind
from services.packages.domain.query import Lexicon, Query
from services.packages.domain.query_reading import read_query

LEXICON = Lexicon(
    software={
        "redis": frozenset({"redis"}),
        "elasticsearch": frozenset({"elasticsearch"}),
        "cassandra": frozenset({"cassandra"}),
        "weightsandbiases": frozenset({"wandb"}),
        "ingressnginx": frozenset({"ingressnginx"}),
        "vault": frozenset({"vault"}),
        "kafka": frozenset({"kafka"}),
    },
    repositories={"bitnami": frozenset({"bitnami"}), "hashicorp": frozenset({"hashicorp-vault"})},
    phrases=("weights and biases",),
    hosted={"amazonsqs": frozenset({"messaging"}), "sqs": frozenset({"messaging"})},
)


def read(text: str) -> Query:
    return read_query(text, LEXICON)


@pytest.mark.parametrize(
    "text",
    [
        "keycloak without bitnami",
        "keycloak, not bitnami",
        "keycloak but not from bitnami",
        "keycloak, no bitnami please",
        "keycloak not the bitnami one",
        "keycloak other than bitnami",
        "non-bitnami keycloak",
        "not bitnami keycloak",
        "no bitnami keycloak",
        "anything but bitnami keycloak",
        "bitnami-free keycloak",
        "keycloak from anyone but bitnami",
        "keycloak, but not the one of bitnami",
    ],
)
def test_a_repository_can_be_ruled_out(text: str) -> None:
    query = read(text)
    assert query.excluded_repositories == {"bitnami"}
    assert "keycloak" in query.names
    assert "bitnami" not in query.text


def test_a_publisher_stands_for_its_repositories() -> None:
    assert read("secrets store, not hashicorp").excluded_repositories == {"hashicorp-vault"}
    named = read("hashicorp vault")
    assert (named.repositories, named.publishers) == ({"hashicorp-vault"}, {"hashicorp"})


@pytest.mark.parametrize(
    ("text", "excluded"),
    [
        ("traces without elasticsearch or cassandra", {"elasticsearch", "cassandra"}),
        ("log search with less memory than elasticsearch", {"elasticsearch"}),
        ("ingress controller, but not ingress-nginx", {"ingressnginx"}),
        ("secrets management, not vault, open source", {"vault"}),
        ("search engine instead of elasticsearch", {"elasticsearch"}),
        ("alternative to weights and biases", {"weightsandbiases", "wandb"}),
        ("drop-in redis replacement", {"redis"}),
        ("redis fork with BSD licence", {"redis"}),
        ("lighter than kafka", {"kafka"}),
        ("a queue that isn't kafka", {"kafka"}),
        ("logs that don’t need elasticsearch", {"elasticsearch"}),
        ("a broker that does not depend on kafka", {"kafka"}),
        ("kafka-free event streaming", {"kafka"}),
        ("identity provider apart from vault", {"vault"}),
        ("moving off redis", {"redis"}),
        ("serve streams, but not with kafka", {"kafka"}),
        ("everything but vault", {"vault"}),
        ("get rid of elasticsearch", {"elasticsearch"}),
    ],
)
def test_software_can_be_ruled_out(text: str, excluded: set[str]) -> None:
    assert read(text).excluded == excluded


def test_what_is_to_be_replaced_is_remembered_so_that_the_answer_does_its_job() -> None:
    assert read("vault alternative").like == {"vault"}
    assert read("lighter than kafka").like == {"kafka"}
    assert read("log search with less memory than elasticsearch").text == "log search with less memory"
    assert read("secrets, not vault").like == frozenset()


def test_words_after_without_that_name_nothing_stay_in_the_wish() -> None:
    query = read("encrypt traffic without changing code")
    assert query.excluded == frozenset()
    assert query.text == "encrypt traffic without changing code"


@pytest.mark.parametrize(
    ("text", "families", "excluded"),
    [
        ("cache with BSD licence", {"bsd"}, set()),
        ("search engine under Apache license", {"apache"}, set()),
        ("apache 2.0 log storage", {"apache"}, set()),
        ("object storage without AGPL", set(), {"agpl"}),
        ("cache that must not be AGPL", set(), {"agpl"}),
        ("MIT licensed workflow engine", {"mit"}, set()),
        ("apache airflow", set(), set()),
        ("postgresql operator", set(), set()),
    ],
)
def test_licences_are_conditions(text: str, families: set[str], excluded: set[str]) -> None:
    query = read(text)
    assert (query.families, query.excluded_families) == (families, excluded)


@pytest.mark.parametrize("text", ["open source cache", "cache without a commercial licence", "no proprietary cache"])
def test_what_is_not_to_be_sold_is_open_source(text: str) -> None:
    query = read(text)
    assert query.open_source
    assert query.text == "cache"


def test_standing_is_a_condition() -> None:
    query = read("official, maintained, open source CNCF graduated policy engine with permissive licence")
    assert query.official
    assert query.maintained
    assert query.open_source
    assert query.permissive
    assert query.cncf_level == "graduated"
    assert set(query.names) >= {"policy", "engine"}


def test_signatures_and_verified_publishers_are_conditions() -> None:
    assert read("signed redis chart").signed
    assert read("redis from a verified publisher").verified
    assert not read("who signed up").signed


def test_kinds_are_named() -> None:
    assert read("postgres operator").kinds == {Kind.OPERATOR}
    assert read("prometheus exporter for redis").kinds == {Kind.EXPORTER}


@pytest.mark.parametrize("text", ["", " ", "not", "without", ",,,", "not bitnami", "😀", "(((", "a" * 1000])
def test_odd_texts_are_read_without_complaint(text: str) -> None:
    assert read(text) == read(text)


@pytest.mark.parametrize(
    "text",
    [
        "self-signed certificates",
        "issue self signed certs",
        "verify signed images",
        "block images that are not signed",
        "containers must be signed",
        "signed container images only",
        "users with verified e-mails",
        "official identity documents",
        "supported file formats",
        "what is supported by the tool",
        "no chart that is not signed",
    ],
)
def test_what_is_said_of_other_things_than_a_chart_is_no_condition_on_it(text: str) -> None:
    query = read(text)
    assert {query.signed, query.verified, query.official, query.maintained} == {False}
    assert query.text == text


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("signed chart for redis", "signed"),
        ("a redis chart that is signed", "signed"),
        ("redis from a verified publisher", "verified"),
        ("official redis", "official"),
        ("redis that is still maintained", "maintained"),
        ("supported redis chart", "maintained"),
        ("an open source version of redis", "open_source"),
        ("redis with an open source licence", "open_source"),
    ],
)
def test_what_is_said_of_a_chart_is_a_condition(text: str, condition: str) -> None:
    assert getattr(read(text), condition)


@pytest.mark.parametrize(
    "text", ["like kafka but smaller", "something like kafka, but not on java", "kafka-like but small"]
)
def test_what_is_like_a_software_but_for_something_is_another_one(text: str) -> None:
    expected = set() if text.startswith("kafka") else {"kafka"}
    assert (read(text).like, read(text).excluded) == (expected, expected)


@pytest.mark.parametrize(
    "text", ["i would like kafka but small", "i'd like kafka but in one pod", "something like kafka"]
)
def test_a_wish_for_a_software_rules_it_not_out(text: str) -> None:
    assert read(text).excluded == set()


@pytest.mark.parametrize(
    "text",
    ["amazon sqs alternative", "replacement for amazon sqs", "instead of sqs", "something like sqs", "self-hosted sqs"],
)
def test_a_service_that_is_run_elsewhere_is_compared_with_and_rules_nothing_out(text: str) -> None:
    query = read(text)
    assert query.like & {"sqs", "amazonsqs"}
    assert query.excluded == set()


def test_what_is_ruled_out_instead_does_the_same_job() -> None:
    assert read("messages instead of kafka").like == {"kafka"}
    assert read("messages without kafka").like == set()
