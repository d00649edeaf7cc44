"""Licences: every spelling means one, several at once bind by the strictest, and what is not known stays unknown."""

from __future__ import annotations

import csv
import re

import pytest

from services.models import tables
from services.models.domain.licenses import license_key
from services.models.domain.model import LicenseClass
from tests.models.builders import read

TABLE = tables.licenses()

HUB = re.findall(
    r"\S+",
    """
apache-2.0 mit openrail bigscience-openrail-m creativeml-openrail-m bigscience-bloom-rail-1.0 bigcode-openrail-m
afl-3.0 artistic-2.0 bsl-1.0 bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear c-uda cc cc0-1.0 cc-by-2.0
cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0
cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-sharing-1.0
cdla-permissive-1.0 cdla-permissive-2.0 wtfpl ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 eupl-1.2 agpl-3.0 gfdl
gpl gpl-2.0 gpl-3.0 lgpl lgpl-2.1 lgpl-3.0 isc h-research intel-research lppl-1.3c ms-pl apple-ascl apple-amlr
mpl-2.0 odc-by odbl openmdw-1.0 openrail++ osl-3.0 postgresql ofl-1.1 ncsa unlicense zlib pddl lgpl-lr
deepfloyd-if-license fair-noncommercial-research-license llama2 llama3 llama3.1 llama3.2 llama3.3 llama4
grok2-community gemma unknown other
""",
)
"""What the Hub offers as values of the field license."""


def test_every_licence_id_of_the_hub_has_a_note():
    assert [own for own in HUB if own not in TABLE.ids] == []


@pytest.mark.parametrize(
    ("spelled", "meant"),
    [
        ("Apache-2.0", "apache-2.0"),
        ("apache 2", "apache-2.0"),
        ("Apache License, Version 2.0", "apache-2.0"),
        ("APACHE_2_0", "apache-2.0"),
        ("The MIT License", "mit"),
        ("GPLv3", "gpl-3.0"),
        ("GNU General Public License v3.0", "gpl-3.0"),
        ("GPL-3.0-or-later", "gpl-3.0"),
        ("CC BY-NC 4.0", "cc-by-nc-4.0"),
        ("Creative Commons Attribution 4.0 International", "cc-by-4.0"),
        ("Llama 3.1 Community License Agreement", "llama3.1"),
        ("New BSD License", "bsd-3-clause"),
        ("OpenRAIL++", "openrail++"),
        ("mistral-research", "mrl"),
        ("stabilityai-community", "stabilityai-ai-community"),
        ("deepfloyd-if", "deepfloyd-if-license"),
    ],
)
def test_every_spelling_means_its_licence(spelled: str, meant: str):
    assert TABLE.ids_of(spelled) == (meant,)
    assert TABLE.find(spelled).license_id == meant


def test_a_licence_without_its_version_means_all_versions_and_an_id_only_itself():
    assert TABLE.ids_of("llama") == ("llama2", "llama3", "llama3.1", "llama3.2", "llama3.3", "llama4")
    assert set(TABLE.ids_of("CC BY")) == {"cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0"}
    assert TABLE.ids_of("gpl") == ("gpl",)
    assert TABLE.ids_of("no such") == TABLE.ids_of("") == ()


def test_ids_that_share_a_spelling_permit_the_same():
    classes: dict[str, set[LicenseClass]] = {}
    for own in TABLE.ids:
        for name in (own, TABLE.find(own).title):
            classes.setdefault(license_key(name), set()).add(TABLE.find(own).license_class)
    assert {key for key, found in classes.items() if len(found) > 1} == set()


@pytest.mark.parametrize(
    ("stated", "license_class", "open_source"),
    [
        ("apache-2.0,mit", LicenseClass.COMMERCIAL, True),
        ("mit-and-apache-2.0", LicenseClass.COMMERCIAL, True),
        ("llama3.3,gemma", LicenseClass.ATTRIBUTION, False),
        ("mit, cc-by-nc-4.0", LicenseClass.RESEARCH_ONLY, False),
        ("mit,terms of nobody", LicenseClass.UNKNOWN, False),
        ("mit-and-terms-of-nobody", LicenseClass.UNKNOWN, False),
        ("terms of nobody,cc-by-nc-4.0", LicenseClass.RESEARCH_ONLY, False),
    ],
)
def test_of_several_licences_the_strictest_binds(stated: str, license_class: LicenseClass, open_source: bool):
    found = TABLE.find(stated)
    assert (found.license_class, found.open_source) == (license_class, open_source)
    assert all(
        license_id in stated and TABLE.find(license_id).note in found.note for license_id in found.license_id.split(",")
    )


def test_one_licence_stated_twice_is_that_licence():
    assert TABLE.find("mit, MIT License") == TABLE.find("mit")


@pytest.mark.parametrize(
    "name", ["gemma-of-somebody-else", "llama-and-friends", "closed-beta", "custom", "nvidia-license"]
)
def test_a_name_that_only_resembles_a_known_one_is_unknown(name: str):
    assert TABLE.find(name).license_class is LicenseClass.UNKNOWN


@pytest.mark.parametrize("name", ["", "unknown", "Not specified", "???", "None"])
def test_what_stands_for_nothing_is_no_licence(name: str):
    assert TABLE.find(name).license_id == ""


def test_a_card_with_several_licences_is_under_all_of_them():
    found = read({"id": "a/b", "cardData": {"license": ["apache-2.0", "cc-by-nc-4.0"]}})
    assert found.license.license_id == "apache-2.0,cc-by-nc-4.0"
    assert found.license.license_class is LicenseClass.RESEARCH_ONLY


def test_terms_of_the_publishers_own_come_with_the_place_to_read_them():
    link = "https://example.org/LICENSE"
    named = read({"id": "a/b", "cardData": {"license": "other", "license_name": "own-terms", "license_link": link}})
    assert (named.license.license_id, named.license.license_class) == ("own-terms", LicenseClass.UNKNOWN)
    assert link in named.license.note
    known = read(
        {"id": "a/b", "cardData": {"license": "other", "license_name": "Qwen Research License", "license_link": link}}
    )
    assert known.license.license_id == "qwen-research"
    assert link not in known.license.note


def test_a_note_that_does_not_rest_on_the_text_says_so():
    rows = tables.FOLDER.joinpath("licenses.csv").read_text(encoding="utf-8").splitlines()
    sources = {row["license_id"]: row["source"] for row in csv.DictReader(rows)}
    checked = {own for own, source in sources.items() if source.startswith("licence text")}
    textless = {own for own, source in sources.items() if source.startswith("no text")}
    unread = {own for own, source in sources.items() if "not read" in source or "not re-read" in source}
    assert checked | textless | unread == sources.keys()
    assert {own for own in sources if "not checked against" in TABLE.find(own).note} == unread - checked
    assert "not checked against" in TABLE.find("mit,grok2-community").note


@pytest.mark.parametrize("name", ["yi-license", "Baichuan2 Community License"])
def test_what_needs_the_publishers_consent_first_does_not_permit_commerce(name: str):
    assert TABLE.find(name).license_class is LicenseClass.RESEARCH_ONLY


@pytest.mark.parametrize("name", ["jamba-open-model-license", "plamo-community-license"])
def test_terms_on_which_descriptions_contradict_one_another_are_unknown(name: str):
    assert TABLE.find(name).license_class is LicenseClass.UNKNOWN
