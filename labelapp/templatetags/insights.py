"""Charts as SVG that the server draws, without any style of their own: colours are the classes of labels. And spans in words."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from math import log

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language_bidi, ngettext
from django.utils.translation import gettext as _

from labelapp.queries.directory import Tag
from labelapp.queries.insights import Report, StageTime
from labelapp.templatetags.chips import tag_name

register = template.Library()
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TICKS = (
    MINUTE, 10 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR, DAY, 3 * DAY, 7 * DAY, 30 * DAY, 90 * DAY, 365 * DAY, 3650 * DAY
)  # fmt: skip
TIMES_WIDTH, TIMES_FROM, TIMES_TO, TIMES_ROW = 720, 132, 580, 33
FUNNEL_WIDTH, FUNNEL_TOP, FUNNEL_FLOOR = 680, 24, 150
LETTERS = 18  # of a name in a chart; the table has it whole


@register.filter
def span(value: timedelta | None) -> str:
    """A span as people say it, its two largest parts: 40 s, 12 min, 3 h, 1 d 2 h."""
    if value is None:
        return ""
    seconds = max(0, round(value.total_seconds()))
    if seconds < 60:
        return _("%(n)s s") % {"n": seconds}
    minutes = seconds // 60
    if minutes < 60:
        return _("%(n)s min") % {"n": minutes}
    days, rest = divmod(minutes // 60, 24)
    if not days:
        return _("%(n)s h") % {"n": rest}
    if days > 13 or not rest:
        return _("%(n)s d") % {"n": days}
    return _("%(days)s d %(hours)s h") % {"days": days, "hours": rest}


def hours(value: timedelta | None) -> str:
    """A span for spreadsheets, "" for none."""
    return "" if value is None else f"{value / HOUR:.2f}"


def way_words(step: int) -> str:
    """What kind of move it is, by the places it goes."""
    if step < 0:
        return _("back")
    if step > 1:
        return ngettext("skips %(n)s stage", "skips %(n)s stages", step - 1) % {"n": step - 1}
    return _("next stage")


@register.simple_tag
def ways(report: Report) -> list[tuple[Tag, Tag, int, int, str]]:
    """The moves of a report, the most frequent first: from, to, how often, its step, the step in words."""
    tags = {time.tag.pk: time.tag for time in report.times}
    found = ((way, n, report.step(way)) for way, n in report.moves.most_common())
    return [(tags[way[0]], tags[way[1]], n, step, way_words(step)) for way, n, step in found]


@register.filter
def share(part: int, whole: int) -> int:
    """Percent, 0 of nothing."""
    return round(100 * part / whole) if whole else 0


@register.filter
def tenths(part: int, whole: int) -> str:
    """Percent with one decimal, a point in every language: for charts."""
    return f"{100 * part / whole:.1f}" if whole else "0"


def _short(tag: Tag, letters: int = LETTERS) -> str:
    name = tag_name(tag)
    return name if len(name) <= letters else f"{name[: letters - 1].rstrip()}…"


def _sided(width: float) -> Callable[[float], str]:
    """Places from the side where reading begins."""
    rtl = get_language_bidi()
    return lambda x: _num(width - x if rtl else x)


def _num(value: float) -> str:
    """A place or a length, with a point in every language."""
    return f"{value:.1f}"


@register.simple_tag
def times_chart(times: list[StageTime]) -> SafeString:
    """For each stage the median as a dot and the bar that ends where nine of ten have left, on a scale of ratios."""
    known = [time for time in times if time.half is not None and time.most is not None]
    if not known:
        return SafeString("")
    x, floor = _scale([span for time in known for span in (time.half, time.most) if span is not None])
    at, height = _sided(TIMES_WIDTH), TIMES_ROW * len(known) + 24
    grid = format_html_join(
        "",
        '<line class="grid" x1="{0}" x2="{0}" y1="4" y2="{1}"/><text class="t-l" x="{0}" y="{2}">{3}</text>',
        ((at(x(tick)), height - 22, height - 6, span(tick)) for tick in floor),
    )
    rows = format_html_join("", "{}", ((_time_row(time, n, at, x),) for n, time in enumerate(known)))
    said = "; ".join(
        _("%(stage)s: %(half)s, 9 of 10 within %(most)s")
        % {"stage": tag_name(time.tag), "half": span(time.half), "most": span(time.most)}
        for time in known
    )
    return format_html(
        '<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>',
        TIMES_WIDTH,
        height,
        said,
        grid,
        rows,
    )


def _scale(spans: list[timedelta]) -> tuple[Callable[[timedelta], float], list[timedelta]]:
    """Where a span stands, and the ticks that are shown."""
    low = max((tick for tick in TICKS if tick <= min(spans)), default=TICKS[0])
    high = min((tick for tick in TICKS if tick >= max(spans) and tick > low), default=TICKS[-1])
    reach = log(high / low)

    def place(value: timedelta) -> float:
        return TIMES_FROM + (TIMES_TO - TIMES_FROM) * log(min(max(value, low), high) / low) / reach

    return place, [tick for tick in TICKS if low <= tick <= high]


def _time_row(time: StageTime, n: int, at: Callable[[float], str], x: Callable[[timedelta], float]) -> SafeString:
    half, most = time.half or timedelta(), time.most or timedelta()
    y = 18 + TIMES_ROW * n
    return format_html(
        '<g class="{0}"><title>{1}</title><text class="t-s" x="{2}" y="{3}">{4}</text>'
        '<line class="whisk" x1="{5}" x2="{6}" y1="{7}" y2="{7}"/><line class="cap" x1="{6}" x2="{6}" y1="{8}" y2="{9}"/>'
        '<circle class="med" cx="{5}" cy="{7}" r="7"/><text class="t-v" x="{10}" y="{3}">{11}</text></g>',
        time.tag.color,
        tag_name(time.tag),
        at(0),
        y + 4,
        _short(time.tag),
        at(x(half)),
        at(x(most)),
        y,
        y - 6,
        y + 6,
        at(max(x(most), x(half) + 8) + 8),
        _("%(half)s to %(most)s") % {"half": span(half), "most": span(most)} if half != most else span(half),
    )


@register.simple_tag
def funnel_chart(report: Report) -> SafeString:
    """How many of those who entered the first stage came as far as each."""
    if not report.reached or not report.reached[0]:
        return SafeString("")
    names = [tag_name(time.tag) for time in report.times]
    pairs = zip(names, report.reached, strict=True)
    said = "; ".join(f"{name}: {n}" for name, n in pairs)
    return format_html(
        '<svg class="plot" viewBox="0 0 {} 176" role="img" aria-label="{}">{}</svg>',
        FUNNEL_WIDTH,
        said,
        format_html_join("", "{}", ((piece,) for piece in _steps(report))),
    )


def _steps(report: Report) -> Iterator[SafeString]:
    at, reached = _sided(FUNNEL_WIDTH), report.reached
    each = FUNNEL_WIDTH / len(reached)
    wide = min(72.0, each * 0.62)
    rtl = get_language_bidi()
    for n, (time, count) in enumerate(zip(report.times, reached, strict=True)):
        left, middle = n * each + (each - wide) / 2, n * each + each / 2
        top = _top(count, reached[0])
        if n + 1 < len(reached):
            yield _flow(
                at, left + wide, left + each, top, _top(reached[n + 1], reached[0]), share(reached[n + 1], count)
            )
        yield format_html(
            '<g class="{}"><title>{}</title><rect class="bar-s" x="{}" y="{}" width="{}" height="{}" rx="3"/>'
            '<text class="t-n" x="{}" y="{}">{}</text><text class="t-l" x="{}" y="168">{}</text></g>',
            time.tag.color,
            tag_name(time.tag),
            at(left + wide if rtl else left),
            _num(top),
            _num(wide),
            _num(FUNNEL_FLOOR - top),
            at(middle),
            _num(top - 7),
            f"{count:,}",
            at(middle),
            _short(time.tag, max(4, int(each / 7))),
        )


def _top(count: int, all_: int) -> float:
    return FUNNEL_FLOOR - max(2, (FUNNEL_FLOOR - FUNNEL_TOP) * count / all_)


def _flow(at: Callable[[float], str], left: float, right: float, top: float, then: float, percent: int) -> SafeString:
    return format_html(
        '<path class="flow" d="M{0} {2}L{1} {3}V{4}H{0}z"/><text class="t-mid" x="{5}" y="{6}">{7}%</text>',
        at(left),
        at(right),
        _num(top),
        _num(then),
        FUNNEL_FLOOR,
        at((left + right) / 2),
        _num(max(FUNNEL_TOP, (top + then) / 2 - 6)),
        percent,
    )
