"""Pieces of the label directory's page."""

from collections.abc import Iterable
from datetime import datetime

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from labelapp.forms.labels import LabelForm
from labelapp.models import Label, LabelGroup
from labelapp.models.fields import NEVER
from labelapp.queries.directory import Tag, tag_of
from labelapp.queries.label_uses import Use, Uses
from labelapp.queries.labels import Directory
from labelapp.queries.layouts import Layout, write_layout
from labelapp.queries.layouts import group_moved as moved_group
from labelapp.queries.layouts import label_moved as moved_label
from labelapp.templatetags.chips import chip_html
from labelapp.templatetags.screens import icon, moment, when

register = template.Library()
STEP = 17  # from slot to slot, in pixels


@register.simple_tag
def slot_meter(directory: Directory) -> SafeString:
    """One shape per slot of the account: round for a stage, square for a free label, empty for what is left."""
    rows = directory.rows
    shapes = [(row.tag.color, "6.5" if row.tag.exclusive else "3") for row in rows] + [
        ("free", "3") for _n in directory.free
    ]
    drawn = format_html_join(
        "",
        '<rect class="slot {}" x="{}" y=".5" width="13" height="13" rx="{}"/>',
        ((color, f"{STEP * n + 0.5}", corner) for n, (color, corner) in enumerate(shapes)),
    )
    words = ngettext("%(used)d of %(slots)d label slot used", "%(used)d of %(slots)d label slots used", directory.slots)
    return format_html(
        '<svg class="slots" width="{0}" height="14" viewBox="0 0 {0} 14" role="img" aria-label="{1}">{2}</svg>',
        STEP * len(shapes),
        words % {"used": directory.used, "slots": directory.slots},
        drawn,
    )


register.filter("laid", write_layout)


@register.filter
def order(pks: Iterable[int]) -> str:
    """An order of labels as forms send it."""
    return ",".join(map(str, pks))


@register.filter
def placed(label: Label, directory: Directory) -> Tag:
    """The label with its place in its funnel, which its chip shows as a pie."""
    return next((row.tag for row in directory.rows if row.label.pk == label.pk), None) or tag_of(label)


@register.simple_tag
def preview(form: LabelForm, label: Label | None, directory: Directory) -> SafeString:
    """The label as chips, with what the form holds. static/labels.js keeps it up to date."""
    color, name = form["color"].value(), form["name"].value() or _("Name")
    shape = placed(label, directory) if label else Tag(0, "", "", "cx")
    tag = shape._replace(pk=0, wa_id="", name=str(name), color="cx" if color in (None, "") else f"c{color}")
    chips = [chip_html(tag, size="lg full"), chip_html(tag), chip_html(tag, "pending")]
    return format_html(
        '<div class="preview" aria-hidden="true" data-empty="{}">{}</div>',
        _("Name"),
        format_html_join("", "{}", ((c,) for c in chips)),
    )


@register.simple_tag
def group_rule(group: LabelGroup) -> str:
    """What binds the labels of a group, and what becomes of a chat on which a phone has broken it."""
    if not group.is_exclusive:
        return _("free: a chat has any number of them.")
    policies = {
        LabelGroup.ConflictPolicy.FURTHEST: _("if a phone sets two, the furthest wins."),
        LabelGroup.ConflictPolicy.LATEST: _("if a phone sets two, the latest wins."),
        LabelGroup.ConflictPolicy.ASK: _("if a phone sets two, somebody is asked."),
    }
    funnel = group.kind == LabelGroup.Kind.FUNNEL
    rule = _("exclusive, ordered: a chat has one stage;") if funnel else _("exclusive: a chat has at most one of them;")
    return f"{rule} {policies[LabelGroup.ConflictPolicy(group.conflict_policy)]}"


@register.simple_tag
def last_put(at: datetime | None) -> SafeString:
    """When a label was last put on a chat that still has it."""
    if at is None:
        return format_html('<span class="muted">{}</span>', _("on no chat"))
    if at == NEVER:
        return format_html('<span class="muted">{}</span>', _("before labelapp"))
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', at.isoformat(timespec="seconds"), moment(at), when(at)
    )


@register.filter
def last_of(directory: Directory, pk: int) -> datetime | None:
    """The same of one label."""
    return next((row.last_at for row in directory.rows if row.label.pk == pk), None)


@register.filter
def of(uses: Uses, pk: int) -> list[Use]:
    """What uses a label."""
    return uses.get(pk, [])


@register.filter
def use_words(uses: list[Use]) -> str:
    """How much of each kind uses a label: "1 run, 2 views"."""
    counts = {kind: sum(use.kind == kind for use in uses) for kind in ("rule", "event", "stage", "view", "run")}
    words = {
        "rule": ngettext("%(n)d rule", "%(n)d rules", counts["rule"]),
        "event": ngettext("%(n)d event", "%(n)d events", counts["event"]),
        "stage": ngettext("%(n)d stage", "%(n)d stages", counts["stage"]),
        "view": ngettext("%(n)d view", "%(n)d views", counts["view"]),
        "run": ngettext("%(n)d run", "%(n)d runs", counts["run"]),
    }
    said = [words[kind] % {"n": n} for kind, n in counts.items() if n]
    return pgettext("between names", ", ").join(said)


@register.simple_tag
def use_line(use: Use) -> SafeString:
    """One user of a label, with the way there."""
    if use.kind == "view":
        who = _("for everybody") if use.shared else _("your own view")
        if not use.pk:
            return format_html("<li>{}{}</li>", icon("pin", "s"), _("a view of somebody else"))
        link = f"{reverse('chats.index')}?view={use.pk}"
        return _use("pin", link, use.name, who)
    if use.kind == "run":
        return _use("runs", reverse("runs.detail", args=[use.pk]), _("Run %(n)s") % {"n": use.pk}, _("under way"))
    if use.kind == "stage":
        return _use("board", reverse("labels.edit", args=[use.pk]), use.name, _("a stage that takes it off"))
    if use.kind == "event":
        return format_html("<li>{}<bdi>{}</bdi></li>", icon("api", "s"), use.name)
    return format_html("<li>{}<bdi>{}</bdi></li>", icon("rule", "s"), use.name)


def _use(sign: str, link: str, name: str, words: str) -> SafeString:
    line = '<li>{}<a class="link" href="{}" hx-boost="false"><bdi>{}</bdi></a> <span class="muted">{}</span></li>'
    return format_html(line, icon(sign, "s"), link, name, words)


@register.filter
def moved(layout: Layout, pk: int) -> list[str]:
    """The orders that a step up and a step down of a label make."""
    return [write_layout(moved_label(layout, pk, by)) for by in (-1, 1)]


@register.filter
def group_moved(layout: Layout, pk: int) -> list[str]:
    """The same for a group."""
    return [write_layout(moved_group(layout, pk, by)) for by in (-1, 1)]
