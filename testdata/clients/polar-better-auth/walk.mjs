// Runs an application made of npm better-auth and @polar-sh/better-auth, unmodified, against a running localcheckout:
// whoever signs up becomes a customer of Polar, buys through the plugin's checkout, and the plugin's webhook endpoint
// hears of the order.
//
//   LOCALCHECKOUT_URL=http://127.0.0.1:4747 node walk.mjs
//
// Every step prints "ok <step>"; the first that fails prints why and ends the process with 1.

import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import http from 'node:http'

globalThis.crypto ??= webcrypto // before Node 20 it is not there by itself
const { checkout, polar: polarPlugin, portal, webhooks } = await import('@polar-sh/better-auth')
const { Polar } = await import('@polar-sh/sdk')
const { betterAuth } = await import('better-auth')
const { memoryAdapter } = await import('better-auth/adapters/memory')
const { toNodeHandler } = await import('better-auth/node')

const base = process.env.LOCALCHECKOUT_URL
assert.ok(base, 'LOCALCHECKOUT_URL is not set')
const sandbox = 'polar-better-auth'
const client = new Polar({ serverURL: `${base}/polar`, accessToken: `polar_oat_sandbox_${sandbox}` })

let step = 'start'
const ok = () => console.log(`ok ${step}`)

async function control(method, path, body) {
  const answer = await fetch(`${base}/_control${path}`, {
    method, headers: { 'x-sandbox': sandbox, 'content-type': 'application/json' }, body: body && JSON.stringify(body),
  })
  const text = await answer.text()
  assert.ok(answer.ok, `${method} ${path} = ${answer.status} ${text}`)
  return text ? JSON.parse(text) : undefined
}

// settled returns when every webhook that is to be sent by now has been answered.
const settled = () => control('POST', '/clock/advance', { by: '0s' })

async function walk() {
  await control('POST', '/reset')
  await contract()
  const app = http.createServer()
  await new Promise((done) => app.listen(0, '127.0.0.1', done))
  try {
    await shop(app, `http://127.0.0.1:${app.address().port}`)
  } finally {
    app.close()
    app.closeAllConnections()
  }
}

// contract is the checkout case of the plugin's own contract test: a free product is bought without means of payment,
// and the subscription that comes of it is found by its customer.
async function contract() {
  step = 'contract: a free checkout makes a subscription'
  const product = await client.products.create({
    name: 'Free membership', recurringInterval: 'month', prices: [{ amountType: 'fixed', priceAmount: 0, priceCurrency: 'usd' }],
  })
  const customer = await client.customers.create({ email: 'contract@example.com', name: 'Contract', externalId: 'usr_contract' })
  const session = await client.checkouts.create({ products: [product.id], externalCustomerId: 'usr_contract' })
  assert.equal(session.status, 'open')
  const confirmed = await client.checkouts.clientConfirm({ clientSecret: session.clientSecret, checkoutConfirmStripe: {} })
  assert.equal(confirmed.status, 'confirmed')
  const { result } = await client.subscriptions.list({ customerId: customer.id })
  assert.equal(result.items.length, 1)
  assert.equal(result.items[0].status, 'active')
  assert.equal(result.items[0].productId, product.id)
  assert.equal(result.items[0].checkoutId, session.id)
  ok()
}

