"""The gateway that the contract is checked on."""

from tests.contract.gateway import client, gateway

__all__ = ["client", "gateway"]
