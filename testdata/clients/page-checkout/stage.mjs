// How a step looks at the pages: browsers that complain of whatever should not happen, and what a customer
// does.

import assert from 'node:assert/strict'
import { base, create, events, openBrowser, openShop, session } from './shop.mjs'

export const providers = Object.keys(create)
export const paidBy = { polar: '4242424242424242', tilled: '4111111111111111', leanrails: '4242424242424242', bias: '4242424242424242' }
const typed = {
  polar: { customer_email: 'ada@example.com', customer_name: 'Ada Ferris', 'customer_billing_address.country': 'FR' },
  tilled: { customer_email: 'ada@example.com' },
  leanrails: { customer_email: 'ada@example.com', name: 'Ada Ferris' },
  bias: { 'customer_details.email': 'ada@example.com' },
}

export const shop = await openShop()
export const browser = await openBrowser()
const own = new URL(base)

// step prints one line; the first that fails ends the program with status 1.
export async function step(name, run) {
  try {
    await run()
    console.log(`ok ${name}`)
  } catch (err) {
    console.error(`FAILED ${name}: ${err?.stack ?? err}`)
    await browser.close()
    process.exit(1)
  }
}

// visit opens a page that fails on script errors, on what the page's policy stops, and on requests to
// anywhere else than localcheckout and the shop.
export async function visit(address, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  const page = await context.newPage()
  page.complaints = []
  page.asked = []
  page.on('pageerror', (err) => page.complaints.push(String(err)))
  page.on('console', (message) => message.type() === 'error' && !/status of 4\d\d/.test(message.text()) && page.complaints.push(message.text()))
  page.on('request', (request) => {
    const to = new URL(request.url())
    if (to.protocol !== 'data:') page.asked.push(to.href)
    if (to.protocol !== 'data:' && ![own.origin, own.origin.replace('127.0.0.1', 'localhost'), shop.origin].includes(to.origin)) page.complaints.push(`asked for ${to.href}`)
  })
  if (address) await page.goto(address)
  return page
}

export async function leave(page) {
  assert.deepEqual(page.complaints, [])
  await page.context().close()
}

export const at = (page, id) => page.getByTestId(id)

// fill types what the provider asks for. A choice that changes the page is waited for.
export async function fill(page, provider) {
  for (const [name, value] of Object.entries(typed[provider])) {
    const field = at(page, `field-${name}`)
    if ((await field.evaluate((el) => el.tagName)) !== 'SELECT') await field.fill(value)
    else await Promise.all([page.waitForEvent('load'), field.selectOption(value)])
  }
}

export const arrived = (page, provider) =>
  provider === 'bias' ? at(page, 'receipt').waitFor() : page.waitForURL((to) => to.origin === shop.origin && to.pathname === '/thanks')

export const paidOnce = ['session.confirmed', 'session.succeeded']
export async function isPaidOnce(made) {
  assert.equal((await session(made.id)).status, 'succeeded')
  assert.deepEqual((await events(made.id)).filter((type) => paidOnce.includes(type)), paidOnce)
}
