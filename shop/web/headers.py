"""The headers of every answer, errors and static files included, and the cookie's name."""

from __future__ import annotations

import hashlib

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from itsdangerous import Signer

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)

#: Unless the answer has its own.
_ALWAYS = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),  # what frame-ancestors says, to browsers and scanners that know no CSP
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(self), geolocation=(), microphone=()"),
    ("Cache-Control", "no-store"),
)
_ALWAYS_IF_SECURE = (*_ALWAYS, ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))


def install_headers(app: Flask) -> None:
    app.session_interface = HostCookie()
    Signer.default_digest_method = staticmethod(hashlib.sha256)  # for the seals of forms, which Flask-WTF makes

    @app.after_request
    def add_headers(response: Response) -> Response:
        present = {name.lower() for name, _ in response.headers}  # of two Referrer-Policies browsers take the later one
        always = _ALWAYS_IF_SECURE if request.is_secure else _ALWAYS
        response.headers.extend([(name, value) for name, value in always if name.lower() not in present])
        return response


class HostCookie(SecureCookieSessionInterface):
    """Over https the cookie is Secure and ``__Host-``: no other host and no plain connection can set or read it.

    What is the same for everybody has nothing to do with it; else browsers would fetch files again after each sign-in.
    """

    digest_method = staticmethod(hashlib.sha256)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not response.cache_control.public:
            super().save_session(app, session, response)

    def get_cookie_name(self, app: Flask) -> str:
        return "__Host-session" if request.is_secure else "session"

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure
