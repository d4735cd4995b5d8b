"""A browser as far as forms and cookies go."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from typing import Any

from tests.acceptance.client.http_client import Address, Response, http


class _Inputs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.inputs: dict[str, str] = {}
        self.assets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "input" and found.get("name"):
            self.inputs[str(found["name"])] = found.get("value") or ""
        for name in ("src", "href"):
            if (found.get(name) or "").startswith("/static/"):
                self.assets.append(str(found[name]))


class Browser:
    """HTTP with a cookie jar and the page's anti-forgery token, as a browser has them."""

    def __init__(self, server: Address, *, headers: dict[str, str] | None = None) -> None:
        self.server = server
        self.headers = headers or {}
        self.jar: dict[str, str] = {}
        self.attributes: dict[str, list[str]] = {}

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.jar.items())

    @property
    def session_cookies(self) -> dict[str, str]:
        """Every cookie but the one that is there for anybody."""
        return {name: value for name, value in self.jar.items() if not name.endswith("_xsrf")}

    async def request(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **rest: Any
    ) -> Response:
        fields = dict(self.headers)
        if self.jar:
            fields["Cookie"] = self.cookie
        fields |= headers or {}
        response = await http(self.server, method, path, headers=fields, **rest)
        for name, (value, attributes) in response.cookies().items():
            gone = "max-age=0" in attributes or any("1970" in each for each in attributes)
            if not value or gone or _is_past(attributes):
                self.jar.pop(name, None)
            else:
                self.jar[name], self.attributes[name] = value, attributes
        return response

    async def token(self, page: str = "/login") -> str:
        """The anti-forgery token that a page's form carries."""
        return inputs_of(await self.request("GET", page))["_xsrf"]

    async def submit(self, path: str, page: str | None = None, **fields: str) -> Response:
        token = await self.token(page or path)
        return await self.request("POST", path, form=fields | {"_xsrf": token})


def _is_past(attributes: list[str]) -> bool:
    # A cookie is taken back with an expiry that has passed.
    for each in attributes:
        if each.startswith("expires="):
            return parsedate_to_datetime(each.partition("=")[2]) < datetime.now(UTC)
    return False


def inputs_of(response: Response) -> dict[str, str]:
    """The fields of the forms on a page, with their values."""
    assert response.headers.get("Content-Type").startswith("text/html"), response.headers.pairs
    parser = _Inputs()
    parser.feed(response.body.decode())
    return parser.inputs


def assets_of(response: Response) -> list[str]:
    """The static files that a page names."""
    parser = _Inputs()
    parser.feed(response.body.decode())
    return parser.assets
