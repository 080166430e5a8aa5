// A stand-in for @biaspay/sdk 1.0.1, which is not published. @biaspay/elements imports it, so without
// one nothing of that package runs. It has the calls that the elements make, as they make them, over
// the paths that localcheckout serves; it is this project's and proves nothing about the vendor's.

export class Bias {
  #key
  #base

  constructor({ apiKey, baseURL }) {
    this.#key = apiKey
    this.#base = baseURL.replace(/\/+$/, '')
    this.checkoutSessions = {
      get: (id, _query, options) => this.#call('GET', `/v1/checkout_sessions/${id}`, undefined, options),
      update: (id, params, options) => this.#call('PATCH', `/v1/checkout_sessions/${id}`, params, options),
    }
    this.payments = { create: (params, options) => this.#call('POST', '/v1/payments', params, options) }
    this.checkout = { address: { autocomplete: async () => [] } }
  }

  // Errors are answered, not thrown, as the documentation says; the elements look at `object`. They also
  // look at the HTTP status of an error, which is put beside its type.
  async #call(method, path, params, { signal } = {}) {
    const headers = { Authorization: `Bearer ${this.#key}`, 'idempotency-key': crypto.randomUUID() }
    if (params) headers['Content-Type'] = 'application/json'
    const res = await fetch(this.#base + path, { method, headers, body: params && JSON.stringify(params), signal })
    const result = await res.json()
    if (result.object === 'error') result.error.status = res.status
    return result
  }
}
