"""A comparison as a picture."""

from __future__ import annotations

from automation import charts
from automation.compare import words
from automation.compare.facts import QUESTIONS, Comparison, Figure, Question, Topic

# Side by side, in this order.
PAIRS = (("disk", "pull"), ("cold", "dependencies"), ("code", "start"), ("memory", "files"))
FACTS = ("platform", "engine", "cores", "commit")
# Letters of a fact; of a commit they are enough.
SHOWN = 24
BY_NAME = {question.name: question for question in QUESTIONS}


def draw(comparison: Comparison) -> str:
    """The picture, as SVG: bars for what is measured, and what an image that only serves can do without."""
    plain, *others = comparison.results
    title = f"{plain.dockerfile} against {len(others)} variant{'s' if len(others) != 1 else ''} of the optimized image"
    facts = [f"{name} {comparison.facts[name][:SHOWN]}" for name in FACTS if name in comparison.facts]
    pairs = [charts.beside(*(_bars(comparison, BY_NAME[name]) for name in pair)) for pair in PAIRS]
    return charts.page(
        title, *pairs, _spare(comparison), subtitle=" · ".join([*facts, f"multiples are of {plain.name}"])
    )


def _bars(comparison: Comparison, question: Question) -> charts.Block:
    before = comparison.results[0]
    figures = {result.name: result.figure(question) for result in comparison.results}
    reasons = {figure.reason for figure in figures.values()}
    if len(reasons) == 1 and "" not in reasons:
        rows = [charts.Row(label="", parts=(), note=f"{words.SKIPPED}: {reasons.pop()}")]
    else:
        rows = [_row(question, name, figure, figures[before.name]) for name, figure in figures.items()]
    return charts.bars(
        rows,
        unit=lambda amount: words.value(question, amount),
        title=question.asks[0].upper() + question.asks[1:],
        key=False,
        order=colours(comparison),
        width=charts.HALF,
    )


def _row(question: Question, name: str, figure: Figure, before: Figure) -> charts.Row:
    if figure.value is None:
        return charts.Row(label=name, parts=(), note=f"{words.SKIPPED}: {figure.reason}")
    multiple = None if figure is before else words.ratio(figure, before)
    note = "" if multiple is None else words.times(multiple)
    return charts.Row(label=name, parts=(charts.Part(label=name, value=figure.value),), note=note)


def colours(comparison: Comparison) -> list[str]:
    """The images in the order of their colours. The plain one is grey, the palette's last: it is what was before."""
    plain, *others = (result.name for result in comparison.results)
    return [*others, *_unused(len(others), len(charts.PALETTE) - 1), plain]


def _unused(start: int, end: int) -> list[str]:
    """Labels of nothing, for colours to be left out."""
    return [f"unused {number}" for number in range(start, end)]


def _spare(comparison: Comparison) -> charts.Block:
    risks = [question for question in QUESTIONS if question.risk and question.topic is Topic.INSIDE]
    rows = []
    for result in comparison.results:
        figures = [(question, result.figure(question)) for question in risks]
        parts = [charts.Part(label=question.asks, value=figure.value) for question, figure in figures if figure.value]
        left = [question.asks for question, figure in figures if figure.value is None]
        note = f"{words.SKIPPED}: {', '.join(left)}" if left else "" if parts else "none"
        rows.append(charts.Row(label=result.name, parts=parts, note=note))
    return charts.bars(
        rows,
        unit=lambda amount: f"{amount:.0f}",
        title="What an image that only serves can do without",
        # The last colours before grey, which images do not have.
        order=[*_unused(0, len(charts.PALETTE) - 1 - len(risks)), *(question.asks for question in risks)],
    )
