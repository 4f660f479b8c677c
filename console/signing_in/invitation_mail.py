"""Sends somebody their one-time link by e-mail, through the mail server of notices. The link is in
the letter alone: in no log, no event and no error.
"""

import smtplib
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage

from console import figures

TROUBLE = (OSError, smtplib.SMTPException)
SUBJECT = "Your link to Signalbox"
LETTER = """{name}, {editor} lets you into Signalbox at {site}.

This link opens a page with a button. It lets you in once, until {until}:

{link}

If you did not expect it, leave it alone and tell whoever runs your console.
"""


def possible(person: User) -> bool:
    """Whether a mail server is set, and the person has an address."""
    return bool(settings.MAILS and person.email)


def send(person: User, *, editor: User, path: str, until: datetime) -> str:
    """Send the link of this path, under the console's own address: what a request calls its host
    is not believed. Gives what went wrong, empty when the server took it.
    """
    text = LETTER.format(
        name=person.get_username(),
        editor=editor.get_username(),
        site=settings.SITE_URL,
        until=figures.moment(until),
        link=f"{settings.SITE_URL}{path}",
    )
    try:
        EmailMessage(SUBJECT, text, to=[person.email]).send()
    except TROUBLE as error:
        # what a server says may repeat what it was sent
        return type(error).__name__
    return ""
