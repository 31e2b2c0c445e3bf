"""Event files and account lists on disk, read into drafts; what they mean is `streams.matching.tracked`'s."""

from collections.abc import Sequence
from pathlib import Path

from streams.errors import UserError
from streams.matching import EventDraft, EventFileError, load_event, parse_list


def read_drafts(paths: Sequence[Path], lists: Path | None = None) -> list[EventDraft]:
    """The events of these files and folders. Raises `UserError` with file, line, column and what was expected."""
    drafts: dict[str, tuple[EventDraft, Path]] = {}
    for path in _files(paths):
        folder = lists if lists is not None else _lists_beside(path)
        try:
            draft = load_event(_read(path), str(path), read_lists(folder))
        except EventFileError as error:
            raise UserError(str(error)) from None
        if draft.id in drafts:
            raise UserError(f"{path}: the event {draft.id!r} stands in {drafts[draft.id][1]} too: give one another id")
        drafts[draft.id] = (draft, path)
    return [draft for draft, _ in drafts.values()]


def _files(paths: Sequence[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = sorted([*path.glob("*.yaml"), *path.glob("*.yml")])
            if not found:
                raise UserError(f"{path}: no event file (*.yaml) in this folder")
            files += found
        else:
            files.append(path)
    return files


def _lists_beside(path: Path) -> Path | None:
    for folder in (path.parent / "lists", path.parent.parent / "lists"):
        if folder.is_dir():
            return folder
    return None


def read_lists(folder: Path | None) -> dict[str, tuple[str, ...]]:
    """The account lists (NAME.txt) of a folder by name; none without a folder. Raises `UserError`."""
    if folder is None:
        return {}
    try:
        return {path.stem: parse_list(_read(path), str(path)) for path in sorted(folder.glob("*.txt"))}
    except EventFileError as error:
        raise UserError(str(error)) from None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: {(error.strerror or 'cannot be read').lower()}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
