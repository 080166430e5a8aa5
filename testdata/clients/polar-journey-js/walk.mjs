// Walks the whole life of a sale with one version of npm @polar-sh/sdk, unmodified, against a running localcheckout:
// customer, product, checkout, payment, order and subscription read back, renewal by the clock, refund, cancellation.
// Every webhook on the way is verified by the SDK.
//
//   LOCALCHECKOUT_URL=http://127.0.0.1:4747 node walk.mjs 0.49.0 [folder holding node_modules]
//
// Every step prints "ok <step>"; the first that fails prints why and ends the process with 1. The steps speak the
// wire's words (snake_case).

import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { Receiver, Server } from '../polar-webhooks-js/server.mjs'
import { camel, snake } from './words.mjs'

// Each generation of the SDK in the same words. The 0.x clients check every answer.
const versions = {
  '0.49.0': (require, serverURL, accessToken) => {
    const { Polar } = require('@polar-sh/sdk')
    const polar = new Polar({ serverURL, accessToken })
    const one = async (promise) => snake(await promise)
    const all = async (promise) => {
      const items = []
      for await (const page of await promise) items.push(...page.result.items)
      return snake(items)
    }
    return {
      product: (body) => one(polar.products.create(camel(body))),
      customer: (body) => one(polar.customers.create(camel(body))),
      customerByExternal: (externalId) => one(polar.customers.getExternal({ externalId })),
      state: (id) => one(polar.customers.getState({ id })),
      checkout: (body) => one(polar.checkouts.create(camel(body))),
      checkoutByID: (id) => one(polar.checkouts.get({ id })),
      confirm: (clientSecret, body) => one(polar.checkouts.clientConfirm({ clientSecret, checkoutConfirmStripe: camel(body) })),
      orders: (query) => all(polar.orders.list(camel(query))),
      order: (id) => one(polar.orders.get({ id })),
      subscriptions: (query) => all(polar.subscriptions.list(camel(query))),
      subscription: (id) => one(polar.subscriptions.get({ id })),
      change: (id, body) => one(polar.subscriptions.update({ id, subscriptionUpdate: camel(body) })),
      revoke: (id) => one(polar.subscriptions.revoke({ id })),
      refund: (body) => one(polar.refunds.create(camel(body))),
      refunds: (query) => all(polar.refunds.list(camel(query))),
      portal: (body) => one(polar.customerSessions.create(camel(body))),
      validate: require('@polar-sh/sdk/webhooks').validateEvent,
      refused: { statusCode: 403, named: 'RefundedAlready' },
      later: ['subscription.cycled'], // types of a later time, verified and then refused
    }
  },
  '1.0.1': (require, baseUrl, accessToken) => {
    const { createPolar, errors, webhooks } = require('@polar-sh/sdk/2026-10')
    const polar = createPolar({ baseUrl, accessToken })
    const all = async (pages) => {
      const items = []
      for await (const item of pages) items.push(item)
      return items
    }
    return {
      product: polar.products.create,
      customer: polar.customers.create,
      customerByExternal: polar.customers.getExternal,
      state: polar.customers.getState,
      checkout: polar.checkouts.create,
      checkoutByID: polar.checkouts.get,
      confirm: polar.checkouts.clientConfirm,
      orders: (query) => all(polar.orders.iterList(query)),
      order: polar.orders.get,
      subscriptions: (query) => all(polar.subscriptions.iterList(query)),
      subscription: polar.subscriptions.get,
      change: polar.subscriptions.update,
      revoke: polar.subscriptions.revoke,
      refund: polar.refunds.create,
      refunds: (query) => all(polar.refunds.iterList(query)),
      portal: polar.customerSessions.create,
      validate: webhooks.validateEvent,
      refused: { statusCode: 403, named: Object.keys(errors).find((n) => /Refund.*403|RefundedAlready/.test(n)) },
      later: [],
    }
  },
}

let step = 'start'
function ok(what) {
  console.log(`ok ${what}`)
}

