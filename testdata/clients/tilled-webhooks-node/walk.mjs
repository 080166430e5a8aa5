// Receives the events that a running localcheckout sends for Tilled, and holds each against the types of the published
// tilled-node package, unmodified: as literals of its interfaces, which the TypeScript compiler checks.
//
//	LOCALCHECKOUT_URL=http://127.0.0.1:4747 node walk.mjs
//
// One line `ok <step>` per step; the first step that fails ends the program with status 1.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  CheckoutSessionsApi, Configuration, CustomersApi, EventsApi, PaymentIntentsApi, PaymentMethodsApi, RefundsApi, WebhookEndpointsApi,
} from 'tilled-node'

const base = (process.env.LOCALCHECKOUT_URL ?? '').replace(/\/+$/, '')
if (!base) {
  console.error('LOCALCHECKOUT_URL is not set; give the address of a running localcheckout, such as http://127.0.0.1:4747')
  process.exit(2)
}

// Types that the emulator causes and this walk cannot, each with its reason. A type that stands neither here nor in
// a message of the walk ends it.
const notCaused = {}

// The interface of a resource, by the beginning of the event's type; the first that fits.
const resources = [
  ['charge.refund.', 'Refund'], ['charge.', 'Charge'], ['payment_intent.', 'PaymentIntent'], ['payment_method.', 'PaymentMethod'],
  ['customer.', 'Customer'], ['platform_fee.', 'PlatformFee'],
]

const sandbox = `tilled-webhooks-node-${process.pid}-${Date.now().toString(36)}`
const configuration = new Configuration({
  apiKey: 'sk_test_walk', basePath: `${base}/tilled`, baseOptions: { headers: { 'X-Sandbox': sandbox } },
})
const [sessions, customers, events, intents, methods, refunds, endpoints] = [
  CheckoutSessionsApi, CustomersApi, EventsApi, PaymentIntentsApi, PaymentMethodsApi, RefundsApi, WebhookEndpointsApi,
].map((Api) => new Api(configuration))

async function control(method, path, body) {
  const res = await fetch(`${base}/_control${path}`, {
    method, headers: { 'X-Sandbox': sandbox, 'Content-Type': 'application/json' }, body: body && JSON.stringify(body),
  })
  const text = await res.text()
  assert.ok(res.ok, `${method} ${path} = ${res.status} ${text}`)
  return text ? JSON.parse(text) : undefined
}

async function step(name, run) {
  try {
    const result = await run()
    console.log(`ok ${name}`)
    return result
  } catch (err) {
    const answer = err?.response ? `\nanswer: ${err.response.status} ${JSON.stringify(err.response.data)}` : ''
    console.error(`FAILED ${name}: ${err?.stack ?? err}${answer}`)
    process.exit(1)
  }
}

const received = []
const receiver = http.createServer(async (request, answer) => {
  const parts = []
  for await (const part of request) parts.push(part)
  received.push(JSON.parse(Buffer.concat(parts)))
  answer.writeHead(204).end()
})
await new Promise((done) => receiver.listen(0, '127.0.0.1', done))

const { tilled } = await control('GET', '/fixtures')
const account = tilled.accounts.find((a) => a.type !== 'partner').id
await step('an endpoint for every event', async () => {
  const params = { url: `http://127.0.0.1:${receiver.address().port}/hooks`, enabled_events: ['*'] }
  const { data } = await endpoints.createWebhookEndpoint({ tilled_account: account, WebhookEndpointCreateParams: params })
  assert.match(data.secret, /^whsec_/)
})

// played makes a session and has the control API do something with it.
async function played(more, ...actions) {
  const CheckoutSessionCreateParams = {
    line_items: [{ price_data: { currency: 'usd', product_data: { name: 'Sourdough' }, unit_amount: 900 }, quantity: 2 }],
    payment_intent_data: { payment_method_types: ['card', 'ach_debit'], metadata: { ledger: 'b' }, platform_fee_amount: 50 },
    ...more,
  }
  const { data } = await sessions.createCheckoutSession({ tilled_account: account, CheckoutSessionCreateParams })
  for (const [action, body] of actions) await control('POST', `/sessions/${data.id}/${action}`, body ?? {})
  return data
}

