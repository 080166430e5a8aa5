// A client of LeanRails written from its documentation alone: HTTP Basic with the secret key and an
// empty password, JSON bodies, an Idempotency-Key on every POST.

import { randomUUID } from 'node:crypto'

// LeanRailsError is what the service answers to a request that it does not take.
export class LeanRailsError extends Error {
  constructor(status, headers, { type, code, message, param, doc_url, decline_code }) {
    super(message)
    Object.assign(this, { name: 'LeanRailsError', status, headers, type, code, param, docUrl: doc_url, declineCode: decline_code })
  }
}

export class LeanRails {
  #key
  #base
  #version

  constructor(key, { baseUrl = 'https://api.leanrails.com', apiVersion } = {}) {
    this.#key = key
    this.#base = baseUrl.replace(/\/+$/, '')
    this.#version = apiVersion
    this.checkoutSessions = new CheckoutSessions(this)
    for (const [name, path] of Object.entries(resources)) this[name] = new Resource(this, path)
    this.paymentIntents = new PaymentIntents(this, '/v1/payment_intents')
  }

  // request answers the decoded body; its headers are in the symbol property `LeanRails.headers`.
  async request(method, path, { query = {}, body, idempotencyKey = randomUUID() } = {}) {
    const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== undefined)).toString()
    const headers = { Authorization: `Basic ${Buffer.from(`${this.#key}:`).toString('base64')}` }
    if (this.#version) headers['X-API-Version'] = this.#version
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    if (method === 'POST' && idempotencyKey !== null) headers['Idempotency-Key'] = idempotencyKey
    const res = await fetch(this.#base + path + (search && `?${search}`), { method, headers, body: body && JSON.stringify(body) })
    const answer = await res.json()
    if (!res.ok) throw new LeanRailsError(res.status, res.headers, answer.error)
    return Object.defineProperty(answer, LeanRails.headers, { value: res.headers })
  }

  static headers = Symbol('headers')
}

class CheckoutSessions {
  #client
  constructor(client) {
    this.#client = client
  }

  // idempotencyKey: null sends none.
  create(params, { idempotencyKey } = {}) {
    return this.#client.request('POST', '/v1/checkout_sessions', { body: params, idempotencyKey })
  }

  retrieve(id) {
    return this.#client.request('GET', `/v1/checkout_sessions/${encodeURIComponent(id)}`)
  }

  list(query) {
    return this.#client.request('GET', '/v1/checkout_sessions', { query })
  }

  // all walks every page by next_cursor.
  async *all(query = {}) {
    for (let page; !page || page.next_cursor; ) {
      page = await this.list({ ...query, starting_after: page?.next_cursor })
      yield* page.data
    }
  }

  listLineItems(id, query) {
    return this.#client.request('GET', `/v1/checkout_sessions/${encodeURIComponent(id)}/line_items`, { query })
  }

  expire(id, { idempotencyKey } = {}) {
    return this.#client.request('POST', `/v1/checkout_sessions/${encodeURIComponent(id)}/expire`, { idempotencyKey })
  }
}

// What stands around the sessions.
const resources = {
  customers: '/v1/customers',
  products: '/v1/products',
  prices: '/v1/prices',
  charges: '/v1/charges',
  refunds: '/v1/refunds',
  checkoutLinks: '/v1/checkout_links',
}

class Resource {
  constructor(client, path) {
    Object.assign(this, { client, path })
  }

  at(id, rest = '') {
    return `${this.path}/${encodeURIComponent(id)}${rest}`
  }

  create(params, { idempotencyKey } = {}) {
    return this.client.request('POST', this.path, { body: params, idempotencyKey })
  }

  retrieve(id, query) {
    return this.client.request('GET', this.at(id), { query })
  }

  update(id, params, { idempotencyKey } = {}) {
    return this.client.request('POST', this.at(id), { body: params, idempotencyKey })
  }

  del(id) {
    return this.client.request('DELETE', this.at(id))
  }

  list(query) {
    return this.client.request('GET', this.path, { query })
  }
}

class PaymentIntents extends Resource {
  confirm(id, params) {
    return this.client.request('POST', this.at(id, '/confirm'), { body: params })
  }

  capture(id, params) {
    return this.client.request('POST', this.at(id, '/capture'), { body: params })
  }

  cancel(id, params) {
    return this.client.request('POST', this.at(id, '/cancel'), { body: params })
  }
}