async function walk(version, folder) {
  globalThis.crypto ??= webcrypto // before Node 20 it is not there by itself
  const open = versions[version]
  assert.ok(open, `no walk for version ${version}; known: ${Object.keys(versions).join(' ')}`)
  const server = new Server(process.env.LOCALCHECKOUT_URL, `polar-journey-js-${version.replaceAll('.', '-')}`)
  const sdk = open(createRequire(path.join(folder, 'package.json')), `${server.base}/polar`, server.token)
  const receiver = await new Receiver().listen()
  try {
    await server.reset()
    await server.freeze()
    await server.listen(receiver.url)
    const w = { server, receiver, sdk, secret: await server.secret() }
    const sale = await sold(w)
    await renewed(w, sale)
    await refunded(w, sale)
    await canceled(w, sale)
    await readByAll(w, sale)
  } finally {
    receiver.close()
  }
}

// told waits for the webhooks and answers them by type, each verified; want are the types in order.
async function told({ server, receiver, sdk, secret }, want) {
  await server.settle()
  const messages = receiver.take()
  assert.deepEqual(messages.map((m) => m.json.type), want)
  const byType = {}
  for (const m of messages) {
    byType[m.json.type] = m.json.data
    if (sdk.later.includes(m.json.type)) {
      await assert.rejects(async () => sdk.validate(m.raw, m.headers, secret), (e) => e.constructor.name === 'SDKValidationError')
      continue
    }
    const event = await sdk.validate(m.raw, m.headers, secret)
    assert.equal(event.type, m.json.type)
    assert.equal(event.data.id, m.json.data.id)
  }
  return byType
}

// sold: from nothing to a paid subscription, read back as the webhooks told of it.
async function sold(w) {
  const { sdk } = w
  step = 'customer'
  const customer = await sdk.customer({ email: 'ada@example.com', name: 'Ada Lovelace', external_id: 'usr_ada' })
  assert.equal((await sdk.customerByExternal('usr_ada')).id, customer.id)
  step = 'product'
  const product = await sdk.product({
    name: 'Levain Club', recurring_interval: 'month', prices: [{ amount_type: 'fixed', price_amount: 1500, price_currency: 'usd' }],
  })
  await w.server.settle()
  for (const m of w.receiver.take()) await sdk.validate(m.raw, m.headers, w.secret)
  ok('customer and product')

  step = 'checkout'
  const session = await sdk.checkout({ products: [product.id], customer_id: customer.id, metadata: { ref: 'A-1001' }, success_url: 'https://shop.example/done?id={CHECKOUT_ID}' })
  assert.equal(session.customer_email, 'ada@example.com')
  assert.equal(session.total_amount, 1500)
  const page = await fetch(session.url)
  assert.equal(page.status, 200, session.url)
  await told(w, ['checkout.created'])
  ok(step)

  step = 'paid'
  const confirmed = await sdk.confirm(session.client_secret, { confirmation_token_id: 'ctoken_1', customer_billing_address: { country: 'FR' } })
  assert.equal(confirmed.status, 'confirmed')
  assert.match(confirmed.customer_session_token, /^polar_cst_/)
  assert.equal((await sdk.checkoutByID(session.id)).status, 'succeeded')
  const messages = await told(w, [
    'checkout.updated', 'customer.updated', 'customer.state_changed', 'subscription.created', 'subscription.active', 'subscription.updated',
    'order.created', 'order.updated', 'order.paid', 'checkout.updated', 'customer.state_changed',
  ])
  ok(step)

  step = 'read back'
  const [order] = await sdk.orders({ checkout_id: session.id })
  assert.equal(order.id, messages['order.paid'].id)
  assert.equal(order.status, 'paid')
  assert.equal(order.total_amount, 1500)
  assert.equal(order.billing_reason, 'subscription_create')
  assert.deepEqual(order.metadata, { ref: 'A-1001' })
  assert.equal(order.customer_id, customer.id)
  assert.equal(order.product_id, product.id)
  const subscription = await sdk.subscription(order.subscription_id)
  assert.equal(subscription.id, messages['subscription.active'].id)
  assert.equal(subscription.checkout_id, session.id)
  assert.equal(subscription.status, 'active')
  assert.equal(subscription.customer.external_id, 'usr_ada')
  assert.deepEqual((await sdk.subscriptions({ customer_id: [customer.id] })).map((s) => s.id), [subscription.id])
  assert.deepEqual((await sdk.state(customer.id)).active_subscriptions.map((s) => s.id), [subscription.id])
  ok(step)
  return { customer, product, session, order, subscription }
}