await step('sessions in all of their lives', async () => {
  const customer = tilled.customers.find((c) => c.account_id === account).id
  await played({}, ['pay'])
  await played({ customer_id: customer }, ['pay'])
  await played({ customer_email: 'grace@example.com' }, ['decline', { code: 'insufficient_funds' }], ['pay'])
  await played({}, ['decline'], ['expire'])
  await played({}, ['confirm'], ['settle'])
  await played({ customer_id: customer }, ['confirm'], ['fail'])
  await played({ expires_at: new Date(Date.now() + 3_600_000).toISOString() })
  await control('POST', '/clock/advance', { by: '2h' })
})
await step('payments without a session, customers and what they pay with', async () => {
  const tilled_account = account
  const year = new Date().getFullYear() + 9
  const card = { type: 'card', card: { number: '4111111111111111', exp_month: 12, exp_year: year, cvc: '123' }, billing_details: { name: 'Grace', address: { street: '1 Main St', zip: '80301' } } }
  const bank = { type: 'ach_debit', ach_debit: { account_holder_name: 'Grace', account_number: '000123456789', account_type: 'checking', routing_number: '011000138' } }
  const make = async (PaymentMethodCreateParams) => (await methods.createPaymentMethod({ tilled_account, PaymentMethodCreateParams })).data.id
  const pay = async (params, more) => (await intents.createPaymentIntent({ tilled_account, PaymentIntentCreateParams: {
    amount: 900, currency: 'usd', payment_method_types: [params.type], payment_method_id: await make(params), confirm: true, ...more,
  } })).data.id
  const refund = (payment_intent_id, amount, refund_platform_fee) => refunds.createRefund({
    tilled_account, RefundCreateParams: { payment_intent_id, amount, refund_platform_fee },
  })
  const { id: customer } = (await customers.createCustomer({ tilled_account, CustomerCreateParams: { email: 'grace@example.com' } })).data
  await customers.updateCustomer({ tilled_account, id: customer, CustomerUpdateParams: { first_name: 'Grace', metadata: { a: 'b' } } })
  const id = await make(card)
  await methods.attachPaymentMethodToCustomer({ tilled_account, id, PaymentMethodAttachParams: { customer_id: customer } })
  await methods.updatePaymentMethod({ tilled_account, id, PaymentMethodUpdateParams: { nick_name: 'mine' } })
  await pay(card, { payment_method_id: id })
  await methods.detachPaymentMethodFromCustomer({ tilled_account, id })
  await customers.deleteCustomer({ tilled_account, id: customer })
  await pay(card, { amount: 777703 })
  const shared = await pay(card, { platform_fee_amount: 90 })
  await refund(shared, 300, true)
  await refund(shared)
  const manual = { capture_method: 'manual' }
  await intents.capturePaymentIntent({ tilled_account, id: await pay(card, manual), PaymentIntentCaptureParams: { amount_to_capture: 500 } })
  await intents.cancelPaymentIntent({ tilled_account, id: await pay(card, manual), PaymentIntentCancelParams: { cancellation_reason: 'abandoned' } })
  await pay(card, manual)
  const debit = await pay(bank)
  await control('POST', '/clock/advance', { by: '72h' })
  await refund(debit)
  await control('POST', '/clock/advance', { by: '168h' })
})
await step('each event is read as it was sent', async () => {
  for (const event of received) {
    const { data } = await events.getEvent({ tilled_account: account, id: event.id })
    assert.deepEqual(data, event)
  }
})
await step('every type', async () => {
  const { providers } = await control('GET', '/info')
  const types = providers.find((p) => p.name === 'tilled').events
  const seen = new Set(received.map((event) => event.type))
  assert.ok(types.length >= 20, types)
  assert.deepEqual(types.filter((type) => !seen.has(type) && !(type in notCaused)), [], 'types that the emulator causes and this walk has not seen')
  assert.deepEqual([...seen].filter((type) => !types.includes(type) || type in notCaused), [], 'types that the emulator does not tell of, or that are said not to come')
})
await step('each event has the types of the package', () => {
  const lines = [`import type { Event, ${resources.map(([, name]) => name).join(', ')} } from 'tilled-node'`]
  received.forEach((event, n) => {
    const [, resource] = resources.find(([begin]) => event.type.startsWith(begin)) ?? []
    assert.ok(resource, `no interface is known for ${event.type}`)
    lines.push(`export const e${n}: Omit<Event, 'data'> & { data: ${resource} } = ${JSON.stringify(event, null, 1)}`)
  })
  compile(lines.join('\n'), undefined)
  // The compiler does look: a member that is missing, one too many, a word that is none of the listed.
  const payment = received.find((event) => event.type === 'payment_intent.succeeded')
  for (const [change, complaint] of [
    [{ amount: undefined }, /amount.* is missing/], [{ livemode: false }, /livemode.* does not exist/],
    [{ status: 'paid' }, /"paid"' is not assignable/],
  ]) {
    const { amount, ...rest } = payment.data
    const data = { ...('amount' in change ? rest : payment.data), ...change }
    compile(`import type { PaymentIntent } from 'tilled-node'\nexport const p: PaymentIntent = ${JSON.stringify(data)}`, complaint)
  }
})
receiver.close()
receiver.closeAllConnections()

// compile checks a program's types. What is absent is null at Tilled, which the package's types do not say: null
// counts as every type.
function compile(program, complaint) {
  const here = path.dirname(fileURLToPath(import.meta.url))
  const dir = mkdtempSync(path.join(here, 'types-')) // where the package is found
  try {
    writeFileSync(path.join(dir, 'events.ts'), program)
    const options = ['--noEmit', '--strict', '--strictNullChecks', 'false', '--skipLibCheck', '--target', 'es2022', '--module', 'nodenext']
    const { status, stdout } = spawnSync(process.execPath, [path.join(here, 'node_modules/typescript/bin/tsc'), ...options, path.join(dir, 'events.ts')], { encoding: 'utf-8' })
    if (complaint) assert.match(stdout, complaint)
    else assert.equal(status, 0, stdout)
  } finally {
    rmSync(dir, { recursive: true })
  }
}
