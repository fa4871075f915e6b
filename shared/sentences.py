"""Every sentence that a student reads, in English, by message id.

The one place to add a message; `python -m autograder translations` then asks for its translation
(docs/translations.md). A sentence names its values in braces; code stands in backquotes.
"""

from __future__ import annotations

ENGLISH: dict[str, str] = {
    # The comparison ladder: None, not an array, shape, dtype, finite, values.
    "none": "`{what}` is None. Does the function end in a `return`?",
    "not-array": "`{what}` is a {type}, and a NumPy array was expected.",
    "not-number": "`{what}` is a {type}, and one number was expected.",
    "shape": "`{what}` has shape {got}, and {expected} was expected.",
    "dtype": "`{what}` is {got}, and {expected} was expected: keep the dtype of the input.",
    "not-finite": "`{what}` is not finite: {value} at index {index} ({count} of {size} entries).",
    "values": (
        "`{what}` is wrong. Worst at index {index}: got {got}, expected {expected}. "
        "Relative error {error}, limit {limit}."
    ),
    "number": (
        "`{what}` is {got}, and {expected} was expected. Relative error {error}, limit {limit}."
    ),
    "number-not-finite": "`{what}` is {value}: no finite number.",
    "gradient": (
        "`{what}` is not the gradient. Worst at index {index}: got {got}, and differences of the "
        "forward pass give {expected}. Relative error {error}, limit {limit}."
    ),
    "structure": "`{function}` returned one {type}, and {expected} was expected.",
    "structure-tuple": ("`{function}` returned a tuple of {count}, and {expected} was expected."),
    "structure-list": ("`{function}` returned a list of {count}, and {expected} was expected."),
    "structure-array": (
        "`{function}` returned one array of shape {got}, and {expected} was expected."
    ),
    # What a call did beside its value.
    "changed": "`{function}` changed its argument `{argument}`. Work on a copy, or on new arrays.",
    "changed-note": "By the way: `{function}` also changed its argument `{argument}`.",
    "warned": "`{function}` raised {warning}: NumPy met an overflow, an invalid value or the like.",
    "unsupported": "`{function}` returned a value that cannot be checked ({type}).",
    # Likely mistakes, named only when the pattern fits.
    "looks-transposed": "It looks like the transpose of the right answer.",
    "looks-axes-exchanged": "It looks like the right answer with its axes in another order.",
    "looks-reversed": "It looks like the right answer in the opposite order.",
    "looks-flipped": (
        "It looks like the right answer turned by 180 degrees: was a mask flipped on the way?"
    ),
    "looks-mask-flipped": "It is what a flipped mask gives: lay the mask on as it is.",
    "looks-mask-transposed": "It is what a mask gives whose rows and columns are exchanged.",
    "looks-upstream-ignored": (
        "It is what an upstream gradient of ones gives: is `dy` used in all of it?"
    ),
    "looks-overlap": (
        "It is right where one window has looked, and wrong where several have: are their parts "
        "added up, or does the last one overwrite the others?"
    ),
    "looks-negated": "It looks like the right answer with the opposite sign.",
    "looks-scaled": "It looks like the right answer times {factor}.",
    "looks-averaged": (
        "It looks like the right answer divided by {count}, the size of the {axis} axis."
    ),
    "looks-summed": (
        "It looks like the right answer times {count}, the size of the {axis} axis: "
        "is a division missing?"
    ),
    "looks-over-n": (
        "It looks as if it was divided by {count} where {less} belongs: the size of the {axis} "
        "axis, and one less."
    ),
    "looks-over-n-less-one": (
        "It looks as if it was divided by {less} where {count} belongs: the size of the {axis} "
        "axis, and not one less."
    ),
    "looks-unsummed": "Its extra axis looks like the batch: is a sum over it missing?",
    "looks-kept-dimension": "The values look right, but a dimension of size 1 was kept.",
    "looks-float32": "The values look right but for rounding: was something cast to float32?",
    "looks-zero": "It is zero everywhere.",
    "looks-shifted": "It differs from the right answer by the same constant everywhere.",
    "looks-shifted-columns": (
        "In each column or channel it differs from the right answer by one constant: look at the "
        "term that is the same for the whole batch."
    ),
    "looks-scaled-columns": (
        "In each column or channel it is the right answer times a factor: look at what a column is "
        "multiplied and divided by."
    ),
    "looks-rescaled-columns": (
        "In each column or channel it is right but for a factor and a constant: look at what a "
        "column is scaled and shifted by."
    ),
    "looks-out-of-order": (
        "These are the numbers of another result: are all returned in the documented order?"
    ),
    "looks-shuffled": "It holds the right numbers, but not in their places.",
    "looks-incomplete": ("It is right but for {count} of {size} entries, which are 0."),
    # The same in a hidden test: what failed, and nothing of its data.
    "shape-hidden": "`{what}` has the wrong shape.",
    "not-finite-hidden": "`{what}` is not finite: it holds NaN or infinity.",
    "values-hidden": "`{what}` is wrong: relative error over the limit of {limit}.",
    "number-hidden": "`{what}` is wrong: relative error over the limit of {limit}.",
    "number-not-finite-hidden": "`{what}` is not finite: it is NaN or infinity.",
    "gradient-hidden": (
        "`{what}` is not the gradient of the forward pass: relative error over the limit of "
        "{limit}."
    ),
    "looks-scaled-hidden": "It looks like the right answer times a constant.",
    "looks-averaged-hidden": (
        "It looks like the right answer divided by the size of the {axis} axis."
    ),
    "looks-summed-hidden": (
        "It looks like the right answer times the size of the {axis} axis: is a division missing?"
    ),
    "looks-over-n-hidden": (
        "It looks as if it was divided by the size of the {axis} axis, where one less belongs."
    ),
    "looks-over-n-less-one-hidden": (
        "It looks as if it was divided by one less than the size of the {axis} axis."
    ),
    "looks-incomplete-hidden": ("It is right but for some entries, which are 0."),
    "structure-hidden": "`{function}` did not return {expected}.",
    "structure-tuple-hidden": "`{function}` did not return {expected}.",
    "structure-list-hidden": "`{function}` did not return {expected}.",
    "structure-array-hidden": "`{function}` did not return {expected}.",
    # Verdicts that are no comparison.
    "unfinished": "`{function}` in {file} is not written yet.",
    "unfinished-elsewhere": ("`{function}` came to a function of {file} that is not written yet."),
    "missing": "`{function}` is not in {file}. Was it renamed or deleted?",
    "raised": "`{function}` raised {type} at {file}, line {line}.",
    "raised-nowhere": "`{function}` raised {type}.",
    "raised-text": "{type}: {text}",
    "import": "{file} could not be loaded: {type} at line {line}.",
    "import-nowhere": "{file} could not be loaded: {type}.",
    "refused": (
        "{file} imports `{type}`, which is not there when your work is graded: only NumPy and "
        "Python's standard library are."
    ),
    "timeout": "`{function}` did not end in time. Is there an endless loop?",
    "while-loading": (
        "{file} could not be loaded: it ran on, crashed or left the program outside any function."
    ),
    "memory": "`{function}` ran out of memory.",
    "output": "`{function}` printed without end.",
    "exited": "`{function}` left the program (`exit`, `quit` or the like) instead of returning.",
    "crashed": "`{function}` crashed the Python process ({type}).",
    "protocol": "`{function}` gave an answer that cannot be read.",
    "assertion": "The property does not hold.",
    "internal": (
        "The grader itself failed here. This is not your mistake: no points were taken, and the "
        "staff has been told."
    ),
    "needs": "Skipped: it needs “{test}” to pass first.",
    "needs-component": (
        "Skipped: it stands on `{component}`, which does not pass its own tests yet."
    ),
    "lent": "Graded with the course's own `{component}` in place of yours, which fails its tests.",
    # What was handed in.
    "no-file": "There is no {file} in what you handed in.",
    "not-text": "{file} is not a text file of Python (UTF-8).",
    "two-copies": "There are two copies, {first} and {second}: hand in one.",
    "bad-zip": "{file} cannot be unpacked: make the zip anew and hand it in again.",
    "unreadable": "{file} cannot be read: hand in the folder nn alone, as ordinary files.",
    "unreadable-folder": "A folder in it cannot be read: hand in the folder nn alone.",
    "unsafe-zip": "The zip holds {file}, which no assignment needs: make the zip anew.",
    "too-many-files": "There are over {most} files: hand in the folder nn alone.",
    "too-large": "{file} is too large (over {most} bytes): hand in the folder nn alone.",
    "other-release": (
        "This was made from another release of the course than the one that graded it (tests "
        "{theirs}, graded by {ours}): a test may have changed since."
    ),
    # Notebooks that were handed in.
    "notebook-json": (
        "{file} is no notebook that can be read: open it in Jupyter, save it, and hand it in again."
    ),
    "notebook-format": (
        "{file} is a notebook of format {format}, and {expected} was expected: open it in Jupyter, "
        "save it, and hand it in again."
    ),
    "notebook-large": "{file} is too large: clear its outputs, save it, and hand it in again.",
    "notebook-code": "{file} holds too much code (over {most} characters).",
    "notebook-empty": "{file} holds none of the functions of `{component}`.",
    "notebook-syntax": (
        "Cell {cell} of {file} is no Python (line {line}): nothing was taken from it."
    ),
    "notebook-taken": (
        "{file} was read as if run from top to bottom. Graded are {names}: in brackets the cell, "
        "counted from the top with the text cells."
    ),
    "notebook-twice": (
        "`{function}` is defined in the cells {cells} of {file}: the one in cell {cell} was graded."
    ),
    "notebook-newer": (
        "{file} was written by {notebook}, which has gone on since: the notebook was graded."
    ),
    # The text cells of a notebook that are not the handout's.
    "notebook-about": (
        "**How this notebook works.** Write each function in its cell, run the cell, then run the "
        "check below it. A check writes your functions to `nn/{component}.py`, where later "
        "exercises find them, and runs the local tests on that file. Helper functions may have "
        "cells of their own. Run all cells from the top before you hand in: the notebook is read "
        "in that order, and of two definitions of one name the last one counts."
    ),
    "notebook-hand-in": "Hand in this notebook or `nn/{component}.py`.",
    "notebook-hand-in-alone": ("Hand in this notebook, `{component}.ipynb`, under this very name."),
    "notebook-hand-in-zip": "Save it, run the last cell, and hand in the zip that it makes.",
    "notebook-above": "`nn` and `shared` are in the folder above this notebook.",
    "notebook-beside": "`nn` and `shared` are in the folder of this notebook.",
    "notebook-speaks": "the language of the checks",
    "notebook-all": "All local tests",
    "notebook-all-about": "Also those that are about several functions at once.",
    "notebook-pictures": "Pictures",
    "notebook-pictures-about": (
        "What the lecture drew, drawn with your own functions. It takes some seconds, and up to "
        "twenty where a network is trained. A picture that waits for a function names it."
    ),
    # Vectorisation and time.
    "loop": (
        "`{function}` runs Python code for every element along the {axis} axis: {first}, {second} "
        "and {third} bytecodes at sizes {n1}, {n2} and {n4}. One NumPy expression over the whole "
        "axis runs the same number at every size."
    ),
    "loop-hidden": (
        "`{function}` runs Python code for every element along the {axis} axis: the number of its "
        "bytecodes grows with the size. One NumPy expression over the whole axis runs the same "
        "number at every size."
    ),
    "objects": (
        "`{function}` makes Python objects for every element along the {axis} axis (a list, or "
        "`tolist`). Keep the data in arrays."
    ),
    "inconsistent": (
        "`{function}` gave another answer when its work was counted than when it was called "
        "plainly."
    ),
    "inconsistent-yardstick": (
        "`{function}` gave a wrong answer on the data that its time is measured with."
    ),
    "slow": (
        "Slow: `{function}` takes over {factor} times as long as plain vectorised NumPy. "
        "No points are lost for this."
    ),
    "too-slow": "`{function}` takes over {factor} times as long as plain vectorised NumPy.",
    # Networks that learn.
    "names": "`{what}` has the names {got}, and {expected} were expected.",
    "names-hidden": "`{what}` does not have the names {expected}.",
    "first-loss": "The first loss is {got}; that of guessing is log(10) = 2.3.",
    "first-loss-hidden": "The first loss is not near that of guessing.",
    "too-few-right": "Of the digits {percent}% are read right; {needed}% are wanted here.",
    "accuracy": "It reads {percent}% of the hidden digits right.",
    "needs-look": "The counting of `{function}` was disturbed; the staff will have a look.",
    # The same in the few words that a line of the closing table has room for.
    "note-unfinished": "`{function}` is not written yet",
    "note-unfinished-elsewhere": "{file} is not finished",
    "note-needs": "after “{test}”",
    "note-needs-component": "`{component}` does not work yet",
    "note-slow": "slow: `{function}`",
    "note-needs-look": "the counting of `{function}` was disturbed",
    "put-back": (
        "{file} was the empty stub, or gone, as when a zip is unpacked over it: your work is back "
        "in it, from {kept}. To begin anew, delete {kept} first."
    ),
    # A check cell of a notebook.
    "cell-wrote": "{file} was written from this notebook.",
    "cell-not-run": "`{function}` is not defined yet: run its cell, then this one again.",
    "cell-kept": (
        "The cell of `{function}` is still empty here. {file} has the function, and that was kept "
        "and tested."
    ),
    "cell-edited": (
        "{file} was edited by hand, and this notebook has another {names}. Nothing was written. "
        "Copy what you want to keep into the notebook and run its cell, or delete {names} from "
        "{file}; then run this cell again."
    ),
    "cell-no-python": (
        "{file} is no Python (line {line}). Nothing was written: mend it or delete it, then run "
        "this cell again."
    ),
    "cell-no-write": "{file} cannot be written ({reason}); what was there is still there.",
    "cell-nowhere": (
        "There is no assignment in or above {folder}: keep the notebook in the folder `notebooks` "
        "of what you unpacked, beside `nn` and `tests`."
    ),
    "cell-component": "There is no component `{component}`. There are: {known}.",
    "cell-function": "`{component}` has no function `{function}`. It has: {known}.",
    "cell-no-kernel": "`check` is for notebooks. Here, run: pytest tests/test_{component}.py",
    "cell-failed": (
        "The check itself failed ({type}: {text}). This is not your mistake: please tell the staff."
    ),
    "cell-autograde": (
        "nbgrader runs this notebook itself, without the course's grader: it gives no points here. "
        "Staff: use the nbgrader_config.py of the course directory that was released."
    ),
    "no-figure": (
        "A picture could not be drawn with your functions ({type}: {text}): "
        "do all checks above pass?"
    ),
    # The picture of a failed comparison: two arrays and their difference as heat maps.
    "picture-title": "{what}, shape {shape}; framed: the worst entry, at index {index}",
    "picture-title-part": (
        "{what}, shape {shape}, of it [{part}]; framed: the worst entry, at index {index}"
    ),
    "picture-got-gradient": "yours, analytic",
    "picture-got-values": "yours",
    "picture-gradient": "numerical",
    "picture-values": "expected",
    "picture-apart": "difference",
    "picture-scale": "red {least} … blue {most}",
    "heading-picture": "picture",
    "verdict-passed": "passed",
    "verdict-failed": "failed",
    "verdict-skipped": "skipped",
    "verdict-error": "error",
    "verdict-internal": "internal",
    "worth": "{earned}/{points} points",
    "table-total": "Points of the local tests",
    "table-part": "Points of the tests of `{function}`",
    "table-hidden": "{tests} hidden tests worth {points} points run at grading.",
    "status-unfinished": "unfinished",
    "table-all-passed": "All local tests pass. The hidden ones look at the same functions harder.",
    "heading-call": "called",
    "heading-hint": "hint",
    "heading-printed": "your code printed",
    "heading-again": "run only this",
    # The feedback page.
    "page-hidden": "hidden",
    "page-ungraded": (
        "This submission has not been graded yet: the grader failed. No points were taken."
    ),
    "page-footer": "Version {version} of the course, tests {suite}.",
    "older-release": (
        "tests/release.json is of release {version}, which has no `{component}`: unpack the newest "
        "zip once more, after the others."
    ),
    "no-release": "{file} is missing: unpack the assignment's zip anew beside your work.",
    "data-missing": (
        "{file} is missing: copy it anew from the release, whole and as a binary file."
    ),
    "data-damaged": (
        "{file} is damaged ({type}): copy it anew from the release, whole and as a binary file."
    ),
    "data-other": (
        "{file} holds no images of 28 x 28 with labels: copy it anew from the release, whole and "
        "as a binary file."
    ),
    "no-component": (
        "There is no `nn` package beside `tests`. Run pytest in the folder that holds both."
    ),
    # `pytest --watch`, and `python -m shared doctor`.
    "watch-unknown": "there are no tests of `{name}`; did you mean {known}?",
    "watch-waiting": "waiting for {file} to be saved; Ctrl-C ends",
    "doctor-python": "install Python 3.11, 3.12 or 3.13, and use that one",
    "doctor-install": (
        "{package} {least} or later is needed: python -m pip install -r requirements.txt"
    ),
    "doctor-blas": (
        "NumPy multiplies matrices wrongly here: install it anew "
        "(python -m pip install --force-reinstall numpy)"
    ),
    "doctor-stream": (
        "NumPy draws other numbers here than elsewhere: install it anew "
        "(python -m pip install --force-reinstall numpy)"
    ),
    "doctor-console": (
        "this terminal cannot show all signs: set PYTHONUTF8=1 and use a terminal with UTF-8 "
        "(on Windows: Windows Terminal)"
    ),
    "doctor-folder": "{missing} not found: run this in the folder that you unpacked",
    "doctor-shared": "`shared` is taken from {taken}: run this in the folder that you unpacked",
    "doctor-well": "Everything is as it should be.",
    "doctor-off": "What is marked !! comes first: do what stands under it and run this again.",
    "doctor-item-console": "console",
    "doctor-item-folder": "folder",
}


# Sentences that read otherwise for one: the value that counts, and the sentence.
ONE: dict[str, tuple[str, str]] = {
    "structure-tuple": (
        "count",
        "`{function}` returned a tuple of {count}, and {expected} was expected.",
    ),
    "structure-list": (
        "count",
        "`{function}` returned a list of {count}, and {expected} was expected.",
    ),
    "slow": (
        "factor",
        "Slow: `{function}` takes over {factor} time as long as plain vectorised NumPy. "
        "No points are lost for this.",
    ),
    "too-slow": (
        "factor",
        "`{function}` takes over {factor} time as long as plain vectorised NumPy.",
    ),
    "worth": ("points", "{earned}/{points} point"),
    "table-hidden": (
        "tests",
        "{tests} hidden test worth {points} points runs at grading.",
    ),
}

# What an axis is called: `axis` in a message, and the names of `sizes` in a diagnosis.
AXES = (
    *("batch", "channel", "class", "column", "example", "feature", "filter", "first", "image"),
    *("input", "last", "output", "place", "row", "time"),
)
