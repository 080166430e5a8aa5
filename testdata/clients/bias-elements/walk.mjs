// Drives a running localcheckout (with --bias-profile b3) with the published @biaspay/elements,
// unmodified, in Chromium. README.md says what of it is the vendor's and what stands in.
//
//	LOCALCHECKOUT_URL=http://127.0.0.1:4747 node walk.mjs
//
// One line `ok <step>` per step; the first step that fails ends the program with status 1.

import assert from 'node:assert/strict'
import { Stage } from './stage.mjs'

const base = (process.env.LOCALCHECKOUT_URL ?? '').replace(/\/+$/, '')
if (!base) {
  console.error('LOCALCHECKOUT_URL is not set; give the address of a running localcheckout, such as http://127.0.0.1:4747')
  process.exit(2)
}

const sandbox = 'bias-elements'
const stage = await Stage.open(`${base}/bias`)

async function step(name, run) {
  try {
    const result = await run()
    console.log(`ok ${name}`)
    return result
  } catch (err) {
    console.error(`FAILED ${name}: ${err?.stack ?? err}`)
    await stage.close()
    process.exit(1)
  }
}

// server calls the API as the merchant's server does.
async function server(method, path, body) {
  const headers = { Authorization: `Bearer sk_test_sandbox_${sandbox}`, 'Content-Type': 'application/json' }
  const res = await fetch(`${base}/bias${path}`, { method, headers, body: body && JSON.stringify(body) })
  const result = await res.json()
  assert.equal(res.status, 200, JSON.stringify(result))
  return result
}
const create = (params) => server('POST', '/v1/checkout_sessions', params)
const get = (session) => server('GET', `/v1/checkout_sessions/${session.id}?expand[customer]=true&expand[payments][payment_method]=true`)

// until waits for a condition that the page or the server will come to fulfil.
async function until(what, holds) {
  for (const end = Date.now() + 15_000; Date.now() < end; await new Promise((go) => setTimeout(go, 50))) {
    const value = await holds()
    if (value) return value
  }
  throw new Error(`${what} did not come`)
}

const state = (page) => page.evaluate(() => ({ ...window.controller.getPublicState(), ...window.seen }))
const ready = async (page) => {
  await until('the session', async () => (await state(page)).sessionState.status === 'ready')
  assert.deepEqual(page.failures, [])
  return page
}
const field = (page, kind, text) => page.frameLocator(`iframe[src*="type=${kind}"]`).locator('#field').fill(text)
const submit = (page) => page.locator('button[type=submit]')

// The card form of 0.0.1 requires a postal code and has no field for it unless an address element stands
// beside it; its page gives it by the provider's own call.
async function fillCard(page, number) {
  await field(page, 'cardNumber', number)
  await field(page, 'cardExpiry', '12 / 34')
  await field(page, 'cardCvc', '123')
  await page.evaluate(() => document.querySelector('bias-provider').getField('postalCode').setValue('94107'))
}

const session = await step('a session to pay', () => create({ amount: 5000, payment_method_types: ['card', 'us_bank_account'] }))

const page = await step('the published elements load it with its client secret, from another origin', async () => {
  const page = await ready(await stage.visit(session.client_secret))
  const { sessionState, paymentMethod } = await state(page)
  assert.equal(sessionState.session.id, session.id)
  assert.equal(paymentMethod, 'card')
  return page
})

await step('what the customer types is saved by itself', async () => {
  await page.locator('input[type=email]').fill('ada@example.com')
  await until('the e-mail address', async () => (await get(session)).customer_details.email === 'ada@example.com')
})

await step('the secure fields hand over what they hold', async () => {
  await fillCard(page, 'decline_insufficient_funds')
  await until('a form that can be sent', async () => (await state(page)).canSubmit)
  await until('the amount on the button', async () => /\$50\.00/.test(await submit(page).innerText()))
})

await step('a payment is declined', async () => {
  await submit(page).click()
  const { errors } = await until('the error', async () => ((s) => s.status === 'failed' && s)(await state(page)))
  assert.deepEqual(errors, ['payment_failed'])
  const { status, payments } = await get(session)
  assert.equal(status, 'open')
  assert.deepEqual(payments.map((p) => p.payment_error.decline_code), ['insufficient_funds'])
})