// renewed: a month later there is another period and another order.
async function renewed(w, sale) {
  step = 'renewed by the clock'
  await w.server.advance('744h')
  const messages = await told(w, ['subscription.cycled', 'subscription.updated', 'customer.state_changed', 'order.created', 'order.updated', 'order.paid'])
  const now = await w.sdk.subscription(sale.subscription.id)
  assert.equal(String(now.current_period_start), String(sale.subscription.current_period_end))
  assert.equal(messages['order.created'].status, 'pending')
  const orders = await w.sdk.orders({ subscription_id: sale.subscription.id })
  assert.deepEqual(orders.map((o) => o.billing_reason), ['subscription_cycle', 'subscription_create'])
  assert.equal(orders[0].id, messages['order.paid'].id)
  assert.equal(orders[0].total_amount, 1500)
  sale.renewal = orders[0]
  ok(step)
}

// refunded: a part, more than is left, the rest, and once more.
async function refunded(w, { order, renewal }) {
  const { sdk } = w
  step = 'partial refund'
  const part = await sdk.refund({ order_id: renewal.id, amount: 500, reason: 'customer_request' })
  assert.equal(part.status, 'succeeded')
  assert.equal((await sdk.order(renewal.id)).status, 'partially_refunded')
  const messages = await told(w, ['refund.created', 'order.updated', 'order.refunded', 'refund.updated'])
  assert.equal(messages['order.refunded'].refunded_amount, 500)
  ok(step)

  step = 'refunds that are refused'
  await assert.rejects(sdk.refund({ order_id: renewal.id, amount: 1001, reason: 'other' }), (e) => e.statusCode === 422)
  await told(w, [])
  ok(step)

  step = 'full refund'
  await sdk.refund({ order_id: renewal.id, amount: 1000, reason: 'duplicate' })
  const whole = await sdk.order(renewal.id)
  assert.equal(whole.status, 'refunded')
  assert.equal(whole.refunded_amount, 1500)
  assert.deepEqual((await sdk.refunds({ order_id: renewal.id })).map((r) => r.amount), [1000, 500])
  await told(w, ['refund.created', 'order.updated', 'order.refunded', 'refund.updated'])
  await assert.rejects(sdk.refund({ order_id: renewal.id, amount: 1, reason: 'other' }), (e) => {
    assert.equal(e.statusCode, sdk.refused.statusCode)
    assert.equal(e.constructor.name, sdk.refused.named ?? e.constructor.name)
    return true
  })
  assert.equal((await sdk.order(order.id)).status, 'paid')
  ok(step)
}

// canceled: at the end of the period, taken back, and at once.
async function canceled(w, { subscription }) {
  const { sdk } = w
  step = 'canceled at the end of the period'
  const leaving = await sdk.change(subscription.id, { cancel_at_period_end: true, customer_cancellation_reason: 'unused' })
  assert.equal(leaving.cancel_at_period_end, true)
  await told(w, ['subscription.updated', 'subscription.canceled', 'customer.state_changed'])
  ok(step)
  step = 'uncanceled'
  assert.equal((await sdk.change(subscription.id, { cancel_at_period_end: false })).canceled_at, null)
  await told(w, ['subscription.updated', 'subscription.uncanceled', 'customer.state_changed'])
  ok(step)
  step = 'revoked'
  assert.equal((await sdk.revoke(subscription.id)).status, 'canceled')
  await told(w, ['subscription.updated', 'subscription.canceled', 'subscription.revoked', 'customer.state_changed'])
  await w.server.advance('2000h')
  await told(w, [])
  ok(step)
}

// readByAll: what is left, by the customer.
async function readByAll(w, { customer }) {
  step = 'customer session'
  const portal = await w.sdk.portal({ customer_id: customer.id, return_url: 'https://shop.example/account' })
  assert.equal(portal.customer_id, customer.id)
  assert.ok(portal.customer_portal_url.includes(portal.token))
  ok(step)
}

const here = path.dirname(fileURLToPath(import.meta.url))
const [version, folder] = process.argv.slice(2)
try {
  await walk(version, path.resolve(folder ?? path.join(here, version)))
} catch (e) {
  console.error(`FAILED ${step}:`, e, e?.cause ? JSON.stringify(e.cause.issues ?? e.cause, null, 1).slice(0, 4000) : '')
  process.exit(1)
}
