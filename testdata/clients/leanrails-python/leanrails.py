"""A client of LeanRails written from its documentation alone: HTTP Basic with the secret key and an
empty password, JSON bodies, an Idempotency-Key on every POST. It needs the standard library only."""

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
import uuid


class LeanRailsError(Exception):
    """What the service answers to a request that it does not take."""

    def __init__(self, status, headers, error):
        super().__init__(error["message"])
        self.status, self.headers = status, headers
        self.type, self.code, self.message = error["type"], error["code"], error["message"]
        self.param, self.doc_url = error["param"], error["doc_url"]
        self.decline_code = error.get("decline_code")


class CardError(LeanRailsError):
    """A payment was declined."""


class AuthenticationError(LeanRailsError):
    """The key is missing or not good."""


class RateLimitError(LeanRailsError):
    """Too many requests."""


class APIError(LeanRailsError):
    """The service failed."""


class InvalidRequestError(LeanRailsError):
    """The request is not valid, or names what does not exist."""


ERRORS = {
    "payment_error": CardError,
    "authentication_error": AuthenticationError,
    "rate_limit_error": RateLimitError,
    "api_error": APIError,
    "invalid_request_error": InvalidRequestError,
}


class Answer(dict):
    """An object of the service, with the headers that it came with."""

    headers = None


class LeanRails:
    """The service. An api_version of None is the account's own."""

    def __init__(self, key, base_url="https://api.leanrails.com", api_version=None):
        self._key, self._base, self._version = key, base_url.rstrip("/"), api_version
        self.checkout_sessions = CheckoutSessions(self)
        self.customers = Resource(self, "/v1/customers")
        self.products = Resource(self, "/v1/products")
        self.prices = Resource(self, "/v1/prices")
        self.payment_intents = PaymentIntents(self, "/v1/payment_intents")
        self.charges = Resource(self, "/v1/charges")
        self.refunds = Resource(self, "/v1/refunds")
        self.checkout_links = Resource(self, "/v1/checkout_links")

    def request(self, method, path, query=None, body=None, idempotency_key=""):
        """An idempotency_key of "" is made up; None sends none."""
        credential = base64.b64encode(f"{self._key}:".encode()).decode()
        headers = {"Authorization": f"Basic {credential}"}
        if self._version is not None:
            headers["X-API-Version"] = self._version
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        if method == "POST" and idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key or str(uuid.uuid4())
        if query:
            path += "?" + urllib.parse.urlencode(query)
        request = urllib.request.Request(self._base + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request) as response:
                answer = Answer(json.load(response))
                answer.headers = response.headers
                return answer
        except urllib.error.HTTPError as failure:
            with failure:
                error = json.load(failure)["error"]
            raise ERRORS[error["type"]](failure.code, failure.headers, error) from None


class CheckoutSessions:
    """The Checkout Sessions of an account."""

    PATH = "/v1/checkout_sessions"

    def __init__(self, service):
        self._service = service

    def _path(self, session_id, rest=""):
        return f"{self.PATH}/{urllib.parse.quote(session_id, safe='')}{rest}"

    def create(self, idempotency_key="", **params):
        return self._service.request("POST", self.PATH, body=params, idempotency_key=idempotency_key)

    def retrieve(self, session_id):
        return self._service.request("GET", self._path(session_id))

    def list(self, **query):
        return self._service.request("GET", self.PATH, query)

    def auto_paging_iter(self, **query):
        """Every session of every page, by next_cursor."""
        page = self.list(**query)
        while True:
            yield from page["data"]
            if page["next_cursor"] is None:
                return
            page = self.list(**query, starting_after=page["next_cursor"])

    def list_line_items(self, session_id, **query):
        return self._service.request("GET", self._path(session_id, "/line_items"), query)

    def expire(self, session_id, idempotency_key=""):
        return self._service.request("POST", self._path(session_id, "/expire"), idempotency_key=idempotency_key)


class Resource:
    """One kind of objects around the sessions."""

    def __init__(self, service, path):
        self._service, self._path = service, path

    def _at(self, object_id, rest=""):
        return f"{self._path}/{urllib.parse.quote(object_id, safe='')}{rest}"

    def create(self, idempotency_key="", **params):
        return self._service.request("POST", self._path, body=params, idempotency_key=idempotency_key)

    def retrieve(self, object_id):
        return self._service.request("GET", self._at(object_id))

    def update(self, object_id, idempotency_key="", **params):
        return self._service.request("POST", self._at(object_id), body=params, idempotency_key=idempotency_key)

    def delete(self, object_id):
        return self._service.request("DELETE", self._at(object_id))

    def list(self, **query):
        return self._service.request("GET", self._path, query)


class PaymentIntents(Resource):
    """The PaymentIntents of an account."""

    def confirm(self, object_id, idempotency_key="", **params):
        return self._service.request("POST", self._at(object_id, "/confirm"), body=params, idempotency_key=idempotency_key)

    def capture(self, object_id, idempotency_key="", **params):
        return self._service.request("POST", self._at(object_id, "/capture"), body=params, idempotency_key=idempotency_key)

    def cancel(self, object_id, idempotency_key="", **params):
        return self._service.request("POST", self._at(object_id, "/cancel"), body=params, idempotency_key=idempotency_key)
