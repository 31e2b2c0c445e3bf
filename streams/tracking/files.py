"""Event files and account lists on disk, read into drafts; what they mean is `streams.matching.events.tracked`'s."""

from collections.abc import Sequence
from pathlib import Path

from streams.alerts.conditions.source import check_alerts
from streams.errors import UserError
from streams.lemmas import inflect
from streams.matching import EventDraft, RuleError, check_event, expand, load_event, parse_list

#: The id and the title of an event of one rule.
RULE = "rule"


def read_drafts(paths: Sequence[Path], lists: Path | None = None) -> list[EventDraft]:
    """The events of these files and folders.

    Raises `UserError`: for each broken file a line with file, line, column and what was expected.
    """
    drafts: dict[str, tuple[EventDraft, Path]] = {}
    broken: dict[str, int] = {}
    named = None if lists is None else read_lists(lists)
    for path in _files(paths):
        try:
            known = named if named is not None else read_lists(_lists_beside(path))
            text = _read(path)
            draft = load_event(text, str(path), known, inflect)
            check_alerts(draft, text, str(path))
        except UserError as error:
            broken[str(error)] = error.code
            continue
        if draft.id in drafts:
            other = drafts[draft.id][1]
            broken[f"{path}: the event {draft.id!r} stands in {other} too: give one another id"] = 2
            continue
        drafts[draft.id] = (draft, path)
    if broken:
        codes = set(broken.values())
        raise UserError("\n".join(broken), code=codes.pop() if len(codes) == 1 else 2)
    return [draft for draft, _ in drafts.values()]


def draft_of_rule(rule: str, lists: Path | None = None) -> EventDraft:
    """An event of one rule, called `rule`. Raises `UserError` naming the column."""
    try:
        draft = EventDraft(RULE, RULE, rule, lists=read_lists(lists), inflected=expand({"match": rule}, inflect))
        check_event(draft)
    except RuleError as error:
        place = f"line {error.line}, column {error.column}" if error.line > 1 else f"column {error.column}"
        raise UserError(f"--rule: {place}: {error.problem}") from None
    return draft


def _files(paths: Sequence[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = sorted([*path.glob("*.yaml"), *path.glob("*.yml")])
            if not found:
                raise UserError(f"{path}: no event file (*.yaml) in this folder", code=66)
            files += found
        else:
            files.append(path)
    return files


def _lists_beside(path: Path) -> Path | None:
    for folder in (path.parent / "lists", path.parent.parent / "lists"):
        if any(folder.glob("*.txt")):
            return folder
    return None


def read_lists(folder: Path | None) -> dict[str, tuple[str, ...]]:
    """The account lists (NAME.txt) of a folder by name; none without a folder. Raises `UserError`."""
    if folder is None:
        return {}
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder of account lists (--lists)", code=66)
    files = sorted(folder.glob("*.txt"))
    if not files:
        raise UserError(f"{folder}: no account list (NAME.txt) in this folder (--lists)", code=66)
    return {path.stem: parse_list(_read(path), str(path)) for path in files}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: {(error.strerror or 'cannot be read').lower()}", code=66) from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
