"""Metadata as a tree, whatever was sent."""

import json
from typing import Any

from conversations.detail.json_tree import (
    MAX_DEPTH,
    MAX_NODES,
    MAX_TEXT_CHARACTERS,
    json_tree,
)


def steps(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(node.step, node.name, node.text) for node in json_tree(document).nodes]


def test_values_are_leaves_and_what_holds_others_folds():
    document = {"a": "x", "b": {"c": [1, None]}, "d": [], "e": {}, "f": True}
    assert steps(document) == [
        ("leaf", "a", "x"),
        ("open", "b", "1 key"),
        ("open", "c", "2 items"),
        ("leaf", "1", "1"),
        ("leaf", "2", "null"),
        ("close", "", ""),
        ("close", "", ""),
        ("leaf", "d", "[]"),
        ("leaf", "e", "{}"),
        ("leaf", "f", "true"),
    ]
    assert not json_tree(document).is_cut


def test_a_small_part_is_open_and_a_large_one_folded():
    nodes = json_tree({"small": [1, 2, 3], "large": [1, 2, 3, 4]}).nodes
    assert [node.is_open for node in nodes if node.step == "open"] == [True, False]


def test_a_huge_document_is_cut_and_every_part_still_ends():
    tree = json_tree({str(number): {"a": [number]} for number in range(10_000)})
    assert tree.is_cut
    assert len(tree.nodes) < 3 * MAX_NODES
    opened = [node.step for node in tree.nodes]
    assert opened.count("open") == opened.count("close")


def test_what_is_large_hides_nothing_beside_it():
    nodes = json_tree({"large": list(range(10_000)), "small": "x"}).nodes
    assert nodes[-1].name == "small"
    assert [node.text for node in nodes if node.name == "…"] == ["9,800 more"]


def test_a_deep_document_ends_in_text():
    document: dict[str, Any] = {"end": 1}
    for _ in range(60):
        document = {"in": document}
    tree = json_tree(document)
    assert sum(node.step == "open" for node in tree.nodes) == MAX_DEPTH
    (leaf,) = [node for node in tree.nodes if node.step == "leaf"]
    assert json.loads(leaf.text)


def test_a_long_text_is_cut():
    tree = json_tree({"a": "x" * (MAX_TEXT_CHARACTERS + 1)})
    assert tree.is_cut
    assert tree.nodes[0].text == "x" * MAX_TEXT_CHARACTERS + "…"
    assert not json_tree({"a": "x" * MAX_TEXT_CHARACTERS}).is_cut
