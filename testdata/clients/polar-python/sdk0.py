"""The 0.x generation: package polar_sdk, pydantic models."""

import json

from polar_sdk import Polar, models

# The error classes a walk knows, and the status that each is for.
DECLARED = {
    "PaymentError": 400,
    "CheckoutForbiddenError": 403,
    "ResourceNotFound": 404,
    "ExpiredCheckoutError": 410,
    "HTTPValidationError": 422,
}


class Client:
    """The SDK in the words of walk.py: answers are dicts with the wire's names."""

    def __init__(self, server_url, access_token):
        self.polar = Polar(server_url=server_url, access_token=access_token)
        # Up to 0.13 the sessions are called custom checkouts.
        self.checkouts = getattr(self.polar.checkouts, "custom", self.polar.checkouts)

    def create(self, **fields):
        return wire(self.checkouts.create(request=fields))

    def get(self, id):
        return wire(self.checkouts.get(id=id))

    def update(self, id, **fields):
        return wire(self.checkouts.update(id=id, checkout_update=fields))

    def client_get(self, secret):
        return wire(self.checkouts.client_get(client_secret=secret))

    def client_update(self, secret, **fields):
        return wire(self.checkouts.client_update(client_secret=secret, checkout_update_public=fields))

    def client_confirm(self, secret, **fields):
        return wire(self.checkouts.client_confirm(client_secret=secret, checkout_confirm_stripe=fields))

    def page(self, **query):
        return wire(self.checkouts.list(**query).result)

    def all(self, **query):
        items, page = [], self.checkouts.list(**query)
        while page is not None:
            items += [wire(item) for item in page.result.items]
            page = page.next()
        return items

    def describe(self, e):
        """The SDK's own class of an error and what it carries; None for anything else."""
        for name, status in DECLARED.items():
            if isinstance(e, getattr(models, name, ())):
                data = wire(e.data)
                return {"class": name, "status": status, "error": data.get("error"), "detail": data["detail"]}
        if isinstance(e, models.SDKError):
            body = json.loads(e.body)
            return {"class": "SDKError", "status": e.status_code, "error": body["error"], "detail": body["detail"]}
        return None


def wire(model):
    return model.model_dump(mode="json", by_alias=True)