await step('a payment succeeds', async () => {
  await field(page, 'cardNumber', 'any other number')
  await submit(page).click()
  await until('completion', async () => (await state(page)).complete === 1)
  const paid = await get(session)
  assert.equal(paid.status, 'complete')
  assert.equal(paid.amount_collected, 5000)
  assert.equal(paid.customer.email, 'ada@example.com')
  const { type, billing_details } = paid.payments.at(-1).payment_method
  assert.deepEqual([type, billing_details.address.country, billing_details.address.postal_code], ['card', 'US', '94107'])
  await page.close()
})

await step('dual pricing: the card pays what the button says', async () => {
  const s = await create({ amount: 10_000, dual_pricing: { rate: 3 } })
  const page = await ready(await stage.visit(s.client_secret))
  await page.locator('input[type=email]').fill('bo@example.com')
  await fillCard(page, 'x')
  await until('the amount on the button', async () => /\$103\.00/.test(await submit(page).innerText()))
  await submit(page).click()
  await until('completion', async () => (await state(page)).complete === 1)
  assert.equal((await get(s)).amount_collected, 10_300)
  await page.close()
})

await step('a bank account pays', async () => {
  const s = await create({ amount: 700, payment_method_types: ['us_bank_account'] })
  const page = await ready(await stage.visit(s.client_secret))
  await page.locator('input[type=email]').fill('bo@example.com')
  await page.locator('bias-payment-element input[autocomplete=name]:visible').fill('Bo')
  await page.locator('bias-payment-element select:has(option[value=savings]):visible').selectOption('savings')
  await page.locator('bias-payment-element input[autocomplete=postal-code]:visible').fill('94107')
  await field(page, 'bankRoutingNumber', '110000000')
  await field(page, 'bankAccountNumber', '000123456789')
  await until('a form that can be sent', async () => (await state(page)).canSubmit)
  await submit(page).click()
  await until('completion', async () => (await state(page)).complete === 1)
  const { type, us_bank_account, billing_details } = (await get(s)).payments[0].payment_method
  assert.deepEqual([type, us_bank_account.account_type, billing_details.name], ['us_bank_account', 'savings', 'Bo'])
  await page.close()
})

await step('setup mode saves a payment method', async () => {
  const s = await create({ mode: 'setup', line_items: [], submit_label: 'auto', payment_method_types: ['card'] })
  const page = await ready(await stage.visit(s.client_secret))
  await until('the word on the button', async () => /Continue/.test(await submit(page).innerText()))
  await page.locator('input[type=email]').fill('bo@example.com')
  await fillCard(page, 'x')
  await submit(page).click()
  await until('completion', async () => (await state(page)).complete === 1)
  assert.equal((await get(s)).status, 'complete')
  await page.close()
})

await step('a shipping address is saved and comes back on the next visit', async () => {
  const s = await create({ amount: 900 })
  const page = await ready(await stage.visit(s.client_secret, { shipping: true }))
  await page.locator('bias-address-element input[autocomplete=name]').fill('Ada Ferris')
  await page.locator('bias-address-element input[role=combobox]').fill('1 Main St')
  await until('the address', async () => (await get(s)).shipping_details?.address.line1 === '1 Main St')
  await page.close()
  const again = await ready(await stage.visit(s.client_secret, { shipping: true }))
  await until('the name', async () => (await again.locator('bias-address-element input[autocomplete=name]').inputValue()) === 'Ada Ferris')
  await again.close()
})

await step('an expired session cannot be paid', async () => {
  const s = await create({ amount: 900 })
  const page = await ready(await stage.visit(s.client_secret))
  await page.locator('input[type=email]').fill('bo@example.com')
  await until('the e-mail address', async () => (await get(s)).customer_details.email === 'bo@example.com')
  await fillCard(page, 'x')
  await server('POST', `/v1/checkout_sessions/${s.id}/expire`)
  await submit(page).click()
  const { errors } = await until('the error', async () => ((s) => s.status === 'failed' && s)(await state(page)))
  assert.deepEqual(errors, ['payment_failed'])
  assert.deepEqual((await get(s)).payments, [])
  await page.close()
})

await step('a client secret that nobody has is told apart', async () => {
  const page = await stage.visit('uEyLI6rmFylTwIBik5cpn8ge')
  const { errors } = await until('the error', async () => ((s) => s.errors.length && s)(await state(page)))
  assert.deepEqual(errors, ['authentication_failed'])
  await page.close()
})

await step('the elements asked for nothing on the network but the place of the customer', () => {
  assert.deepEqual([...stage.refused], ['https://ipinfo.io'])
})

await stage.close()
