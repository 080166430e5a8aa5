// The resources around a session with the published tilled-node package, unmodified: a customer pays a session, the
// payment intent and its charge are read back and refunded, with every webhook verified by the documented recipe;
// then payments without a session. Run by walk.mjs, which says how.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import http from 'node:http'
import {
  ChargesApi, CheckoutSessionsApi, Configuration, CustomersApi, HealthApi, PaymentIntentsApi, PaymentMethodsApi, RefundsApi, WebhookEndpointsApi,
} from 'tilled-node'

// journey gets walk.mjs's own helpers.
export async function journey({ base, step, refused }) {
  const sandbox = `tilled-node-journey-${process.pid}-${Date.now().toString(36)}`
  const configuration = new Configuration({
    apiKey: 'sk_test_walk', basePath: `${base}/tilled`, baseOptions: { headers: { 'X-Sandbox': sandbox } },
  })
  const [charges, sessions, customers, health, intents, methods, refunds, endpoints] = [
    ChargesApi, CheckoutSessionsApi, CustomersApi, HealthApi, PaymentIntentsApi, PaymentMethodsApi, RefundsApi, WebhookEndpointsApi,
  ].map((Api) => new Api(configuration))

  async function control(method, path, body) {
    const res = await fetch(`${base}/_control${path}`, {
      method, headers: { 'X-Sandbox': sandbox, 'Content-Type': 'application/json' }, body: body && JSON.stringify(body),
    })
    const text = await res.text()
    assert.ok(res.ok, `${method} ${path} = ${res.status} ${text}`)
    return text ? JSON.parse(text) : undefined
  }

  const inbox = []
  const receiver = http.createServer(async (request, answer) => {
    const parts = []
    for await (const part of request) parts.push(part)
    inbox.push({ raw: Buffer.concat(parts), signature: request.headers['tilled-signature'] })
    answer.writeHead(204).end()
  })
  await new Promise((done) => receiver.listen(0, '127.0.0.1', done))

  const { tilled } = await control('GET', '/fixtures')
  const tilled_account = tilled.accounts.find((a) => a.type === 'merchant').id
  await control('POST', '/clock/freeze')
  let secret

  // verified takes the webhooks that have arrived: the signature is that of the raw bytes.
  async function verified() {
    await control('POST', '/clock/advance', { by: '0s' })
    return inbox.splice(0).map(({ raw, signature }) => {
      const { t, v1 } = Object.fromEntries(signature.split(',').map((field) => field.split('=')))
      assert.equal(v1, createHmac('sha256', secret).update(`${t}.`).update(raw).digest('hex'))
      assert.ok(Math.abs(Date.now() - Number(t)) < 5 * 60 * 1000, `signed at ${t}`)
      return JSON.parse(raw)
    })
  }
  const types = (events) => events.map((event) => event.type)

  await step('health', async () => assert.equal((await health.getHealth()).data.status, 'pass'))
  await step('an endpoint for every event', async () => {
    const params = { url: `http://127.0.0.1:${receiver.address().port}/hooks`, enabled_events: ['*'] }
    secret = (await endpoints.createWebhookEndpoint({ tilled_account, WebhookEndpointCreateParams: params })).data.secret
  })

  const customer = await step('create a customer', async () => {
    const sent = { email: 'grace@example.com', first_name: 'Grace', last_name: 'Hopper', metadata: { crm: '7' } }
    const { status, data } = await customers.createCustomer({ tilled_account, CustomerCreateParams: sent })
    assert.equal(status, 201)
    assert.deepEqual({ ...data, ...sent }, data)
    assert.deepEqual((await customers.getCustomer({ tilled_account, id: data.id })).data, data)
    assert.deepEqual((await customers.listCustomers({ tilled_account, q: 'hopp' })).data.items, [data])
    const [event] = await verified()
    assert.deepEqual([event.type, event.data], ['customer.created', data])
    return data
  })

  const session = await step('create a session for the customer', async () => {
    const { data } = await sessions.createCheckoutSession({ tilled_account, CheckoutSessionCreateParams: {
      customer_id: customer.id,
      line_items: [{ price_data: { currency: 'usd', product_data: { name: 'Sourdough' }, unit_amount: 900 }, quantity: 2 }],
      payment_intent_data: { payment_method_types: ['card'], metadata: { ledger: 'b' } },
    } })
    const intent = (await intents.getPaymentIntent({ tilled_account, id: data.payment_intent_id })).data
    assert.equal(intent.status, 'requires_payment_method')
    assert.deepEqual([intent.amount, intent.customer, intent.metadata], [1800, customer, { ledger: 'b' }])
    const [event] = await verified()
    assert.deepEqual([event.type, event.data], ['payment_intent.created', intent])
    return data
  })

  const { intent, charge } = await step('pay it, and read the payment intent and the charge back', async () => {
    await control('POST', `/sessions/${session.id}/pay`, { instrument: '4111111111111111' })
    assert.equal((await sessions.getCheckoutSession({ tilled_account, id: session.id })).data.status, 'complete')
    const intent = (await intents.getPaymentIntent({ tilled_account, id: session.payment_intent_id })).data
    assert.deepEqual([intent.status, intent.amount_received, intent.amount_capturable], ['succeeded', 1800, 0])
    assert.equal(intent.payment_method.card.last4, '1111')
    const [charge] = intent.charges
    assert.deepEqual((await charges.getCharge({ tilled_account, id: charge.id })).data, charge)
    assert.deepEqual([charge.status, charge.amount_captured, charge.payment_intent_id], ['succeeded', 1800, intent.id])
    assert.deepEqual((await intents.listPaymentIntents({ tilled_account, customer_id: customer.id, status: ['succeeded', 'canceled'] })).data.items, [intent])
    const events = await verified()
    assert.deepEqual(types(events), ['charge.succeeded', 'payment_intent.succeeded'])
    assert.deepEqual(events.map((event) => event.data), [charge, intent])
    return { intent, charge }
  })

  const refund = (more) => refunds.createRefund({ tilled_account, RefundCreateParams: { payment_intent_id: intent.id, ...more } })
  const first = await step('refund a part', async () => {
    const { status, data } = await refund({ amount: 500, reason: 'requested_by_customer', metadata: { why: 'stale' } })
    assert.equal(status, 201)
    assert.deepEqual([data.amount, data.status, data.charge_id, data.reason], [500, 'succeeded', charge.id, 'requested_by_customer'])
    assert.deepEqual((await refunds.getRefund({ tilled_account, id: data.id })).data, data)
    const [event] = await verified()
    assert.equal(event.type, 'charge.refunded')
    assert.deepEqual(event.data, { ...charge, amount_refunded: 500, refunds: [data], updated_at: event.data.updated_at })
    return data
  })
  await step('refund more than is left is refused', async () => {
    const { status, data } = await refused(refund({ amount: 1301 }))
    assert.equal(status, 400)
    assert.match(data.message, /1300/)
  })
  await step('refund the rest', async () => {
    const { data } = await refund({})
    assert.equal(data.amount, 1300)
    const after = (await charges.getCharge({ tilled_account, id: charge.id })).data
    assert.deepEqual([after.amount_refunded, after.refunded, after.refunds], [1800, true, [first, data]])
    assert.deepEqual((await refunds.listRefunds({ tilled_account })).data.items, [data, first])
    const [event] = await verified()
    assert.deepEqual([event.type, event.data], ['charge.refunded', after])
  })
  await step('refund again is refused, and says nothing to anybody', async () => {
    for (const more of [{}, { amount: 1 }]) assert.equal((await refused(refund(more))).status, 400)
    assert.deepEqual(await verified(), [])
  })

  const card = { type: 'card', card: { number: '5100400000000000', exp_month: 12, exp_year: new Date().getFullYear() + 9, cvc: '123' } }
  const saved = await step('save a card of the customer', async () => {
    const made = (await methods.createPaymentMethod({ tilled_account, PaymentMethodCreateParams: card })).data
    const params = { tilled_account, id: made.id, PaymentMethodAttachParams: { customer_id: customer.id } }
    const { data } = await methods.attachPaymentMethodToCustomer(params)
    assert.deepEqual([data.customer_id, data.chargeable, data.card.brand], [customer.id, true, 'mastercard'])
    assert.deepEqual((await methods.listPaymentMethods({ tilled_account, type: 'card', customer_id: customer.id })).data.items, [data])
    assert.deepEqual(types(await verified()), ['payment_method.attached'])
    return data
  })
  const pay = async (amount, more = {}) => (await intents.createPaymentIntent({ tilled_account, PaymentIntentCreateParams: {
    amount, currency: 'usd', payment_method_types: ['card'], payment_method_id: saved.id, confirm: true, ...more,
  } })).data

  await step('charge the saved card again and again', async () => {
    for (const amount of [900, 901]) assert.equal((await pay(amount)).status, 'succeeded')
    assert.deepEqual(types(await verified()), Array(2).fill(['payment_intent.created', 'charge.succeeded', 'payment_intent.succeeded']).flat())
  })
  await step('a declined amount', async () => {
    const declined = await pay(777701)
    assert.equal(declined.status, 'requires_payment_method')
    assert.equal(declined.last_payment_error.code, 'insufficient_funds')
    assert.deepEqual(types(await verified()), ['payment_intent.created', 'charge.failed', 'payment_intent.payment_failed'])
    const again = await intents.updatePaymentIntent({ tilled_account, id: declined.id, PaymentIntentUpdateParams: { amount: 700, payment_method_id: saved.id } })
    assert.deepEqual([again.data.status, again.data.last_payment_error], ['requires_confirmation', null])
    const { data } = await intents.confirmPaymentIntent({ tilled_account, id: declined.id, PaymentIntentConfirmParams: {} })
    assert.deepEqual([data.status, data.amount_received, data.charges.length], ['succeeded', 700, 2])
    await verified()
  })
  await step('hold, then capture a part', async () => {
    const held = await pay(1000, { capture_method: 'manual' })
    assert.deepEqual([held.status, held.amount_capturable], ['requires_capture', 1000])
    const params = { tilled_account, id: held.id, PaymentIntentCaptureParams: { amount_to_capture: 600 } }
    const { status, data } = await intents.capturePaymentIntent(params)
    assert.equal(status, 201)
    assert.deepEqual([data.status, data.amount_received, data.charges[0].amount_refunded], ['succeeded', 600, 400])
    assert.equal((await refused(intents.capturePaymentIntent(params))).status, 400)
    await verified()
  })
  await step('cancel', async () => {
    const { id } = await pay(1000, { capture_method: 'manual' })
    const { data } = await intents.cancelPaymentIntent({ tilled_account, id, PaymentIntentCancelParams: { cancellation_reason: 'duplicate' } })
    assert.deepEqual([data.status, data.cancellation_reason, data.amount_received], ['canceled', 'duplicate', 0])
    await verified()
  })
  await step('delete the customer', async () => {
    assert.equal((await customers.deleteCustomer({ tilled_account, id: customer.id })).status, 204)
    assert.equal((await refused(customers.getCustomer({ tilled_account, id: customer.id }))).status, 404)
    assert.equal((await methods.getPaymentMethod({ tilled_account, id: saved.id })).data.chargeable, false)
    assert.equal((await sessions.getCheckoutSession({ tilled_account, id: session.id })).data.customer_id, customer.id)
    assert.deepEqual(types(await verified()), ['payment_method.detached', 'customer.deleted'])
  })
  receiver.close()
  receiver.closeAllConnections()
}
