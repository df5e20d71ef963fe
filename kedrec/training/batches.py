"""Batches of a training: sequences of tokens, those of one question's candidates always together.

The candidates that one question judges are one item, so that a step compares them (listwise loss), however
the items are shuffled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kedrec.training.base_model import Encoded

__all__ = ["Collator", "Item", "items_of"]

IGNORED = -100
"""Label of a token that isn't learned."""


@dataclass(frozen=True, slots=True)
class Item:
    """One example, or the judged candidates of one question.

    Attributes:
        rows: its sequences.
        compared: True if exactly one of the sequences is of the right candidate, which is to score best.
    """

    rows: tuple[Encoded, ...]
    compared: bool

    def fields(self) -> dict[str, Any]:
        """The item as a row of a table; `length` is of its longest sequence, in tokens."""
        return {
            "input_ids": [list(row.ids) for row in self.rows],
            "answers": [row.answer for row in self.rows],
            "right": [row.right for row in self.rows],
            "compared": self.compared,
            "length": max(len(row.ids) for row in self.rows),
        }


def items_of(rows: Iterable[Encoded]) -> list[Item]:
    """Items in the order of their first sequences; candidates of a question that lost its right one, or all
    others, are items of their own."""
    groups: dict[str, list[Encoded]] = {}
    for number, row in enumerate(rows):
        groups.setdefault(row.group or f"\0{number}", []).append(row)
    items = []
    for group in groups.values():
        if sum(row.right for row in group) == 1 and len(group) > 1:
            items.append(Item(tuple(group), compared=True))
        else:
            items += [Item((row,), compared=False) for row in group]
    return items


class Collator:
    """Joins items into tensors: a row a sequence, padded on the right.

    `group` is the item's number in the batch where its sequences are compared, else -1.
    """

    def __init__(self, pad: int) -> None:
        self._pad = pad

    def __call__(self, items: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Collates `Item.fields` of some items."""
        import torch

        longest = max(len(ids) for item in items for ids in item["input_ids"])
        ids_rows, labels, masks, groups, rights = [], [], [], [], []
        for number, item in enumerate(items):
            for ids, answer, right in zip(item["input_ids"], item["answers"], item["right"], strict=True):
                padding = longest - len(ids)
                ids_rows.append(ids + [self._pad] * padding)
                masks.append([1] * len(ids) + [0] * padding)
                labels.append([IGNORED] * (len(ids) - answer) + ids[-answer:] + [IGNORED] * padding)
                groups.append(number if item["compared"] else -1)
                rights.append(right)
        return {
            "input_ids": torch.tensor(ids_rows),
            "attention_mask": torch.tensor(masks),
            "labels": torch.tensor(labels),
            "group": torch.tensor(groups),
            "right": torch.tensor(rights),
        }
