"""Walks one version of PyPI polar-sdk, unmodified, against a running localcheckout.

    LOCALCHECKOUT_URL=http://127.0.0.1:4747 python walk.py 0.16.1

Run it with the Python of an environment that holds <version>/requirements.txt. Every step prints
"ok <step>"; the first that fails prints why and ends the process with 1. Against a server started with
--polar-profile 2025-02 set LOCALCHECKOUT_POLAR_PROFILE to the same. The steps speak the wire's words;
sdk0.py and sdk1.py say them in the words of their generation of the SDK.
"""

import os
import re
import sys
import traceback
from datetime import datetime, timedelta

sys.dont_write_bytecode = True  # this folder is test data

from control import Control, answers_to, discounted, pick_catalog  # noqa: E402
from resources import Resources  # noqa: E402

# What each version can do. products: create takes products (else product_id). maps: the keys of
# custom_field_data and payment_processor_metadata get through (0.12 drops them). amounts: the answer
# has discount_amount and net_amount. loses_months: a repeating discount is read as one of another duration,
# without duration_in_months. The rest names the class raised for an error; SDKError is what
# the 0.x clients raise for a status they do not declare.
VERSIONS = {
    "0.12.3": dict(loses_months=False, products=False, maps=False, amounts=False, not_open="SDKError", expired="SDKError", declined="SDKError"),
    "0.16.1": dict(loses_months=False, products=True, maps=True, amounts=False, not_open="CheckoutForbiddenError", expired="SDKError", declined="PaymentError"),
    "1.0.2": dict(loses_months=True, products=True, maps=True, amounts=True, not_open="CheckoutsUpdate403Error", expired="ExpiredCheckoutError", declined="PaymentError"),
}

SEED_PROFILE = os.environ.get("LOCALCHECKOUT_POLAR_PROFILE") == "2025-02"
LIFETIME = timedelta(minutes=30) if SEED_PROFILE else timedelta(hours=24)

EMAIL = "ada@example.com"
NAME = "Ada Lovelace"
BUYER = {"customer_email": EMAIL, "customer_name": NAME, "customer_billing_address": {"country": "FR"}}
METADATA = {"order_ref": "A-1001", "items": 3, "gift": True}
MISSING = {"class": "ResourceNotFound", "status": 404, "error": "ResourceNotFound", "detail": "Not found"}
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


