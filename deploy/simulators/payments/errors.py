"""Refusals in Stripe's words: status, `type`, `code`, `message`, `param`.

Source of types and codes: docs.stripe.com/api/errors and docs.stripe.com/error-codes.
"""

import orjson

from deploy.simulators.serving import Answer

INVALID_REQUEST = "invalid_request_error"
IDEMPOTENCY = "idempotency_error"
API = "api_error"


class ApiError(Exception):
    """A refusal as the client sees it."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = INVALID_REQUEST,
        code: str | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.code = code
        self.param = param

    def answer(self) -> Answer:
        """Return the answer in Stripe's envelope; fields without a value are left out."""
        fields = {
            "type": self.kind,
            "code": self.code,
            "message": str(self),
            "param": self.param,
        }
        error = {name: value for name, value in fields.items() if value is not None}
        return Answer(self.status, orjson.dumps({"error": error}))


def parameter_missing(param: str) -> ApiError:
    """Return the refusal of a request without `param`."""
    return ApiError(400, f"Missing required param: {param}.", code="parameter_missing", param=param)


def parameter_unknown(param: str) -> ApiError:
    """Return the refusal of a parameter nobody has heard of."""
    return ApiError(
        400, f"Received unknown parameter: {param}", code="parameter_unknown", param=param
    )


def parameter_invalid(param: str, message: str, code: str | None = None) -> ApiError:
    """Return the refusal of a value, with the reason in `message`."""
    return ApiError(400, message, code=code, param=param)


def resource_missing(kind: str, identifier: str, param: str) -> ApiError:
    """Return the refusal of an id nobody has."""
    return ApiError(404, f"No such {kind}: '{identifier}'", code="resource_missing", param=param)


def already_refunded(payment_id: str) -> ApiError:
    """Return the refusal when nothing is left to give back."""
    return ApiError(
        400, f"Charge {payment_id} has already been refunded.", code="charge_already_refunded"
    )


def amount_too_large(amount: str, left: str) -> ApiError:
    """Return the refusal of more than is left."""
    return ApiError(
        400,
        f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
        code="amount_too_large",
        param="amount",
    )


def unexpected_state(verb: str, status: str, wanted: str) -> ApiError:
    """Return the refusal of what a payment's status does not allow."""
    return ApiError(
        400,
        f"You cannot {verb} this PaymentIntent because it has a status of {status}. Only a "
        f"PaymentIntent with one of the following statuses may be used: {wanted}.",
        code="payment_intent_unexpected_state",
    )


def key_reused(key: str) -> ApiError:
    """Return the refusal of a known key with other parameters."""
    return ApiError(
        400,
        "Keys for idempotent requests can only be used with the same parameters they were first "
        f"used with. Try using a key other than '{key}' if you meant to execute a different "
        "request.",
        kind=IDEMPOTENCY,
    )


def key_in_use(key: str) -> ApiError:
    """Return the refusal of a key whose first request is still being worked on."""
    return ApiError(
        409,
        f"There is currently another in-progress request using the idempotency key '{key}'. "
        "Try again later.",
        kind=IDEMPOTENCY,
        code="idempotency_key_in_use",
    )


def internal_error() -> ApiError:
    """Return the answer to a request that went wrong on the provider's side."""
    return ApiError(500, "An error occurred on our side. Try again later.", kind=API)
