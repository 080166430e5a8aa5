"""The 1.x generation: package polar, one module per API version, dataclasses."""

import dataclasses

from polar import PolarClientError
from polar.v2026_10 import Polar, errors


class Client:
    """The SDK in the words of walk.py: answers are dicts with the wire's names."""

    def __init__(self, base_url, access_token):
        self.checkouts = Polar(access_token, base_url=base_url).checkouts

    def create(self, **fields):
        return wire(self.checkouts.create(**fields))

    def get(self, id):
        return wire(self.checkouts.get(id))

    def update(self, id, **fields):
        return wire(self.checkouts.update(id, **fields))

    def client_get(self, secret):
        return wire(self.checkouts.client_get(secret))

    def client_update(self, secret, **fields):
        return wire(self.checkouts.client_update(secret, **fields))

    def client_confirm(self, secret, **fields):
        return wire(self.checkouts.client_confirm(secret, **fields))

    def page(self, **query):
        return wire(self.checkouts.list(**query))

    def all(self, **query):
        return [wire(item) for item in self.checkouts.iter_list(**query)]

    def describe(self, e):
        """The SDK's own class of an error and what it carries; None for anything else."""
        if not isinstance(e, PolarClientError) or getattr(errors, type(e).__name__, None) is not type(e):
            return None
        body = wire(e.error)
        return {"class": type(e).__name__, "status": e.status_code, "error": body.get("error"), "detail": body["detail"]}


wire = dataclasses.asdict
