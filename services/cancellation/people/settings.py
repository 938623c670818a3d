"""Settings of the sign-in at an identity provider; prefix `CANCELLATION_OIDC_`."""

from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.cancellation import Role

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def is_safe_address(url: str) -> bool:
    """Tell whether nobody on the way reads or changes what is sent to an address."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


class OpenIdSettings(BaseSettings):
    """Who signs people in, and as what."""

    model_config = SettingsConfigDict(
        env_prefix="CANCELLATION_OIDC_", frozen=True, use_attribute_docstrings=True
    )

    issuer: str = ""
    """The identity provider, as its discovery document names itself. Left out, there is none."""
    client_id: str = ""
    """What it knows this system by; tokens for anybody else are refused."""
    client_secret: SecretStr = SecretStr("")
    """What this system shows it; left out for a public client."""
    redirect_url: str = ""
    """Where it sends a browser back to: the console's address and `/you/openid/back`."""
    label: str = ""
    """What the console calls it; left out, by the name of its host."""
    scopes: str = "openid profile email"
    """What it is asked for."""
    name_claim: str = "preferred_username"
    """Claim that names an account opened here; of an e-mail address what stands before its `@`."""
    roles_claim: str = "groups"
    """Claim whose values `roles` knows."""
    roles: dict[str, Role] = {}
    """Role by value of that claim, as JSON; the first that fits counts. Whoever has none is
    refused."""
    timeout_s: float = Field(default=5.0, gt=0)
    """After so long its answer is not waited for."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        """Let no sign-in be half set up."""
        if not self.issuer:
            return self
        missing = [
            f"CANCELLATION_OIDC_{name.upper()}"
            for name in ("client_id", "redirect_url", "roles")
            if not getattr(self, name)
        ]
        if missing:
            raise ValueError(f"CANCELLATION_OIDC_ISSUER is set, and {', '.join(missing)} is not")
        for url in (self.issuer, self.redirect_url):
            if not is_safe_address(url):
                raise ValueError(f"{url} is neither https nor on this machine")
        return self
