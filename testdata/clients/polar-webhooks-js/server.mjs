// The two sides of a walk: the emulator that sends, and the server that receives.

import assert from 'node:assert/strict'
import http from 'node:http'

// Server speaks to one sandbox, as the merchant, as the buyer and as the test.
export class Server {
  constructor(base, sandbox) {
    assert.ok(base, 'LOCALCHECKOUT_URL is not set')
    this.base = base
    this.sandbox = sandbox
    this.token = `polar_oat_sandbox_${sandbox}`
  }

  reset = () => this.#control('POST', '/reset')
  freeze = () => this.#control('POST', '/clock/freeze')
  resume = () => this.#control('POST', '/clock/resume')
  advance = (by) => this.#control('POST', '/clock/advance', { by })
  settle = () => this.advance('0s')
  listen = (url, more) => this.#control('POST', '/webhooks/endpoints', { provider: 'polar', url, ...more })
  plan = (steps) => this.#control('PUT', '/webhooks/plan', { steps })

  fixtures = () => this.#control('GET', '/fixtures')
  pay = (session) => this.#control('POST', `/sessions/${session.id}/pay`, {})

  secret = async () => (await this.#polar()).webhook_secret

  // emitted are the types of events that the emulator causes.
  emitted = async () => (await this.#polar()).events

  async #polar() {
    const { providers } = await this.#control('GET', '/info')
    return providers.find((p) => p.name === 'polar')
  }

  async products() {
    const { polar } = await this.fixtures()
    const fixed = polar.products.filter((p) => !p.is_archived && p.visibility !== 'draft' && p.prices[0].price_amount > 0 && !p.attached_custom_fields.length)
    return {
      oneTime: fixed.find((p) => !p.is_recurring).id,
      monthly: fixed.find((p) => p.recurring_interval === 'month' && !p.trial_interval).id,
    }
  }

  create = (product) => this.#merchant('POST', '/v1/checkouts/', { product_id: product, customer_email: 'ada@example.com', customer_name: 'Ada', customer_billing_address: { country: 'FR' } }, 201)
  update = (session, body) => this.#merchant('PATCH', `/v1/checkouts/${session.id}`, body)
  get = (session) => this.#merchant('GET', `/v1/checkouts/${session.id}`)
  merchant = (...call) => this.#merchant(...call)
  orders = (session) => this.#merchant('GET', `/v1/orders/?checkout_id=${session.id}`)
  refund = (body) => this.#merchant('POST', '/v1/refunds/', body, 201)
  change = (subscription, body) => this.#merchant('PATCH', `/v1/subscriptions/${subscription.id}`, body)
  revoke = (subscription) => this.#merchant('DELETE', `/v1/subscriptions/${subscription.id}`)
  newSecret = (endpoint) => this.#merchant('PATCH', `/v1/webhooks/endpoints/${endpoint.id}/secret`)
  endpoint = (body) => this.#merchant('POST', '/v1/webhooks/endpoints', body, 201)

  // tryCreate returns nothing when the session is refused for what it asks.
  async tryCreate(body) {
    const answer = await this.#merchant('POST', '/v1/checkouts/', body, [201, 422])
    return answer.id && answer
  }

  confirm(session, token, status = 200) {
    return this.#call('POST', `${this.base}/polar/v1/checkouts/client/${session.client_secret}/confirm`, {}, { confirmation_token_id: token }, status)
  }

  #merchant(method, path, body, status = 200) {
    return this.#call(method, `${this.base}/polar${path}`, { authorization: `Bearer ${this.token}` }, body, status)
  }

  #control(method, path, body) {
    return this.#call(method, `${this.base}/_control${path}`, { 'x-sandbox': this.sandbox }, body)
  }

  async #call(method, url, headers, body, status) {
    const answer = await fetch(url, { method, headers: { 'content-type': 'application/json', ...headers }, body: body && JSON.stringify(body) })
    const text = await answer.text()
    assert.ok(status ? [status].flat().includes(answer.status) : answer.ok, `${method} ${url} = ${answer.status} ${text}`)
    return text ? JSON.parse(text) : undefined
  }
}

// Receiver takes webhooks, byte for byte.
export class Receiver {
  status = 202
  #messages = []

  async listen() {
    this.server = http.createServer(async (request, answer) => {
      const parts = []
      for await (const part of request) parts.push(part)
      const raw = Buffer.concat(parts)
      this.#messages.push({ raw, headers: request.headers, json: JSON.parse(raw) })
      answer.writeHead(this.status).end()
    })
    await new Promise((done) => this.server.listen(0, '127.0.0.1', done))
    this.url = `http://127.0.0.1:${this.server.address().port}/hooks`
    return this
  }

  // take returns what has come since the last time.
  take() {
    return this.#messages.splice(0)
  }

  close() {
    this.server.close()
    this.server.closeAllConnections()
  }
}
