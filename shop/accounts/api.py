"""Signing in for programs: a password for a bearer token."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify, request

from shop.accounts import identity, sign_in
from shop.accounts.limits import sign_in_limit
from shop.accounts.schemas import Credentials, TokenSchema
from shop.accounts.second_factor import WrongCode
from shop.accounts.sign_in import HalfSignIn, HalfSignInEnded, Whereabouts, WrongPassword
from shop.common.errors import RuleBroken
from shop.web.api import ApiBlueprint
from shop.web.errors import Refusal
from shop.web.guards import Carrier, anyone
from shop.web.once import repeatable

sign_ins = ApiBlueprint("sign_in", noun="customers", about="Signing in; every role does it here.")


@sign_ins.post("/login")
@anyone
@repeatable
@sign_in_limit
@sign_ins.reads(Credentials)
@sign_ins.response(200, TokenSchema)
@sign_ins.alt_response(401, "UNAUTHORIZED")
@sign_ins.alt_response(429, "TOO_MANY_REQUESTS")
def login(values: dict[str, Any]) -> Response:
    """Sign in and get a token that is good for an hour.

    An account with a second factor sends its `code` along; without it, a right password is answered 422.
    """
    address, agent = request.remote_addr or "", request.user_agent.string
    here = Whereabouts(address, agent, device=identity.device_by_name(agent, address))
    try:
        started = sign_in.sign_in(values["email"], values["password"], carrier=Carrier.BEARER, here=here)
        if isinstance(started, HalfSignIn):
            if not values["code"]:
                raise RuleBroken("Send the code of your authenticator app, or a recovery code.", field="code")
            started = sign_in.complete(started.token, values["code"], carrier=Carrier.BEARER, here=here)
    except (WrongPassword, WrongCode) as wrong:
        raise Refusal(401, wrong.message) from None
    except HalfSignInEnded:
        raise Refusal(401, "Your account was changed a moment ago. Sign in once more.") from None
    return jsonify(token=identity.token_for(*started))


def install(app: Flask) -> None:
    sign_ins.open(app)
