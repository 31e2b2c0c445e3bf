"""Where the endpoints are described: a YAML file, read again when it or a file it names changes; or the YAML itself."""

from pathlib import Path

from streams.alerts.delivery.endpoints import Endpoint, Endpoints, parse
from streams.errors import UserError

#: Where the YAML stands in the setting itself.
_INLINE = "TOCSIN_ENDPOINTS"

#: File -> when it was changed (ns), and its bytes.
_Stamp = dict[str, tuple[int, int]]


class EndpointsSource:
    """The endpoints as the setting TOCSIN_ENDPOINTS describes them: the last good ones.

    A file that changed is read once it has stood still from one look to the next: one that is being written looks
    empty, and whoever is told of no endpoint hands alerts out to none.
    """

    def __init__(self, setting: str) -> None:
        self.by_name: dict[str, Endpoint] = {}
        self.known = False
        """Whether they were ever good; there may be none."""
        self._text = setting if "\n" in setting.strip() or ": " in setting else None
        self._path = Path(setting)
        self._files: tuple[Path, ...] = ()
        self._stamp: _Stamp | None = None
        """Of what was read last."""
        self._seen = self._stamped()
        """Of the last look."""
        self._error = ""

    def refresh(self) -> bool:
        """Read them if they changed and stand still, and say whether: a change takes two looks.

        Raises `UserError` where they are broken, once for each way in which they are.
        """
        stamp = self._stamped()
        if stamp == self._stamp and not self._error:  # broken ones may wait for a file that they name
            return False
        if stamp != self._seen:
            self._seen = stamp
            return False
        try:
            found = self._read()
        except UserError as error:
            told, self._error = self._error, str(error)
            if stamp == self._stamp and told == self._error:
                return False
            self._stamp = stamp
            raise
        self.by_name, self._files, self._error, self.known = found.by_name, found.files, "", True
        # As each file was before it was read: what was written meanwhile is a change at the next look.
        self._stamp = self._seen = {name: stamp.get(name, now) for name, now in self._stamped().items()}
        return True

    def get(self, name: str) -> Endpoint:
        """The endpoint of that name. Raises `UserError` where there is none, or they cannot be read."""
        self.refresh()
        if name not in self.by_name:
            known = ", ".join(sorted(self.by_name)) or "none"
            raise UserError(f"no endpoint {name!r} in TOCSIN_ENDPOINTS, which has: {known}")
        return self.by_name[name]

    def _read(self) -> Endpoints:
        if self._text is not None:
            return parse(self._text, _INLINE, Path())
        try:
            text = self._path.read_text(encoding="utf-8")
        except OSError as error:
            why = (error.strerror or "cannot be read").lower()
            raise UserError(f"{self._path}: {why}; TOCSIN_ENDPOINTS names the file of endpoints", code=66) from None
        except UnicodeDecodeError as error:
            raise UserError(f"{self._path}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
        return parse(text, str(self._path), self._path.parent)

    def _stamped(self) -> _Stamp:
        files = self._files if self._text is not None else (self._path, *self._files)
        return {str(each): _stamp(each) for each in files}


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, -1)
    return (found.st_mtime_ns, found.st_size)
