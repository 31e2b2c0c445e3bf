"""Where the endpoints are described: a YAML file, read again when it or a file it names changes; or the YAML itself."""

from pathlib import Path

from streams.alerts.delivery.endpoints import Endpoint, Endpoints, parse
from streams.errors import UserError

#: Where the YAML stands in the setting itself.
_INLINE = "TOCSIN_ENDPOINTS"

_Stamp = tuple[tuple[str, int, int], ...]


class EndpointsSource:
    """The endpoints as the setting TOCSIN_ENDPOINTS describes them: the last good ones."""

    def __init__(self, setting: str) -> None:
        self.by_name: dict[str, Endpoint] = {}
        self.known = False
        """Whether they were ever good; there may be none."""
        self._text = setting if "\n" in setting.strip() or ": " in setting else None
        self._path = Path(setting)
        self._files: tuple[Path, ...] = ()
        self._stamp: _Stamp | None = None
        self._error = ""

    def refresh(self) -> bool:
        """Read them if they changed since the last time, and say whether.

        Raises `UserError` where they are broken, once for each way in which they are.
        """
        stamp = self._stamped()
        if stamp == self._stamp and not self._error:  # broken ones may wait for a file that they name
            return False
        try:
            found = self._read()
        except UserError as error:
            told, self._error = self._error, str(error)
            if stamp == self._stamp and told == self._error:
                return False
            self._stamp = stamp
            raise
        self.by_name, self._files, self._error = found.by_name, found.files, ""
        self._stamp, self.known = self._stamped(), True
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
        return tuple((str(each), *_stamp(each)) for each in files)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, -1)
    return (found.st_mtime_ns, found.st_size)
