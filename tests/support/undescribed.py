"""Doors that describe themselves to nobody, as OpenAPI: for whoever wants to try them all."""

from typing import Any

Json = dict[str, Any]

ANYTHING: Json = {"description": "whatever it is"}
TEXT: Json = {"type": "string"}
FORM = "application/x-www-form-urlencoded"


def _operation(
    *, tokens: list[str] | None = None, query: Json | None = None, headers: Json | None = None,
    body: tuple[str, Json] | None = None,
) -> Json:  # fmt: skip
    parameters = [
        {"name": name, "in": where, "required": False, "schema": schema}
        for where, named in (("query", query), ("header", headers))
        for name, schema in (named or {}).items()
    ]
    if tokens is not None:
        either = {"anyOf": [{"enum": tokens}, TEXT]}
        parameters.append({"name": "token", "in": "path", "required": True, "schema": either})
    operation: Json = {"parameters": parameters, "responses": {"default": ANYTHING}}
    if body:
        kind, schema = body
        operation["requestBody"] = {"required": False, "content": {kind: {"schema": schema}}}
    return operation


def _document(paths: Json) -> Json:
    return {"openapi": "3.1.0", "info": {"title": "undescribed", "version": "1"}, "paths": paths}


def _form(**fields: Json) -> tuple[str, Json]:
    return FORM, {"type": "object", "properties": fields}


def of_customers_page(tokens: list[str]) -> Json:
    """Describe the customer's page.

    Args:
        tokens: links that open it.
    """
    language = {"language": {"enum": ["en", "fr", "xx"]}, "seen": TEXT, "thanks": TEXT}
    receipt = _operation(tokens=tokens)
    receipt["parameters"].append(
        {"name": "command_id", "in": "path", "required": True, "schema": TEXT}
    )
    wish = {
        "step": {"enum": ["look", "change", "confirm", "x"]},
        "kind": {"enum": ["CANCEL", "WITHDRAW", "x"]}, "expected_version": TEXT,
        "command_id": TEXT, "units:1": TEXT, "units:2": TEXT, "reason": TEXT, "note": TEXT,
    }  # fmt: skip
    return _document(
        {
            "/o/{token}": {"get": _operation(tokens=tokens, query=language)},
            "/o/{token}/feedback": {
                "post": _operation(
                    tokens=tokens,
                    body=_form(answer={"enum": ["GOOD", "FAIR", "x"]}, cancellation_id=TEXT),
                )
            },
            "/o/{token}/cancel": {
                "get": _operation(tokens=tokens, query=language),
                "post": _operation(tokens=tokens, body=_form(**wish)),
            },
            "/o/{token}/receipts/{command_id}": {"get": receipt},
        }
    )


def of_feedback(tokens: list[str], links: list[str]) -> Json:
    """Describe what the notifier tells customers and hears from them.

    Args:
        tokens: of questions below mails.
        links: that open a customer's page.
    """
    shop = {"locale": {"enum": ["en", "fr", "de"]}, "reason": TEXT, "sku": TEXT}
    said = {"enum": [f"Bearer {link}" for link in links] + ["Bearer x", "x", ""]}
    return _document(
        {
            "/v1/feedback/{token}": {
                "get": _operation(tokens=tokens),
                "post": _operation(tokens=tokens, body=_form(answer={"enum": ["POOR", "x"]})),
            },
            "/v1/shop": {"get": _operation(query=shop)},
            "/v1/questions": {"get": _operation(headers={"Authorization": said})},
        }
    )


def of_provider_webhooks() -> Json:
    """Describe what the payment provider posts to."""
    event = {"type": "object", "properties": {"id": TEXT, "type": TEXT, "data": {}}}
    return _document(
        {
            "/v1/webhooks/stripe": {
                "post": _operation(
                    headers={"Stripe-Signature": TEXT}, body=("application/json", event)
                )
            }
        }
    )
