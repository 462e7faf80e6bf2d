"""Metadata as a tree, whatever was sent."""

import json
from typing import Any

from conversations.detail.json_tree import DEEPEST, LONGEST_TEXT, MOST_NODES, lay_out


def steps(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(node.step, node.name, node.text) for node in lay_out(document).nodes]


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
    assert not lay_out(document).is_cut


def test_a_small_part_is_open_and_a_large_one_folded():
    nodes = lay_out({"small": [1, 2, 3], "large": [1, 2, 3, 4]}).nodes
    assert [node.is_open for node in nodes if node.step == "open"] == [True, False]


def test_a_huge_document_is_cut_and_every_part_still_ends():
    tree = lay_out({str(number): {"a": [number]} for number in range(10_000)})
    assert tree.is_cut
    assert len(tree.nodes) < 3 * MOST_NODES
    opened = [node.step for node in tree.nodes]
    assert opened.count("open") == opened.count("close")


def test_what_is_large_hides_nothing_beside_it():
    nodes = lay_out({"large": list(range(10_000)), "small": "x"}).nodes
    assert nodes[-1].name == "small"
    assert [node.text for node in nodes if node.name == "…"] == ["9,800 more"]


def test_a_deep_document_ends_in_text():
    document: dict[str, Any] = {"end": 1}
    for _ in range(60):
        document = {"in": document}
    tree = lay_out(document)
    assert sum(node.step == "open" for node in tree.nodes) == DEEPEST
    (leaf,) = [node for node in tree.nodes if node.step == "leaf"]
    assert json.loads(leaf.text)


def test_a_long_text_is_cut():
    tree = lay_out({"a": "x" * (LONGEST_TEXT + 1)})
    assert tree.is_cut
    assert tree.nodes[0].text == "x" * LONGEST_TEXT + "…"
    assert not lay_out({"a": "x" * LONGEST_TEXT}).is_cut
