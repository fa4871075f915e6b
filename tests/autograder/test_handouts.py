"""What is the same in two languages is compared, and every way to differ is named."""

from __future__ import annotations

import pytest

from autograder.authoring.handouts import check_glossary, compare
from autograder.authoring.scaffold import HANDOUT, RUSSIAN_HANDOUT

NAMES = ("a.md", "a.ru.md")

ENGLISH = """\
# Softmax

It takes 61,706 logits, `z` of shape $(N, C)$, and 0.5 of `softmax`.

## 1. The sum

$$p_c = \\frac{e^{z_c}}{\\text{sum of all}}, \\qquad 78{,}400 .$$

<!-- write: softmax -->

- the first, with $a$
- the second

| row | $|x|$ |
|---|---|
| 1 | 2 |

```python
p = softmax(z)  # of each row

x = 1  # and so on, for as long as there is anything to read here
```
"""

RUSSIAN = """\
# Softmax

Из `softmax` мы берём 0.5, а логитов `z` формы $(N,C)$ у нас 61\u00a0706.

## 1. Сумма

$$p_c = \\frac{e^{z_c}}{\\text{сумма всех}}, \\qquad 78\\,400$$

<!-- write: softmax -->

- первый, с $a$
- второй

| строка | $|x|$ |
|---|---|
| 1 | 2 |

```python
p = softmax(z)  # каждой строки

x = 1  # and so on, for as long as there is anything to read here
```
"""


def test_a_faithful_translation_has_no_fault():
    assert compare(ENGLISH, RUSSIAN, NAMES) == []


def test_a_scaffold_begins_with_two_handouts_that_agree():
    filled = [t.format(name="relu", title="Relu", LEFT="-") for t in (HANDOUT, RUSSIAN_HANDOUT)]
    assert "nn/relu.py" in filled[0]
    assert compare(filled[0], filled[1], NAMES) == []


DIFFERENCES = {
    "a level": ("## 1. С", "### 1. С", "a.ru.md:5: a heading (level 3) where a.md:5 has a heading"),
    "a missing heading": ("## 1. Сумма\n", "", "a.ru.md:6: a formula"),
    "a formula": ("p_c =", "p_k =", "a.ru.md:7: a formula (p_k="),
    "a mark": ("write: softmax", "write: soft", "a.ru.md:9: a mark (write: soft) where a.md:9"),
    "no mark": ("<!-- write: softmax -->", "", "a list item where a.md:9 has a mark"),
    "a list item": ("- второй\n", "", "a table (3 lines of 2 columns) where a.md:12 has a list"),
    "a row": ("| 1 | 2 |\n", "", "a table (2 lines of 2 columns) where a.md:14"),
    "a cell": ("| 1 | 2 |", "| 1 | 2 | 3 |", "3 lines of 2/3 columns"),
    "code": ("p = softmax(z)", "p = softmax(x)", "a block of code"),
    "the end": ("Сумма", "Сумма\n\n## 2. Ещё", "a.ru.md:7: a heading"),
    "an inline formula": (
        "$(N,C)$",
        "$(N,)$",
        "a.ru.md:1: this section lacks the formula $(N,C)$ that is in a.md:1",
    ),
    "one more formula": ("второй", "второй, с $a$", "a.md:5: this section lacks the formula $a$"),
    "a name": ("Из `softmax`", "Из softmax", "a.ru.md:1: this section lacks the name `softmax`"),
    "a number": ("берём 0.5", "берём 0.6", "a.ru.md:1: this section lacks the number 0.5"),
    "a large number": ("61\u00a0706", "61\u00a0707", "lacks the number 61706"),
    "a decimal comma": ("берём 0.5", "берём 0,5", "lacks the number 0.5"),
    "nothing after": (RUSSIAN[RUSSIAN.index("```python") :], "", "nothing more where a.md:18 has"),
}


@pytest.mark.parametrize(("old", "new", "said"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_each_difference_is_named(old, new, said):
    assert old in RUSSIAN
    faults = compare(ENGLISH, RUSSIAN.replace(old, new, 1), NAMES)
    assert said in "\n".join(faults)


def test_a_paragraph_that_nobody_translated_is_named():
    more = "\nIt is the same for every row that a batch may have.\n"
    faults = compare(ENGLISH + more, RUSSIAN + more, NAMES)
    assert faults == ["a.ru.md:24: this paragraph is still in English"]


GLOSSARY = """\
# Glossary

| English | Русский | symbol, shape | meaning | значение |
|---|---|---|---|---|
| batch | батч | $N$ | examples of a step | примеры шага |
| chain rule | правило цепочки | — | a product | произведение |
| stride | шаг (stride) | $s$ | a distance | расстояние |
"""
TEXTS = (["By the chain\nrule. A Stride for batches."], ["По правилу\nцепочки. С шагом, в батчах."])


def test_a_good_glossary_has_no_fault():
    assert check_glossary(GLOSSARY, *TEXTS) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("| Русский ", "", "must begin with the columns English | Русский"),
        ("| батч |", "| пакет |", "line 5: no Russian handout uses 'пакет'"),
        ("| stride |", "| window |", "line 7: no English handout uses 'window'"),
        ("| chain rule |", "| a chain rule |", "line 6: 'a chain rule' must stand before 'batch'"),
        ("| chain rule |", "| batch |", "line 6: 'batch' must stand before 'batch'"),
        ("| произведение |", "| |", "line 6: a row has 5 cells, none empty"),
        ("| — | a product |", "| a product |", "line 6: a row has 5 cells, none empty"),
    ],
)
def test_what_is_wrong_with_a_glossary_is_named(old, new, said):
    assert old in GLOSSARY
    assert said in "\n".join(check_glossary(GLOSSARY.replace(old, new, 1), *TEXTS))
