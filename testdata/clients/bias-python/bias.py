"""A client of Bias written from its documentation alone, with the names of the documented SDK: calls
return the object or, instead of raising, an object with the name "error"."""

import json
import urllib.error
import urllib.parse
import urllib.request
import uuid


class Result(dict):
    """A decoded answer; status is the HTTP status."""

    status = 0


class Bias:
    def __init__(self, api_key, base_url="https://api.biaspay.com"):
        self._key = api_key
        self._base = base_url.rstrip("/")
        self.checkout = Checkout(self)
        for name in ("customers", "products", "prices", "payments", "refunds"):
            setattr(self, name, Resource(self, f"/v1/{name}"))

    def request(self, method, path, query=None, body=None, idempotency_key=None):
        headers = {"idempotency-key": idempotency_key or str(uuid.uuid4())}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        # Structured parameters are sent as JSON text.
        pairs = {k: json.dumps(v) if isinstance(v, dict) else v for k, v in (query or {}).items()}
        url = self._base + path + ("?" + urllib.parse.urlencode(pairs) if pairs else "")
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method)) as response:
                status, text = response.status, response.read()
        except urllib.error.HTTPError as refusal:
            status, text = refusal.code, refusal.read()
        result = Result(json.loads(text))
        result.status = status
        return result


class Checkout:
    def __init__(self, client):
        self.sessions = CheckoutSessions(client)


class CheckoutSessions:
    def __init__(self, client):
        self._client = client

    def create(self, params, **options):
        return self._client.request("POST", "/v1/checkout_sessions", body=params, **options)

    def get(self, id, **query):
        return self._client.request("GET", self._path(id), query)

    def list(self, **query):
        return self._client.request("GET", "/v1/checkout_sessions", query)

    def update(self, id, params, **options):
        return self._client.request("PATCH", self._path(id), body=params, **options)

    def expire(self, id, **options):
        return self._client.request("POST", self._path(id) + "/expire", **options)

    @staticmethod
    def _path(id):
        return "/v1/checkout_sessions/" + urllib.parse.quote(id, safe="")


class Resource:
    def __init__(self, client, path):
        self._client = client
        self._path = path

    def create(self, params, **options):
        return self._client.request("POST", self._path, body=params, **options)

    def get(self, id, **query):
        return self._client.request("GET", f"{self._path}/{urllib.parse.quote(id, safe='')}", query)

    def list(self, **query):
        return self._client.request("GET", self._path, query)
