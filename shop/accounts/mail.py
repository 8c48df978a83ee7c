"""Handing a letter to the mail server that ``SMTP_URL`` names."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import SplitResult, unquote, urlsplit

from shop.accounts.models import Letter
from shop.config import Settings

TIMEOUT_SECONDS = 20
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def send_mail(letter: Letter, settings: Settings) -> None:
    """Raises OSError or ValueError when the server can't be reached, refuses, or would see the password in clear."""
    url = urlsplit(settings.smtp_url or "")
    server = smtplib.SMTP_SSL if url.scheme == "smtps" else smtplib.SMTP
    with server(
        url.hostname or "", url.port or (465 if url.scheme == "smtps" else 587), timeout=TIMEOUT_SECONDS
    ) as smtp:
        _make_private(smtp, url)
        if url.username:
            smtp.login(unquote(url.username), unquote(url.password or ""))
        smtp.send_message(_as_message(letter, settings))


def _make_private(smtp: smtplib.SMTP, url: SplitResult) -> None:
    if url.scheme == "smtps":
        return
    smtp.ehlo()
    if smtp.has_extn("starttls"):
        smtp.starttls()
        smtp.ehlo()
    elif url.username and url.hostname not in _LOOPBACK:
        raise ValueError("The mail server offers no encryption, so the password is not sent to it.")


def _as_message(letter: Letter, settings: Settings) -> EmailMessage:
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = formatdate(letter.created_at.timestamp())
    # The same each time it is tried, so that a letter that arrives twice is shown once.
    domain = str(urlsplit(settings.base_url or "").hostname)
    message["Message-ID"] = f"<letter-{letter.id}.{letter.created_at.timestamp():.0f}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body)
    return message
