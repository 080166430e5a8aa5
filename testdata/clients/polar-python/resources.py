"""What a merchant makes beside sessions: products, customers, discounts, custom fields, checkout links, and its
organization. Each is made, got, listed, changed and deleted by the SDK, whose types read every answer."""

import http.client
import urllib.parse

MISSING = {"class": "ResourceNotFound", "status": 404}
TAKEN = "A customer with this email address already exists."


class Resources:
    """Walks them all, in the sandbox of a walk."""

    def __init__(self, walk, has, equal):
        self.walk, self.has, self.equal = walk, has, equal
        self.sdk, self.catalog, self.traits = walk.sdk, walk.catalog, walk.traits

    def run(self):
        product = self.step("products", self.products)
        discount = self.step("discounts", lambda: self.discounts(product))
        self.step("custom fields, by the merchant", self.custom_fields)
        self.step("checkout links", lambda: self.links(product, discount))
        self.step("customers", self.customers)
        self.step("organizations", self.organizations)

    def step(self, name, take):
        self.walk.step = name
        out = take()
        self.walk.ok()
        return out

    def everything(self, api, made, changed):
        """All that a resource can do; made is the body of a new one, changed that of an update."""
        one = api.create(**made)
        self.equal("get", api.get(one["id"]), one)
        page = api.list(limit=100)
        self.equal("listed", [o for o in page["items"] if o["id"] == one["id"]], [one])
        self.equal("total_count", page["pagination"]["total_count"], len(page["items"]))
        after = api.update(one["id"], **changed)
        if not after["modified_at"]:
            raise AssertionError("modified_at is null after an update")
        self.equal("id", after["id"], one["id"])
        return after

    def gone(self, api, id):
        api.remove(id)
        self.has(self.walk.raised(api.get, id), MISSING)

    def price(self, amount, currency="usd"):
        older = {} if self.traits["products"] else {"type": "one_time"}
        return {"amount_type": "fixed", "price_amount": amount, "price_currency": currency, **older}

    def products(self):
        api = self.sdk.products
        listed = api.list(limit=100)["items"]
        self.equal("missing", {p["id"] for p in self.catalog["products"]} - {p["id"] for p in listed}, set())
        for p in listed:
            self.equal("get", api.get(p["id"]), p)
        interval = {"recurring_interval": None} if self.traits["products"] else {}
        product = self.everything(
            api,
            {"name": "Walked course", "description": "With a map", "metadata": {"sku": "W-1"}, **interval, "prices": [self.price(1500), self.price(1400, "eur")]},
            {"name": "Walked far", "metadata": {"sku": "W-2"}},
        )
        self.has(product, {"name": "Walked far", "description": "With a map", "metadata": {"sku": "W-2"}, "is_recurring": False, "benefits": []})
        self.equal("prices", [p["price_amount"] for p in product["prices"]], [1500, 1400])
        repriced = api.update(product["id"], prices=[{"id": product["prices"][0]["id"]}, self.price(1300, "eur")])
        self.equal("prices", [p["price_amount"] for p in repriced["prices"]], [1500, 1300])
        benefit = next(b for p in listed for b in p["benefits"])
        given = api.benefits(product["id"], [benefit["id"]])
        self.equal("benefits", given["benefits"], [benefit])
        fault = self.walk.raised(api.create, name="ab", **interval, prices=[self.price(1500)])
        self.has(fault, {"class": "HTTPValidationError", "status": 422})
        self.has(fault["detail"][0], {"type": "string_too_short", "loc": ["body", "one_time", "name"]})
        return given

    def discounts(self, product):
        api = self.sdk.discounts
        listed = {d["id"] for d in api.list(limit=100)["items"]}
        self.equal("missing", {d["id"] for d in self.catalog["discounts"]} - listed, set())
        for body in (
            {"type": "fixed", "duration": "once", "amount": 500, "currency": "usd"},
            {"type": "fixed", "duration": "repeating", "duration_in_months": 3, "amount": 500, "currency": "usd"},
            {"type": "percentage", "duration": "forever", "basis_points": 1000},
            {"type": "percentage", "duration": "repeating", "duration_in_months": 3, "basis_points": 1000, "max_redemptions": 9},
        ):
            made = self.everything(api, {"name": "Walked less", **body, "products": [product["id"]]}, {"name": "Walked off"})
            if self.traits["loses_months"]:
                body.pop("duration_in_months", None)
            self.has(made, {"name": "Walked off", "code": None, "redemptions_count": 0, **body})
            self.equal("products", [p["id"] for p in made["products"]], [product["id"]])
            self.gone(api, made["id"])
        return api.create(type="percentage", duration="once", basis_points=1000, name="Ten", code="WALKED10")

    def custom_fields(self):
        api = self.sdk.custom_fields
        for kind, properties in {
            "text": {"form_label": "Grain", "max_length": 9}, "number": {"ge": 1, "le": 9}, "date": {"ge": 1735689600}, "checkbox": {},
            "select": {"options": [{"value": "rye", "label": "Rye"}]},
        }.items():
            body = {"type": kind, "slug": "walked_" + kind, "name": "Walked", "properties": properties}
            made = self.everything(api, body, {"type": kind, "name": "Walked on"})
            self.has(made, {"type": kind, "slug": "walked_" + kind, "name": "Walked on"})
            self.gone(api, made["id"])

    def links(self, product, discount):
        api = self.sdk.links
        made = self.everything(
            api,
            {"payment_processor": "stripe", **self.walk.ask(product), "label": "Walked", "discount_id": discount["id"], "success_url": "https://shop.test/thanks"},
            {"label": "Walked on", "allow_discount_codes": False},
        )
        self.has(made, {"label": "Walked on", "allow_discount_codes": False, "success_url": "https://shop.test/thanks", "discount_id": discount["id"]})
        self.has(made["discount"], {"id": discount["id"], "basis_points": 1000})
        at = urllib.parse.urlsplit(made["url"])
        server = http.client.HTTPConnection(at.netloc)  # which follows no redirect
        server.request("GET", at.path + "?customer_email=ada@example.com")
        answer = server.getresponse()
        self.equal("status", answer.status, 307)
        secret = urllib.parse.urlsplit(answer.headers["Location"]).path.rsplit("/", 1)[1]
        server.close()
        self.has(self.sdk.client_get(secret), {"status": "open", "product_id": product["id"], "customer_email": "ada@example.com", "total_amount": 1350})
        self.gone(api, made["id"])

    def customers(self):
        api = self.sdk.customers
        for c in api.list(limit=100)["items"]:
            self.equal("get", api.get(c["id"]), c)
        named = {"external_id": "usr_walked", "metadata": {"tier": "gold"}} if api.external else {}
        made = self.everything(
            api, {"email": "walked@example.com", "name": "Walked", "billing_address": {"country": "FR"}, **named}, {"name": "Walked On"},
        )
        self.has(made, {"email": "walked@example.com", "name": "Walked On", **named})
        self.has(made["billing_address"], {"country": "FR"})
        fault = self.walk.raised(api.create, email="Walked@example.com")
        self.has(fault, {"class": "HTTPValidationError", "status": 422})
        self.has(fault["detail"][0], {"type": "value_error", "loc": ["body", "email"], "msg": TAKEN})
        if api.stateful:  # the generation that knows it cannot read a subscription in it: polar-webhooks-python tells why
            self.has(api.state(made["id"]), {"id": made["id"], "active_subscriptions": [], "granted_benefits": []})
        session = self.sdk.create(**self.walk.ask(self.catalog["monthly"]), customer_id=made["id"])
        self.walk.control.post(f"/sessions/{session['id']}/pay", {})
        if not api.external:
            return self.gone(api, made["id"])
        self.equal("external", api.get_external("usr_walked")["id"], made["id"])
        self.has(api.update_external("usr_walked", name="Walked Back"), {"name": "Walked Back", "external_id": "usr_walked"})
        api.remove_external("usr_walked")
        self.has(self.walk.raised(api.get_external, "usr_walked"), MISSING)
        self.has(self.sdk.get(session["id"]), {"status": "succeeded", "customer_id": made["id"]})

    def organizations(self):
        api = self.sdk.organizations
        mine = api.get(self.catalog["product"]["organization_id"])
        self.equal("list", api.list()["items"], [mine])
        self.has(api.update(mine["id"], name="Walked Bakery"), {"name": "Walked Bakery", "slug": mine["slug"]})
