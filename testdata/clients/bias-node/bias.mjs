// A client of Bias written from its documentation alone, with the names of the documented SDK: calls
// return the object or, instead of throwing, an object with the name "error".

import { randomUUID } from 'node:crypto'

export class Bias {
  #key
  #base

  constructor({ apiKey, baseURL = 'https://api.biaspay.com' }) {
    this.#key = apiKey
    this.#base = baseURL.replace(/\/+$/, '')
    this.checkout = { sessions: new CheckoutSessions(this) }
    for (const name of ['customers', 'products', 'prices', 'payments', 'refunds']) this[name] = new Resource(this, `/v1/${name}`)
  }

  // request answers the decoded body, with the status in the property `Bias.status`.
  async request(method, path, { query = {}, body, idempotencyKey = randomUUID() } = {}) {
    const search = new URLSearchParams(leaves(query)).toString()
    const headers = { 'idempotency-key': idempotencyKey }
    if (this.#key) headers.Authorization = `Bearer ${this.#key}`
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    const res = await fetch(this.#base + path + (search && `?${search}`), { method, headers, body: body && JSON.stringify(body) })
    return Object.defineProperty(await res.json(), Bias.status, { value: res.status })
  }

  static status = Symbol('status')
}

class Resource {
  #client
  #path
  constructor(client, path) {
    this.#client = client
    this.#path = path
  }

  create(params, options) {
    return this.#client.request('POST', this.#path, { body: params, ...options })
  }

  get(id, query) {
    return this.#client.request('GET', `${this.#path}/${encodeURIComponent(id)}`, { query })
  }

  list(query) {
    return this.#client.request('GET', this.#path, { query })
  }
}

class CheckoutSessions {
  #client
  constructor(client) {
    this.#client = client
  }

  create(params, options) {
    return this.#client.request('POST', '/v1/checkout_sessions', { body: params, ...options })
  }

  get(id, query) {
    return this.#client.request('GET', path(id), { query })
  }

  list(query) {
    return this.#client.request('GET', '/v1/checkout_sessions', { query })
  }

  update(id, params, options) {
    return this.#client.request('PATCH', path(id), { body: params, ...options })
  }

  expire(id, options) {
    return this.#client.request('POST', `${path(id)}/expire`, options)
  }
}

const path = (id) => `/v1/checkout_sessions/${encodeURIComponent(id)}`

// leaves writes nested parameters one by one: filters[and][0][mode]=payment.
function leaves(value, name = '') {
  if (value === undefined) return []
  if (value === null) return [[name, '']]
  if (typeof value !== 'object') return [[name, String(value)]]
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, name ? `${name}[${key}]` : key))
}
