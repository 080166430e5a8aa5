"""The control side of a walk: the sandbox's own calls, and what the walk needs of the catalog."""

import json
import urllib.error
import urllib.request


class Control:
    """Calls /_control of one sandbox."""

    def __init__(self, base, sandbox):
        self.base = base
        self.headers = {"Content-Type": "application/json", "X-Sandbox": sandbox}

    def get(self, path):
        return self._call("GET", path)

    def post(self, path, body=None):
        return self._call("POST", path, None if body is None else json.dumps(body).encode())

    def _call(self, method, path, body=None):
        url = f"{self.base}/_control{path}"
        request = urllib.request.Request(url, data=body, headers=self.headers, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                text = answer.read()
        except urllib.error.HTTPError as e:
            raise AssertionError(f"{method} {url} = {e.code} {e.read()!r}") from e
        return json.loads(text) if text else None


def pick_catalog(polar):
    """Finds, by what they are and not by id, the products and the discounts of a walk."""
    products = [p for p in polar["products"] if not p["is_archived"] and p["visibility"] != "draft"]
    discounts = [d for d in polar["discounts"] if usable(d)]

    def find(what, rows, test):
        for row in rows:
            if test(row):
                return row
        raise AssertionError(f"the catalog has no {what}")

    def fixed(p):
        price = p["prices"][0]
        return price["amount_type"] == "fixed" and price["price_amount"] > 0 and not p["attached_custom_fields"]

    return {
        "products": products,
        "discounts": discounts,
        "product": find("one-time product", products, lambda p: not p["is_recurring"] and fixed(p)),
        "monthly": find("monthly product", products, lambda p: p["recurring_interval"] == "month" and fixed(p)),
        "custom": find("pay-what-you-want product", products, lambda p: p["prices"][0]["amount_type"] == "custom"),
        "free": find("free product", products, lambda p: not p["is_recurring"] and p["prices"][0].get("price_amount") == 0),
        "form": find("product with required custom fields", products, lambda p: any(f["required"] for f in p["attached_custom_fields"])),
        "discount": find("percentage discount with a code", discounts, lambda d: (
            d["type"] == "percentage" and d["code"] and d["duration"] == "once" and d["basis_points"] < 10000
        )),
    }


def usable(d):
    """Whether anyone may use a discount on any product at any time."""
    return not (d["products"] or d["starts_at"] or d["ends_at"] or d["redemptions_count"] == d["max_redemptions"])


def answers_to(product):
    """Fills in the required custom fields of a product."""
    answer = {
        "text": lambda properties: "Analytical Engines",
        "number": lambda properties: properties.get("ge") or 1,
        "checkbox": lambda properties: True,
        "select": lambda properties: properties["options"][0]["value"],
    }
    required = [f["custom_field"] for f in product["attached_custom_fields"] if f["required"]]
    return {field["slug"]: answer[field["type"]](field["properties"]) for field in required}


def discounted(amount, discount):
    """What a discount takes off an amount, in minor units; half of one rounds up."""
    if discount["type"] == "fixed":
        return min(discount["amount"], amount)
    return (amount * discount["basis_points"] + 5000) // 10000
