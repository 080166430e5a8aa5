// The two sides of a walk: the emulator that sends, and the server that receives.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import http from 'node:http'

// Emulator is one sandbox, as the test sees it.
class Emulator {
  constructor(base, sandbox) {
    this.base = base
    this.sandbox = sandbox
    this.key = `sk_test_sandbox_${sandbox}`
  }

  control = (method, path, body) => this.call(method, `/_control${path}`, { 'X-Sandbox': this.sandbox }, body)
  settle = (by = '0s') => this.control('POST', '/clock/advance', { by })
  plan = (steps) => this.control('PUT', '/webhooks/plan', { steps })
  act = (session, action, body = {}) => this.control('POST', `/sessions/${session.id}/${action}`, body)
  deliveries = async () => (await this.control('GET', '/webhooks/deliveries')).deliveries

  async call(method, path, headers, body) {
    const options = { method, headers: { 'Content-Type': 'application/json', ...headers } }
    if (body !== undefined) options.body = JSON.stringify(body)
    const answer = await fetch(this.base + path, options)
    const text = await answer.text()
    assert.ok(answer.ok, `${method} ${path} = ${answer.status} ${text}`)
    return text ? JSON.parse(text) : undefined
  }
}

// Tilled is a merchant of Tilled. Each new session is an event.
export class Tilled extends Emulator {
  async begin() {
    await this.control('POST', '/reset')
    const { tilled } = await this.control('GET', '/fixtures')
    this.account = tilled.accounts.find((a) => a.type !== 'partner').id
  }

  #api = (method, path, body) => this.call(method, `/tilled/v1${path}`, { 'tilled-account': this.account, 'tilled-api-key': this.key }, body)
  listen = (url, events = ['*']) => this.#api('POST', '/webhook-endpoints', { url, enabled_events: events })
  endpoint = (id) => this.#api('GET', `/webhook-endpoints/${id}`)
  event = (id) => this.#api('GET', `/events/${id}`)
  session = () =>
    this.#api('POST', '/checkout-sessions', {
      line_items: [{ price_data: { currency: 'usd', product_data: { name: 'Crème brûlée 🍮' }, unit_amount: 900 }, quantity: 1 }],
      payment_intent_data: { payment_method_types: ['card'] },
    })
  cause = async () => (await this.session()).payment_intent_id
}

// LeanRails is a merchant of LeanRails. Each session that expires is an event.
export class LeanRails extends Emulator {
  async begin() {
    await this.control('POST', '/reset')
    const { leanrails } = await this.control('GET', '/fixtures')
    this.price = leanrails.prices.find((p) => p.active && p.type === 'one_time' && p.unit_amount > 0).id
  }

  #api(method, path, body) {
    const headers = { Authorization: `Basic ${Buffer.from(`${this.key}:`).toString('base64')}` }
    if (method === 'POST') headers['Idempotency-Key'] = randomUUID()
    return this.call(method, `/leanrails/v1${path}`, headers, body)
  }
  listen = (url, events = ['*']) => this.#api('POST', '/webhook_endpoints', { url, enabled_events: events })
  endpoint = (id) => this.#api('GET', `/webhook_endpoints/${id}`)
  rotate = (id) => this.#api('POST', `/webhook_endpoints/${id}/rotate_secret`)
  get = (session) => this.#api('GET', `/checkout_sessions/${session.id}`)
  session = () =>
    this.#api('POST', '/checkout_sessions', {
      mode: 'payment', line_items: [{ price: this.price, quantity: 1 }], success_url: 'https://example.com/', metadata: { note: 'Crème brûlée 🍮' },
    })
  async cause() {
    const session = await this.session()
    await this.act(session, 'expire')
    return session.id
  }
}

// Receiver takes webhooks, byte for byte.
export class Receiver {
  answers = [] // statuses of the next answers; then 204
  hold = undefined // awaited with each message before it is answered
  #messages = []

  async listen() {
    this.server = http.createServer(async (request, answer) => {
      const parts = []
      for await (const part of request) parts.push(part)
      const message = { raw: Buffer.concat(parts), headers: request.headers, method: request.method, path: request.url }
      this.#messages.push(message)
      await this.hold?.(message)
      answer.writeHead(this.answers.shift() ?? 204, { Location: `${this.url}/elsewhere` }).end()
    })
    await new Promise((done) => this.server.listen(0, '127.0.0.1', done))
    this.url = `http://127.0.0.1:${this.server.address().port}/hooks`
    return this
  }

  // take returns what has come since the last time.
  take = () => this.#messages.splice(0)

  close() {
    this.server.close()
    this.server.closeAllConnections()
  }
}
