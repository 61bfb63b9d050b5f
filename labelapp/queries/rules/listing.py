"""The rules of a number as their page shows them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from labelapp.models import Instance, Label, LedgerEntry, Rule, Source, User, Verb
from labelapp.models.reasons import sentence
from labelapp.queries.directory import Directory, Tag
from labelapp.queries.rules.specs import NOBODY, Conditions, Doings, Spec, Wrong, spec_of
from labelapp.queries.rules.told import Told, told_of
from labelapp.queries.rules.words import Mode

SOON = timedelta(hours=1)  # what people turn back so soon was wrong; later they change what has changed
PEOPLE = (Source.AGENT, Source.PHONE)


@dataclass(frozen=True, slots=True)
class Line:
    """A rule, what it says, and how it does. `wrong`: why it can't run at all; `dead`: labels it names that were deleted; `tells`: whom
    it tells, in words; `lasts`: for how long what it adds stays, "" for ever."""

    rule: Rule
    labels: list[Tag]
    asks: list[str]
    adds: list[Tag]
    removes: list[Tag]
    gives: str
    undone: int
    dead: list[str]
    wrong: str = ""
    tells: tuple[str, ...] = ()
    lasts: str = ""

    @property
    def is_paused(self) -> bool:
        return self.rule.is_on and bool(self.dead or self.wrong)


def lines(instance: Instance, directory: Directory) -> list[Line]:
    """All rules in their order. Four queries, and those of `told_of`."""
    rules = list(Rule.objects.filter(instance=instance))
    undone = undone_by_people(rules)
    names = dict(Label.objects.filter(instance=instance, deleted_at__isnull=False).values_list("pk", "name"))
    whom = {rule.actions.get("assign") for rule in rules}
    people = User.objects.in_bulk([pk for pk in whom if isinstance(pk, int)])
    specs = {rule.pk: _read(rule) for rule in rules}
    told = told_of(instance, [spec.doings for spec in specs.values() if isinstance(spec, Spec)])
    return [_line(rule, specs[rule.pk], directory, undone.get(rule.pk, 0), names, people, told) for rule in rules]


def _read(rule: Rule) -> Spec | Wrong:
    try:
        return spec_of(rule)
    except Wrong as wrong:
        return wrong


def _line(
    rule: Rule,
    spec: Spec | Wrong,
    directory: Directory,
    undone: int,
    gone: dict[int, str],
    people: dict[int, User],
    told: Told,
) -> Line:
    if isinstance(spec, Wrong):
        return Line(rule, [], [], [], [], "", undone, [], str(spec.message))
    tags = directory.tags
    dead = [gone.get(pk, f"#{pk}") for pk in sorted(spec.labels) if pk in gone or pk not in tags]

    def known(pks: Collection[int]) -> list[Tag]:
        return [tags[pk] for pk in pks if pk in tags]

    doings = spec.doings
    gives = _("nobody") if doings.assign == NOBODY else ""
    if isinstance(doings.assign, int) and doings.assign in people:
        gives = people[doings.assign].display_name
    labels, adds, removes = known(sorted(spec.trigger.labels)), known(doings.puts_on), known(doings.remove)
    why = told.missing(doings)[1]
    tells = _tells(doings, told, [tag.name for tag in known(doings.answers)])
    return Line(
        rule,
        labels,
        _asks(spec, directory),
        adds,
        removes,
        gives,
        undone,
        dead,
        sentence(why) if why and not dead else "",
        tells,
        _waits(doings.lasts) if doings.lasts else "",
    )


def _tells(doings: Doings, told: Told, answers: Sequence[str]) -> tuple[str, ...]:
    """Whom the rule tells, in words; what is not there any more is left to the banner."""
    found = []
    if names := ", ".join(told.people[pk].display_name for pk in doings.notify if pk in told.people):
        found.append((_("tells %(names)s, urgently") if doings.urgent else _("tells %(names)s")) % {"names": names})
    if hook := told.hooks.get(doings.hook or 0):
        found.append((_("calls %(hook)s") if hook.is_on else _("calls %(hook)s (it is off)")) % {"hook": hook})
    if hook := told.hooks.get(doings.ask or 0):
        words = _("asks %(hook)s for %(names)s") if hook.is_on else _("asks %(hook)s for %(names)s (it is off)")
        found.append(words % {"hook": hook, "names": ", ".join(answers)})
    return tuple(found)


def _asks(spec: Spec, directory: Directory) -> list[str]:
    """The conditions in words."""
    found = [_waits(spec.trigger.seconds)] if spec.trigger.seconds else []
    if spec.trigger.source:
        found.append(_("by a bot") if spec.trigger.source == "api" else _("by a person"))
    if spec.trigger.event:
        found.append(spec.trigger.event)
    return found + _asked(spec.conditions, directory)


def _asked(asked: Conditions, directory: Directory) -> list[str]:
    found = []
    if asked.text:
        some = asked.text.entries[:3]
        more = "…" if len(asked.text.entries) > len(some) else ""
        values = {"mode": Mode(asked.text.mode).label, "words": ", ".join(some) + more}
        found.append(_("it says %(mode)s: %(words)s") % values)
    for labels, words in ((asked.has, _("has %(names)s")), (asked.lacks, _("has not %(names)s"))):
        if labels:
            names = [directory.tags[pk].name for pk in sorted(labels) if pk in directory.tags]
            found.append(words % {"names": ", ".join(names)})
    if asked.chat:
        found.append(_("in a group") if asked.chat == "group" else _("with one person"))
    if asked.hours:
        times = {"start": f"{asked.hours.start:%H:%M}", "end": f"{asked.hours.end:%H:%M}"}
        found.append((_("outside %(start)s–%(end)s") if asked.hours.outside else _("%(start)s–%(end)s")) % times)
    if asked.first:
        found.append(_("first message"))
    if asked.query:
        found.append(_("found by a filter"))
    return found


def _waits(seconds: int) -> str:
    size = next(size for size in (86_400, 3600, 60, 1) if seconds % size == 0)
    return _span(size, seconds // size)


def _span(size: int, n: int) -> str:
    words = {
        86400: ngettext("for %(n)d day", "for %(n)d days", n),
        3600: ngettext("for %(n)d hour", "for %(n)d hours", n),
        60: ngettext("for %(n)d minute", "for %(n)d minutes", n),
        1: ngettext("for %(n)d second", "for %(n)d seconds", n),
    }
    return words[size] % {"n": n}


def undone_by_people(rules: Collection[Rule]) -> dict[int, int]:
    """Rule -> how many of its label changes a person turned back within SOON. One query."""

    def turned(verb: Verb) -> QuerySet[LedgerEntry]:
        same = LedgerEntry.objects.filter(chat=OuterRef("chat"), label=OuterRef("label"), pk__gt=OuterRef("pk"))
        return same.filter(verb=verb, source__in=PEOPLE, at__lte=OuterRef("at") + SOON)

    mine = LedgerEntry.objects.filter(rule__in=rules)
    back = mine.filter(Q(Exists(turned(Verb.REMOVE)), verb=Verb.ADD) | Q(Exists(turned(Verb.ADD)), verb=Verb.REMOVE))
    return dict(back.order_by().values_list("rule").annotate(n=Count("pk")))
