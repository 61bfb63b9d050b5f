"""The import's progress in a terminal."""

from labelapp.management.commands._progress import follow_import
from labelapp.models import Instance


def test_each_step_is_told_once_until_it_is_done(number: Instance) -> None:
    steps = iter([("chats", 100, 0), ("chats", 100, 0), ("assignments", 3, 14), ("done", 14, 14)])
    lines: list[str] = []

    def further() -> None:
        stage, done, total = next(steps)
        Instance.objects.filter(pk=number.pk).update(import_stage=stage, import_done=done, import_total=total)

    further()
    follow_import(number, lines.append, further)
    assert lines == ["  Reading chats: 100", "  Reading who has which label: 3 of 14", "  Done: 14 of 14"]