class Walk:
    def __init__(self, version):
        self.traits = VERSIONS[version]
        self.base = os.environ["LOCALCHECKOUT_URL"]
        name = "polar-python-" + version.replace(".", "-")
        self.control = Control(self.base, name)
        self.control.post("/reset")
        if version.startswith("0."):
            from sdk0 import Client
        else:
            from sdk1 import Client
        self.sdk = Client(self.base + "/polar", "polar_oat_sandbox_" + name)
        self.catalog = pick_catalog(self.control.get("/fixtures")["polar"])
        self.step = "catalog"
        self.ok()

    def run(self):
        first = self.create_and_get()
        plain = self.list(first)
        self.update(first)
        self.client(first, plain)
        self.decline(plain)
        self.pay(first)
        self.expire()
        self.refused()
        self.whole()
        self.custom_fields()
        Resources(self, has, equal).run()

    def create_and_get(self):
        self.step = "create"
        product, discount = self.catalog["product"], self.catalog["discount"]
        price = product["prices"][0]
        amount, off = price["price_amount"], discounted(price["price_amount"], discount)
        created = self.sdk.create(
            **self.ask(product),
            discount_id=discount["id"],
            success_url="https://shop.test/thanks?checkout_id={CHECKOUT_ID}",
            customer_email=EMAIL,
            metadata=METADATA,
        )
        has(created, {
            "status": "open", "payment_processor": "stripe", "modified_at": None,
            "success_url": "https://shop.test/thanks?checkout_id=" + created["id"],
            "url": f"{self.base}/checkout/{created['client_secret']}",
            "amount": amount, "tax_amount": None, "total_amount": amount - off,
            "currency": price["price_currency"], "product_id": product["id"], "product_price_id": price["id"],
            "discount_id": discount["id"], "subscription_id": None, "customer_id": None, "customer_email": EMAIL,
            "customer_name": None, "metadata": METADATA, "customer_metadata": {}, "attached_custom_fields": [],
            "allow_discount_codes": True, "is_discount_applicable": True, "is_free_product_price": False,
            "is_payment_required": True, "is_payment_setup_required": False, "is_payment_form_required": True,
        })
        if self.traits["amounts"]:
            has(created, {"discount_amount": off, "net_amount": amount - off, "organization_id": product["organization_id"]})
        if self.traits["products"]:
            equal("products", [p["id"] for p in created["products"]], [product["id"]])
        has(created["product"], {"id": product["id"], "name": product["name"], "is_recurring": False, "is_archived": False})
        has(created["product_price"], {"id": price["id"], "price_amount": amount, "price_currency": price["price_currency"]})
        has(created["discount"], {"id": discount["id"], "type": "percentage", "basis_points": discount["basis_points"], "code": discount["code"]})
        matches("id", created["id"], r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
        matches("client_secret", created["client_secret"], r"polar_c_[0-9A-Za-z]{43}")
        equal("lifetime", instant(created["expires_at"]) - instant(created["created_at"]), LIFETIME)
        self.ok()

        self.step = "get"
        equal("get", self.sdk.get(created["id"]), created)
        self.ok()
        return created

    def list(self, first):
        self.step = "list"
        plain = self.sdk.create(**self.ask(self.catalog["product"]))
        monthly = self.sdk.create(**self.ask(self.catalog["monthly"]))
        custom = self.sdk.create(**self.ask(self.catalog["custom"]), amount=4321)
        free = self.sdk.create(**self.ask(self.catalog["free"]))
        has(monthly, {"amount": self.catalog["monthly"]["prices"][0]["price_amount"], "is_payment_setup_required": True, "discount_id": None})
        has(monthly["product"], {"is_recurring": True})
        has(custom, {"amount": 4321, "total_amount": 4321})
        has(free, {"amount": 0, "total_amount": 0, "is_free_product_price": True, "is_payment_required": False, "is_payment_form_required": False})

        page = self.sdk.page(limit=2)
        equal("items on the first page", len(page["items"]), 2)
        has(page["pagination"], {"total_count": 5, "max_page": 3})
        newest_first = [free, custom, monthly, plain, first]
        equal("all pages, newest first", ids(self.sdk.all(limit=2)), ids(newest_first))
        oldest_first = self.sdk.all(limit=2, sorting=["created_at"])
        equal("all pages, oldest first", ids(oldest_first), ids(reversed(newest_first)))
        equal("a listed session is the created one", oldest_first[0], first)
        chosen = [self.catalog["custom"]["id"], self.catalog["free"]["id"]]
        equal("by product", ids(self.sdk.all(limit=2, product_id=chosen)), ids([free, custom]))
        self.ok()
        return plain

    def update(self, first):
        self.step = "update"
        change = {"customer_name": "A. Lovelace", "metadata": {"order_ref": "A-1002"}}
        changed = self.sdk.update(first["id"], **change)
        equal("modified_at is set", changed["modified_at"] is not None, True)
        equal("update", changed, {**first, **change, "modified_at": changed["modified_at"]})
        equal("get after update", self.sdk.get(first["id"]), changed)

        full = self.sdk.update(first["id"], discount_id=None)
        has(full, {"discount_id": None, "discount": None, "amount": first["amount"], "total_amount": first["amount"]})
        again = self.sdk.update(first["id"], discount_id=first["discount_id"])
        has(again, {k: first[k] for k in ("discount_id", "discount", "total_amount")})
        self.ok()

    def client(self, first, plain):
        self.step = "client get"
        seen = self.sdk.client_get(first["client_secret"])
        has(seen, {**{k: first[k] for k in ("id", "amount", "total_amount", "product_id")}, "status": "open", "customer_name": "A. Lovelace"})
        has(seen["organization"], {"id": self.catalog["product"]["organization_id"]})
        self.ok()

        self.step = "client update"
        discount = self.catalog["discount"]
        off = discounted(plain["amount"], discount)
        coded = self.sdk.client_update(plain["client_secret"], discount_code=discount["code"].lower(), customer_name=NAME)
        has(coded, {"discount_id": discount["id"], "total_amount": plain["amount"] - off, "customer_name": NAME})
        if self.traits["amounts"]:
            has(coded, {"discount_amount": off})
        self.ok()

    def decline(self, session):
        self.step = "client confirm, declined"
        e = self.raised(self.sdk.client_confirm, session["client_secret"], confirmation_token_id="ctoken_declined", **BUYER)
        has(e, {"class": self.traits["declined"], "error": "PaymentError"})
        matches("detail", e["detail"], r"The payment failed: .*Please try again with a different payment method\.")
        has(self.sdk.get(session["id"]), {"status": "open"})
        self.ok()

    def pay(self, first):
        self.step = "client confirm"
        confirmed = self.sdk.client_confirm(first["client_secret"], confirmation_token_id="ctoken_1", **BUYER)
        has(confirmed, {"id": first["id"], "status": "confirmed", "tax_amount": 0, "total_amount": first["total_amount"], "customer_name": NAME, "customer_email": EMAIL})
        matches("customer_session_token", confirmed["customer_session_token"], r"polar_cst_.*")
        equal("customer_id is set", confirmed["customer_id"] is not None, True)
        self.ok()

        self.step = "succeeded"
        for _ in range(100):
            paid = self.sdk.get(first["id"])
            if paid["status"] != "confirmed":
                break
        has(paid, {
            "status": "succeeded", "customer_id": confirmed["customer_id"], "amount": first["amount"], "total_amount": first["total_amount"],
            "tax_amount": 0, "metadata": {"order_ref": "A-1002"}, "discount": first["discount"],
        })
        has(paid["customer_billing_address"], {"country": "FR"})
        if self.traits["maps"]:
            has(paid["payment_processor_metadata"], {"intent_status": "succeeded"})
        self.ok()

        self.step = "update after payment"
        e = self.raised(self.sdk.update, first["id"], customer_name="Nobody")
        has(e, self.not_open(first["id"], "succeeded"))
        self.ok()

    def expire(self):
        self.step = "expired by the clock"
        session = self.sdk.create(**self.ask(self.catalog["product"]))
        self.control.post("/clock/advance", {"by": "25h"})
        has(self.sdk.get(session["id"]), {"status": "expired"})
        gone = {"class": self.traits["expired"], "status": 410, "error": "ExpiredCheckoutError", "detail": "This checkout session has expired."}
        if SEED_PROFILE:
            gone = MISSING
        secret = session["client_secret"]
        has(self.raised(self.sdk.client_get, secret), gone)
        has(self.raised(self.sdk.client_update, secret, customer_name="Nobody"), gone)
        has(self.raised(self.sdk.client_confirm, secret, confirmation_token_id="ctoken_2", **BUYER), gone)
        has(self.raised(self.sdk.update, session["id"], customer_name="Nobody"), self.not_open(session["id"], "expired"))
        self.ok()

    def refused(self):
        self.step = "not found"
        has(self.raised(self.sdk.get, UNKNOWN_ID), MISSING)
        has(self.raised(self.sdk.update, UNKNOWN_ID, customer_name="Nobody"), MISSING)
        has(self.raised(self.sdk.client_get, "polar_c_" + "0" * 43), MISSING)
        self.ok()

        self.step = "validation"
        product = self.raised(self.sdk.create, **self.ask({"id": UNKNOWN_ID}))
        has(product, {"class": "HTTPValidationError", "status": 422})
        loc = ["body", "products", 0] if self.traits["products"] else ["body", "product_id"]
        has(product["detail"][0], {"type": "value_error", "msg": "Product does not exist.", "loc": loc})
        bad = self.raised(self.sdk.get, "not-a-uuid")
        has(bad, {"class": "HTTPValidationError", "status": 422})
        has(bad["detail"][0], {"type": "uuid_parsing", "loc": ["path", "id"]})
        matches("msg", bad["detail"][0]["msg"], r"Input should be a valid UUID.*")
        self.ok()

    def whole(self):
        """Sells everything in the catalog: each kind of product and discount must suit the SDK's types."""
        self.step = "every product"
        for product in self.catalog["products"]:
            session = self.sdk.create(**self.ask(product))
            has(session, {"product_id": product["id"]})
            equal("custom fields", slugs(session), slugs(product))
            equal("get", self.sdk.get(session["id"]), session)
            has(self.sdk.client_get(session["client_secret"]), {"id": session["id"], "product": session["product"]})
        self.ok()

        self.step = "every discount"
        for discount in self.catalog["discounts"]:
            session = self.sdk.create(**self.ask(self.catalog["monthly"]), discount_id=discount["id"])
            has(session["discount"], {k: discount[k] for k in ("id", "type", "duration", "code")})
            has(session, {"total_amount": session["amount"] - discounted(session["amount"], discount)})
            has(self.sdk.client_get(session["client_secret"]), {"discount": session["discount"]})
        self.ok()

    def custom_fields(self):
        self.step = "custom fields"
        form = self.catalog["form"]
        answers = answers_to(form)
        session = self.sdk.create(**self.ask(form))
        secret = session["client_secret"]
        e = self.raised(self.sdk.client_confirm, secret, confirmation_token_id="ctoken_3", **BUYER)
        has(e, {"class": "HTTPValidationError", "status": 422})
        equal("loc", sorted(d["loc"] for d in e["detail"]), sorted(["body", "custom_field_data", slug] for slug in answers))
        if self.traits["maps"]:
            self.sdk.client_confirm(secret, confirmation_token_id="ctoken_3", custom_field_data=answers, **BUYER)
            has(self.sdk.get(session["id"])["custom_field_data"], answers)
        self.ok()

    def ask(self, product):
        """The part of a create body that names the product."""
        return {"products": [product["id"]]} if self.traits["products"] else {"product_id": product["id"]}

    def not_open(self, id, status):
        return {"class": self.traits["not_open"], "status": 403, "error": "NotOpenCheckout", "detail": f"Checkout {id} is not open: {status}"}

    def raised(self, call, *args, **kwargs):
        """The error of a call as class, status, error and detail; any other exception goes up."""
        try:
            value = call(*args, **kwargs)
        except Exception as e:
            described = self.sdk.describe(e)
            if described is None:
                raise
            return described
        raise AssertionError(f"no error; got {value}")

    def ok(self):
        print("ok", self.step, flush=True)


def equal(what, got, want):
    if got != want:
        raise AssertionError(f"{what} = {got!r}; want {want!r}")


def has(got, want):
    """Asserts each wanted field of got, naming the first that differs."""
    for field, value in want.items():
        equal(field, got[field], value)


def matches(what, got, pattern):
    if not re.fullmatch(pattern, got):
        raise AssertionError(f"{what} = {got!r}; want {pattern}")


def ids(sessions):
    return [s["id"] for s in sessions]


def slugs(session):
    return [f["custom_field"]["slug"] for f in session["attached_custom_fields"]]


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


if __name__ == "__main__":
    walk = Walk(sys.argv[1])
    try:
        walk.run()
    except Exception as e:
        traceback.print_exc()
        print(f"not ok {walk.step}: {e}", file=sys.stderr)
        sys.exit(1)
