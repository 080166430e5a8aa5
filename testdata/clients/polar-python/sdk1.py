"""The 1.x generation: package polar, one module per API version, dataclasses."""

import dataclasses

from polar import PolarClientError
from polar.v2026_10 import Polar, errors


class Client:
    """The SDK in the words of walk.py: answers are dicts with the wire's names."""

    def __init__(self, base_url, access_token):
        polar = Polar(access_token, base_url=base_url)
        self.checkouts = polar.checkouts
        self.products, self.customers = Resource(polar.products), Resource(polar.customers)
        self.discounts, self.custom_fields = Resource(polar.discounts), Resource(polar.custom_fields)
        self.links, self.organizations = Resource(polar.checkout_links), Resource(polar.organizations)

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


class Resource:
    """One kind of object beside the sessions."""

    external = stateful = True

    def __init__(self, api):
        self.api = api

    def list(self, **query):
        return wire(self.api.list(**query))

    def create(self, **fields):
        return wire(self.api.create(**fields))

    def get(self, id):
        return wire(self.api.get(id))

    def update(self, id, **fields):
        return wire(self.api.update(id, **fields))

    def remove(self, id):
        self.api.delete(id)

    def benefits(self, id, benefits):
        return wire(self.api.update_benefits(id, benefits=benefits))

    def get_external(self, id):
        return wire(self.api.get_external(id))

    def update_external(self, id, **fields):
        return wire(self.api.update_external(id, **fields))

    def remove_external(self, id):
        self.api.delete_external(id)

    def state(self, id):
        return wire(self.api.get_state(id))


wire = dataclasses.asdict
