"""A rule that names a label which becomes another one, and what the rule says then."""

from typing import Any

from labelapp.models import Label, LabelGroup, Rule
from labelapp.queries.language.saved import hand_over, is_void
from labelapp.queries.language.vocabulary import LabelName
from labelapp.queries.rules.specs import Spec, Wrong, read_spec, spec_of

Trigger = Rule.Trigger
STAGED = (Trigger.STAGE_ENTERED, Trigger.STAGE_FOR)


def name_of(label: Label) -> LabelName:
    """A label as queries know it, without its place in its funnel."""
    funnel = label.group_id if label.group and label.group.kind == LabelGroup.Kind.FUNNEL else 0
    return LabelName(label.pk, label.instance_id, label.wa_id, label.name, funnel or 0)


def handed_over(rule: Rule, old: Label, new: Label) -> dict[str, Any] | None:
    """The columns that change when the rule names `new` instead of `old`; none where it does not name `old`. None where that would
    make no sense: a rule that could never fire, or that would undo what it waits for."""
    try:
        if old.pk not in spec_of(rule).labels:
            return {}
    except Wrong:
        return {}
    about = _with(rule.trigger_data, ("labels",), old.pk, new.pk)
    asked = _with(rule.conditions, ("has", "lacks"), old.pk, new.pk)
    doings = _with(rule.actions, ("add", "remove"), old.pk, new.pk)
    if doings.get("stage") == old.pk:
        doings["stage"] = new.pk
    if doings.get("stage") == new.pk and doings.get("add"):
        doings["add"] = [pk for pk in doings["add"] if pk != new.pk]
    if asked.get("query"):
        asked["query"] = hand_over(asked["query"], name_of(old), name_of(new))
        if asked["query"] is None:
            return None
    try:
        spec = read_spec(rule.trigger, about, asked, doings)
    except Wrong:
        return None
    if not _is_stage(new) and (
        spec.doings.stage == new.pk or (rule.trigger in STAGED and new.pk in spec.trigger.labels)
    ):
        return None
    return None if is_contradictory(spec) else {"trigger_data": about, "conditions": asked, "actions": doings}


def _with(data: dict[str, Any], keys: tuple[str, ...], old: int, new: int) -> dict[str, Any]:
    lists = {key: data[key] for key in keys if data.get(key)}
    return data | {key: list(dict.fromkeys(new if pk == old else pk for pk in pks)) for key, pks in lists.items()}


def _is_stage(label: Label) -> bool:
    return label.group is not None and label.group.is_exclusive


def is_contradictory(spec: Spec) -> bool:
    """Whether a rule takes back what it waits for, or waits for what can't be. The label that it is about was not there before."""
    waits_for, asked, doings = spec.trigger.labels, spec.conditions, spec.doings
    if spec.trigger.kind in (Trigger.LABEL_ADDED, Trigger.STAGE_ENTERED) and waits_for & set(doings.remove):
        return True
    if spec.trigger.kind == Trigger.LABEL_REMOVED and waits_for & set(doings.puts_on):
        return True
    if asked.has and waits_for and all(asked.has <= {label} for label in waits_for):
        return True
    if asked.has and asked.has <= asked.lacks:
        return True
    return is_void(asked.query, has=asked.has, lacks=asked.lacks - waits_for)