// shop is the application: sign-up, checkout, payment, webhooks.
async function shop(app, url) {
  const { polar } = (await control('GET', '/info')).providers.reduce((all, p) => ({ ...all, [p.name]: p }), {})
  const product = await client.products.create({
    name: 'Levain Club', recurringInterval: 'month', prices: [{ amountType: 'fixed', priceAmount: 1500, priceCurrency: 'usd' }],
  })
  const heard = []
  const hear = (name) => async (payload) => void heard.push([name, payload])
  const auth = betterAuth({
    baseURL: url, secret: 'a-secret-of-thirty-two-characters-or-more', emailAndPassword: { enabled: true }, telemetry: { enabled: false },
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    plugins: [polarPlugin({
      client, createCustomerOnSignUp: true,
      use: [
        checkout({ products: [{ productId: product.id, slug: 'club' }], successUrl: '/done?checkout_id={CHECKOUT_ID}', authenticatedUsersOnly: true }),
        portal(),
        webhooks({
          secret: polar.webhook_secret, onPayload: async (payload) => void heard.push(['any', payload]),
          onOrderCreated: hear('order.created'), onOrderPaid: hear('order.paid'), onOrderRefunded: hear('order.refunded'),
          onSubscriptionActive: hear('subscription.active'), onCustomerStateChanged: hear('customer.state_changed'),
        }),
      ],
    })],
  })
  app.on('request', toNodeHandler(auth.handler))
  await control('POST', '/webhooks/endpoints', { provider: 'polar', url: `${url}/api/auth/polar/webhooks` })
  const of = (name) => heard.filter(([n]) => n === name).map(([, payload]) => payload)

  step = 'sign-up makes a customer'
  const signUp = await call(`${url}/api/auth/sign-up/email`, { email: 'ada@example.com', password: 'a-long-password', name: 'Ada Lovelace' })
  const { user } = await signUp.json()
  const cookie = signUp.headers.get('set-cookie').split(/,(?=\s*[^;,=\s]+=)/).map((c) => c.split(';')[0].trim()).join('; ') // Node 18 has no getSetCookie
  const customer = await client.customers.getExternal({ externalId: user.id })
  assert.equal(customer.email, 'ada@example.com')
  assert.equal(customer.name, 'Ada Lovelace')
  ok()

  step = 'checkout answers with the URL of a session'
  const { url: page } = await (await call(`${url}/api/auth/checkout`, { slug: 'club', referenceId: 'A-1001' }, { cookie })).json()
  assert.ok(page.startsWith(base), page)
  assert.equal((await fetch(page)).status, 200, page)
  const secret = new URL(page).pathname.split('/').pop()
  const session = await client.checkouts.clientGet({ clientSecret: secret })
  assert.equal(session.customerId, customer.id)
  assert.equal(session.totalAmount, 1500)
  ok()

  step = 'paid: the webhooks reach the plugin'
  await client.checkouts.clientConfirm({
    clientSecret: secret, checkoutConfirmStripe: { confirmationTokenId: 'ctoken_1', customerBillingAddress: { country: 'FR' } },
  })
  await settled()
  const [paid] = of('order.paid')
  assert.equal(paid.data.customer.externalId, user.id)
  assert.equal(paid.data.checkoutId, session.id)
  assert.equal(paid.data.totalAmount, 1500)
  assert.equal(paid.data.metadata.referenceId, 'A-1001')
  assert.equal(of('order.created').length, 1)
  assert.equal(of('subscription.active')[0].data.id, paid.data.subscriptionId)
  assert.deepEqual(of('customer.state_changed').at(-1).data.activeSubscriptions.map((s) => s.id), [paid.data.subscriptionId])
  await delivered()
  ok()

  step = 'refunded: the plugin hears of it'
  await client.refunds.create({ orderId: paid.data.id, amount: 1500, reason: 'customer_request' })
  await settled()
  assert.equal(of('order.refunded')[0].data.status, 'refunded')
  await delivered()
  ok()

  step = 'portal'
  const { url: portalURL } = await (await call(`${url}/api/auth/customer/portal`, {}, { cookie })).json()
  assert.match(portalURL, /customer_session_token=polar_cst_/)
  ok()
}

// delivered: the plugin has verified and taken every webhook so far.
async function delivered() {
  const { deliveries } = await control('GET', '/webhooks/deliveries?limit=100')
  assert.ok(deliveries.length > 0)
  assert.deepEqual(deliveries.filter((d) => d.state !== 'delivered').map((d) => [d.event.type, d.state, d.attempts?.at(-1)?.response?.body]), [])
}

async function call(url, body, headers) {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', origin: new URL(url).origin, ...headers }, body: JSON.stringify(body) })
  if (!answer.ok) assert.fail(`${url} = ${answer.status} ${await answer.text()}`)
  return answer
}

try {
  await walk()
} catch (e) {
  console.error(`FAILED ${step}:`, e, e?.cause ? JSON.stringify(e.cause.issues ?? e.cause, null, 1).slice(0, 4000) : '')
  process.exit(1)
}
