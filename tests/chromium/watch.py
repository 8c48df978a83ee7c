"""An ear on everything that a browser complains about."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

#: How Chromium calls a request that the page itself gave up: it was left, or asked again.
GIVEN_UP = "net::ERR_ABORTED"
#: An answer that says no is part of using the shop, though Chromium writes a line about it.
SAID_NO = {401, 403, 404, 405, 409, 422}
PARTS_OF_A_PAGE = {"stylesheet", "script", "image", "font", "manifest"}

TELL_VIOLATIONS = """
    addEventListener("securitypolicyviolation", (event) => {
        console.error(`Content security policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
"""


class Watch:
    """Hears errors and warnings of the console, uncaught exceptions, CSP violations and what no answer came to."""

    def __init__(self, context: BrowserContext) -> None:
        self._heard: list[str] = []
        context.add_init_script(TELL_VIOLATIONS)
        context.on("console", self._console)
        context.on("weberror", self._exception)
        context.on("response", self._response)
        context.on("requestfailed", self._failure)

    def complaints(self) -> list[str]:
        """What was heard since the last time."""
        heard, self._heard = self._heard, []
        return heard

    def _console(self, message: ConsoleMessage) -> None:
        is_answer = message.text.startswith("Failed to load resource")  # heard as a response
        if message.type in ("error", "warning") and not is_answer:
            self._heard.append(f"{message.location.get('url')}: {message.text}")

    def _exception(self, error: WebError) -> None:
        self._heard.append(f"uncaught: {error.error}")

    def _response(self, response: Response) -> None:
        is_part = response.request.resource_type in PARTS_OF_A_PAGE
        if response.status >= 400 and (is_part or response.status not in SAID_NO):
            self._heard.append(f"{response.url}: {response.status}")

    def _failure(self, request: Request) -> None:
        if request.failure != GIVEN_UP:
            self._heard.append(f"{request.url}: {request.failure}")
