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
        self.products = Resource(self.polar.products, "product_update")
        self.customers = Resource(self.polar.customers, "customer_update")
        self.discounts = Resource(self.polar.discounts, "discount_update")
        self.custom_fields = Resource(self.polar.custom_fields, "custom_field_update")
        self.links = Resource(self.polar.checkout_links, "checkout_link_update")
        self.organizations = Resource(self.polar.organizations, "organization_update")

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


class Resource:
    """One kind of object beside the sessions."""

    def __init__(self, api, body):
        self.api, self.body = api, body
        self.external = hasattr(api, "get_external")  # whether this version knows them by the caller's own id
        self.stateful = False  # no version of this generation that is walked knows the state

    def list(self, **query):
        return wire(self.api.list(**query).result)

    def create(self, **fields):
        return wire(self.api.create(request=fields))

    def get(self, id):
        return wire(self.api.get(id=id))

    def update(self, id, **fields):
        return wire(self.api.update(id=id, **{self.body: fields}))

    def remove(self, id):
        self.api.delete(id=id)

    def benefits(self, id, benefits):
        return wire(self.api.update_benefits(id=id, product_benefits_update={"benefits": benefits}))

    def get_external(self, id):
        return wire(self.api.get_external(external_id=id))

    def update_external(self, id, **fields):
        return wire(self.api.update_external(external_id=id, **{self.body: fields}))

    def remove_external(self, id):
        self.api.delete_external(external_id=id)


def wire(model):
    return model.model_dump(mode="json", by_alias=True)
