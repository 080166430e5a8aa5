// Drives a running localcheckout's checkout pages in Chromium, with axe-core and the published embed
// script of Polar.
//
//	LOCALCHECKOUT_URL=http://127.0.0.1:4747 node walk.mjs
//
// One line `ok <step>` per step; the first step that fails ends the program with status 1.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { advance, base, control, create, events, openBrowser, openShop, session, url } from './shop.mjs'
import { states } from './states.mjs'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const providers = Object.keys(create)
const paidBy = { polar: '4242424242424242', tilled: '4111111111111111', leanrails: '4242424242424242', bias: '4242424242424242' }
const typed = {
  polar: { customer_email: 'ada@example.com', customer_name: 'Ada Ferris', 'customer_billing_address.country': 'FR' },
  tilled: { customer_email: 'ada@example.com' },
  leanrails: { customer_email: 'ada@example.com', name: 'Ada Ferris' },
  bias: { 'customer_details.email': 'ada@example.com' },
}

const shop = await openShop()
const browser = await openBrowser()
const own = new URL(base)

async function step(name, run) {
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
async function visit(address, options = {}) {
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

async function leave(page) {
  assert.deepEqual(page.complaints, [])
  await page.context().close()
}

const at = (page, id) => page.getByTestId(id)

// fill types what the provider asks for. A choice that changes the page is waited for.
async function fill(page, provider) {
  for (const [name, value] of Object.entries(typed[provider])) {
    const field = at(page, `field-${name}`)
    if ((await field.evaluate((el) => el.tagName)) !== 'SELECT') await field.fill(value)
    else await Promise.all([page.waitForEvent('load'), field.selectOption(value)])
  }
}

const arrived = (page, provider) =>
  provider === 'bias' ? at(page, 'receipt').waitFor() : page.waitForURL((to) => to.origin === shop.origin && to.pathname === '/thanks')

const paidOnce = ['session.confirmed', 'session.succeeded']
async function isPaidOnce(made) {
  assert.equal((await session(made.id)).status, 'succeeded')
  assert.deepEqual((await events(made.id)).filter((type) => paidOnce.includes(type)), paidOnce)
}

for (const provider of providers) {
  await step(`${provider}: a test card pays`, async () => {
    const made = await create[provider](shop.origin)
    const page = await visit(await url(made))
    await fill(page, provider)
    await at(page, `card-${paidBy[provider]}`).click()
    await at(page, 'pay').click()
    await arrived(page, provider)
    await isPaidOnce(made)
    await leave(page)
  })

  await step(`${provider}: one click from opening the page to the shop`, async () => {
    const made = await create[provider](shop.origin)
    const address = await url(made)
    const page = await visit(`${shop.origin}/cart`)
    const began = performance.now()
    await page.goto(address)
    await at(page, 'simulate-paid').click()
    await arrived(page, provider)
    console.log(`   ${provider}: ${Math.round(performance.now() - began)} ms from opening the page to the redirect`)
    await isPaidOnce(made)
    await leave(page)
  })

  await step(`${provider}: every decline, then another try`, async () => {
    const made = await create[provider](shop.origin)
    const page = await visit(await url(made))
    const buttons = await page.locator('[data-testid^="simulate-decline-"]').evaluateAll((all) => all.map((one) => one.dataset.testid))
    assert.ok(buttons.length >= 4)
    for (const button of buttons) {
      const code = button.replace('simulate-decline-', '')
      await at(page, button).click()
      await page.waitForFunction((words) => document.querySelector('[data-testid=message]')?.textContent.includes(words), code.replaceAll('_', ' '))
      assert.equal((await session(made.id)).decline_code, code)
    }
    await at(page, 'simulate-paid').click()
    await arrived(page, provider)
    await isPaidOnce(made)
    await leave(page)
  })

  await step(`${provider}: 3-D Secure, failed and passed`, async () => {
    const made = await create[provider](shop.origin)
    const page = await visit(await url(made))
    await at(page, 'simulate-challenge').click()
    await at(page, 'challenge-fail').click()
    await at(page, 'message').waitFor()
    assert.equal((await session(made.id)).status, 'open')
    await at(page, 'simulate-challenge').click()
    await at(page, 'challenge-pass').click()
    await arrived(page, provider)
    assert.equal((await session(made.id)).status, 'succeeded')
    await leave(page)
  })

  await step(`${provider}: pending, then paid or failed when the clock gets there`, async () => {
    await control('POST', '/clock/freeze')
    const made = await create[provider](shop.origin)
    const page = await visit(await url(made))
    await at(page, 'simulate-after').selectOption('1 hour')
    await at(page, 'simulate-pending-paid').click()
    if (provider === 'tilled') await arrived(page, provider)
    else await at(page, 'in-flight').waitFor()
    await advance('1h')
    await arrived(page, provider)
    await isPaidOnce(made)

    const second = await create[provider](shop.origin)
    await page.goto(await url(second))
    await at(page, 'simulate-pending-failed').click()
    if (provider === 'tilled') await arrived(page, provider)
    else await at(page, 'in-flight').waitFor()
    await advance('10s')
    if (provider === 'tilled') await page.goto(await url(second))
    await at(page, provider === 'tilled' ? 'failed' : 'message').waitFor()
    await control('POST', '/clock/resume')
    await leave(page)
  })
}

await step('cancel leads back to the shop, and the checkout is still there', async () => {
  const made = await create.tilled(shop.origin)
  const page = await visit(await url(made))
  await at(page, 'cancel').click()
  await page.waitForURL(`${shop.origin}/cart`)
  await page.goBack()
  await at(page, 'simulate-paid').click()
  await arrived(page, 'tilled')
  await isPaidOnce(made)
  await leave(page)
})

await step('a double click on a slow network pays once', async () => {
  const made = await create.tilled(shop.origin)
  const page = await visit(await url(made))
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Network.enable')
  await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 400, downloadThroughput: 20_000, uploadThroughput: 20_000 })
  await fill(page, 'tilled')
  await at(page, 'card-4111111111111111').click()
  await at(page, 'pay').dblclick()
  await at(page, 'pay').click({ timeout: 200 }).catch(() => {})
  await arrived(page, 'tilled')
  await isPaidOnce(made)
  await leave(page)
})

await step('a double click without JavaScript pays once', async () => {
  const made = await create.tilled(shop.origin)
  const page = await visit(await url(made), { javaScriptEnabled: false })
  await at(page, 'simulate-paid').dblclick()
  await arrived(page, 'tilled')
  await isPaidOnce(made)
  await leave(page)
})

await step('back and reload after paying say so', async () => {
  const made = await create.leanrails(shop.origin)
  const page = await visit(await url(made))
  await at(page, 'simulate-paid').click()
  await arrived(page, 'leanrails')
  await page.goBack()
  await at(page, 'paid').waitFor()
  await page.reload()
  await at(page, 'continue').click()
  await arrived(page, 'leanrails')
  await isPaidOnce(made)
  await leave(page)
})

await step('two tabs pay once', async () => {
  const made = await create.leanrails(shop.origin)
  const first = await visit(await url(made))
  const second = await first.context().newPage()
  await second.goto(await url(made))
  await at(first, 'simulate-paid').click()
  await arrived(first, 'leanrails')
  await at(second, 'simulate-paid').click()
  await at(second, 'paid').waitFor()
  await isPaidOnce(made)
  await leave(first)
})

await step('a session that expires while its page is open says so', async () => {
  const made = await create.polar(shop.origin)
  const page = await visit(await url(made))
  await advance('24h')
  await at(page, 'simulate-paid').click()
  await at(page, 'expired').waitFor()
  assert.equal((await session(made.id)).status, 'expired')
  await leave(page)
})

await step('other numbers than test cards do not leave the browser', async () => {
  const made = await create.tilled(shop.origin)
  const page = await visit(await url(made))
  await fill(page, 'tilled')
  await at(page, 'card-number').fill('9999 9999 9999 9995')
  const before = page.asked.length
  await at(page, 'pay').click()
  await page.waitForFunction(() => document.querySelector('[data-testid="error-card_number"]').textContent)
  assert.equal(await at(page, 'card-number').inputValue(), '')
  assert.equal(page.asked.length, before)
  await at(page, 'card-4111111111111111').click()
  assert.equal(await at(page, 'error-card_number').textContent(), '')
  await leave(page)
})

await step('without JavaScript: fields that depend on a choice, a decline, a payment, a cancel', async () => {
  const made = await create.polar(shop.origin)
  const page = await visit(await url(made), { javaScriptEnabled: false })
  await at(page, 'field-customer_email').fill('ada@example.com')
  await at(page, 'field-customer_billing_address.country').selectOption('CA')
  await page.locator('div:has(> select[name="customer_billing_address.country"]) button').click()
  assert.equal(await at(page, 'field-customer_email').inputValue(), 'ada@example.com')
  await at(page, 'field-customer_billing_address.state').selectOption('ON')
  await at(page, 'card-number').fill('4000000000009995')
  await at(page, 'pay').click()
  assert.match(await at(page, 'message').textContent(), /insufficient funds/)
  assert.equal(await at(page, 'field-customer_billing_address.state').inputValue(), 'ON')
  await at(page, 'card-number').fill('4242 4242 4242 4242')
  await at(page, 'pay').click()
  await arrived(page, 'polar')
  await isPaidOnce(made)
  await page.goto(await url(await create.polar(shop.origin)))
  await at(page, 'cancel').click()
  await page.waitForURL(`${shop.origin}/cart`)
  await leave(page)
})

await step('by keyboard alone, in the order of the page', async () => {
  const made = await create.tilled(shop.origin)
  const page = await visit(await url(made))
  const order = []
  for (let i = 0; i < 14; i++) {
    await page.keyboard.press('Tab')
    order.push(await page.evaluate(() => document.activeElement.dataset.testid))
  }
  assert.deepEqual(order.slice(0, 10), [
    'field-customer_email', 'card-number', 'cards', 'card-4111111111111111', 'card-4900770000000001', 'card-5100400000000000',
    'card-6011234567890123', 'card-370123456789017', 'pay', 'cancel',
  ])
  assert.deepEqual(order.slice(10), ['simulate-paid', 'simulate-challenge', 'simulate-pending-paid', 'simulate-pending-failed'])
  await page.reload()
  await page.keyboard.press('Tab')
  await page.keyboard.type('ada@example.com')
  for (let i = 0; i < 3; i++) await page.keyboard.press('Tab')
  await page.keyboard.press('Enter') // the first test card
  assert.equal(await at(page, 'card-number').inputValue(), '4111 1111 1111 1111')
  await page.keyboard.press('Enter') // in the field: the form is sent
  await arrived(page, 'tilled')
  await isPaidOnce(made)
  await leave(page)
})

await step('every control is reached by keyboard and shows it', async () => {
  const made = await create.polar(shop.origin)
  const page = await visit(await url(made))
  const controls = await page.locator('a[href], button, input:not([type=hidden]), select, textarea, summary').evaluateAll((all) => all.filter((one) => one.tabIndex >= 0 && one.checkVisibility()).length)
  const seen = new Set()
  for (let i = 0; i < controls; i++) {
    await page.keyboard.press('Tab')
    const { id, outline } = await page.evaluate(() => ({ id: document.activeElement.dataset.testid, outline: getComputedStyle(document.activeElement).outlineStyle }))
    assert.equal(outline, 'solid', `${id} does not show the focus`)
    seen.add(id)
  }
  assert.equal(seen.size, controls)
  await leave(page)
})

await step('Polar: a discount code is applied and removed, and what was typed stays', async () => {
  const made = await create.polar(shop.origin)
  const page = await visit(await url(made))
  await at(page, 'field-customer_email').fill('ada@example.com')
  await at(page, 'discount-code').fill('NOBODY')
  await at(page, 'discount-apply').click()
  await at(page, 'error-discount_code').waitFor()
  await at(page, 'discount-code').fill('QUARTER')
  await at(page, 'discount-apply').click()
  await at(page, 'discount-applied').waitFor()
  assert.equal(await at(page, 'field-customer_email').inputValue(), 'ada@example.com')
  assert.match(await at(page, 'discount').textContent(), /^−\$/)
  const less = await at(page, 'total').textContent()
  await at(page, 'discount-remove').click()
  await at(page, 'discount-code').waitFor()
  assert.notEqual(await at(page, 'total').textContent(), less)
  await leave(page)
})

await step('Polar: custom fields reach the session', async () => {
  const made = await create.polar(shop.origin, { products: ['a4f86bd8-c457-42c9-b4aa-fa363eda3b68'] })
  const page = await visit(await url(made))
  await fill(page, 'polar')
  await at(page, 'field-custom_field_data.company_name').fill('Hollow Oak')
  await at(page, 'field-custom_field_data.level').selectOption('beginner')
  await at(page, 'field-custom_field_data.terms').check()
  await at(page, 'field-custom_field_data.team_size').fill('12')
  await at(page, 'field-custom_field_data.preferred_date').fill('2027-03-04')
  await at(page, 'card-4242424242424242').click()
  await at(page, 'pay').click()
  await arrived(page, 'polar')
  const res = await fetch(`${base}/polar/v1/checkouts/${made.id}`, { headers: { Authorization: 'Bearer polar_oat_page', 'X-Sandbox': 'page' } })
  assert.deepEqual((await res.json()).custom_field_data, {
    company_name: 'Hollow Oak', level: 'beginner', terms: true, team_size: 12, preferred_date: '2027-03-04T00:00:00',
  })
  await leave(page)
})

await step('axe finds nothing on any state, on a desk or on a phone, light or dark', async () => {
  for (const [name, open] of states) {
    const page = await visit('', { bypassCSP: true })
    await open(page, shop.origin)
    const shown = page.frames().find((frame) => frame.url().startsWith(base)) ?? page.mainFrame()
    await shown.addScriptTag({ path: axe })
    for (const [width, colorScheme] of [[1280, 'light'], [360, 'dark']]) {
      await page.setViewportSize({ width, height: 800 })
      await page.emulateMedia({ colorScheme })
      const { violations, passes } = await shown.evaluate(() => globalThis.axe.run())
      assert.deepEqual(violations.map((v) => `${v.impact} ${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`), [], `${name} at ${width}, ${colorScheme}`)
      assert.ok(passes.some((rule) => rule.id === 'color-contrast'), `${name}: axe did not look`)
      const wide = await shown.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      assert.ok(wide <= 0, `${name} is ${wide} px too wide at ${width}`)
    }
    await page.context().close()
  }
})

await step('a page is three requests and under 48 KiB, and keeps nothing', async () => {
  const page = await visit()
  const bodies = []
  page.on('response', (res) => bodies.push(res.body()))
  await page.goto(await url(await create.polar(shop.origin)), { waitUntil: 'networkidle' })
  assert.equal(page.asked.length, 3)
  const weight = (await Promise.all(bodies)).reduce((sum, body) => sum + body.length, 0)
  assert.ok(weight < 48 << 10, `${weight} bytes`)
  assert.deepEqual(await page.context().cookies(), [])
  assert.equal(await page.evaluate(() => localStorage.length), 0)
  console.log(`   ${weight} bytes in ${page.asked.length} requests`)
  await leave(page)
})

await step('the published embed script opens, is told in order, and goes to the shop', async () => {
  const made = await create.polar(shop.origin, { embed_origin: shop.origin })
  const page = await visit(`${shop.origin}/embed.html?keep=1&checkout=${encodeURIComponent(await url(made))}`)
  await page.locator('#open').click()
  await page.waitForFunction(() => window.opened)
  const frame = page.frameLocator('iframe')
  assert.equal(await frame.locator('html').getAttribute('data-theme'), 'dark')
  await frame.getByTestId('simulate-decline-card_declined').click()
  await frame.getByTestId('message').waitFor()
  await frame.getByTestId('simulate-paid').click()
  await page.waitForFunction(() => window.seen.includes('success'))
  assert.deepEqual(await page.evaluate(() => window.seen), ['loaded', 'confirmed', 'success'])
  const { successURL, redirect } = await page.evaluate(() => window.detail)
  assert.ok(redirect)
  assert.ok(successURL.startsWith(`${shop.origin}/thanks?checkout=${made.id}&customer_session_token=polar_cst_`), successURL)
  await isPaidOnce(made)
  await leave(page)
})

await step('the published embed script follows a redirect by itself', async () => {
  const made = await create.polar(shop.origin, { embed_origin: shop.origin })
  const page = await visit(`${shop.origin}/embed.html?checkout=${encodeURIComponent(await url(made))}`)
  await page.locator('#open').click()
  await page.frameLocator('iframe').getByTestId('simulate-paid').click()
  await arrived(page, 'polar')
  await leave(page)
})

await step('the published embed script closes, and shows the page of its own end', async () => {
  const made = await create.polar(shop.origin, { embed_origin: shop.origin, success_url: undefined })
  const page = await visit(`${shop.origin}/embed.html?checkout=${encodeURIComponent(await url(made))}`)
  await page.locator('#open').click()
  await page.waitForFunction(() => window.opened)
  await page.frameLocator('iframe').getByTestId('embed-close').click()
  await page.locator('iframe').waitFor({ state: 'detached' })
  assert.deepEqual(await page.evaluate(() => window.seen), ['loaded', 'close'])
  await page.locator('#open').click()
  const frame = page.frameLocator('iframe')
  await frame.getByTestId('simulate-pending-paid').click()
  await page.waitForFunction(() => window.seen.includes('confirmed'))
  await frame.getByTestId('embed-close').click() // refused by the script while the payment is in flight
  await frame.getByTestId('in-flight-settle').click()
  await frame.getByTestId('receipt').waitFor()
  assert.deepEqual(await page.evaluate(() => window.seen), ['loaded', 'close', 'loaded', 'confirmed', 'close', 'success'])
  assert.equal((await page.evaluate(() => window.detail)).redirect, false)
  await frame.getByTestId('embed-close').click()
  await page.locator('iframe').waitFor({ state: 'detached' })
  await leave(page)
})

await step('no other page may frame it', async () => {
  for (const made of [await create.polar(shop.origin), await create.polar(shop.origin, { embed_origin: 'https://shop.example' }), await create.tilled(shop.origin)]) {
    const page = await visit(`${shop.origin}/frame.html?checkout=${encodeURIComponent(`${await url(made)}?embed=true&embed_origin=${shop.origin}`)}`)
    const refused = () => page.complaints.some((text) => /frame-ancestors|X-Frame-Options/i.test(text))
    for (const end = Date.now() + 10_000; !refused() && Date.now() < end; ) await new Promise((go) => setTimeout(go, 20))
    assert.ok(refused(), 'the frame was not refused')
    await page.context().close()
  }
})

await step('Bias and LeanRails in a frame tell the page around it', async () => {
  const own = await create.leanrails(shop.origin, { ui_mode: 'embedded', success_url: undefined, cancel_url: undefined })
  for (const made of [await create.bias(shop.origin), own]) {
    const page = await visit(`${shop.origin}/frame.html?checkout=${encodeURIComponent(`${base}/checkout/${made.client_secret}?embed=true`)}`)
    const frame = page.frameLocator('iframe')
    await frame.getByTestId('simulate-paid').click()
    await frame.getByTestId('receipt').waitFor()
    assert.deepEqual(await page.evaluate(() => window.seen), ['loaded', 'confirmed', 'success'])
    await isPaidOnce(made)
    await leave(page)
  }
})

await step('an application on another port calls the client endpoints', async () => {
  const made = await create.polar(shop.origin)
  const biased = await create.bias(shop.origin)
  const page = await visit(`${shop.origin}/app`)
  const answers = await page.evaluate(
    async ({ base, secret, bias }) => {
      const call = async (path, method, body, headers = {}) => {
        const res = await fetch(base + path, { method, body: body && JSON.stringify(body), headers: { ...(body && { 'Content-Type': 'application/json' }), ...headers } })
        return [res.status, (await res.json()).status]
      }
      return [
        await call(`/polar/v1/checkouts/client/${secret}`, 'GET'),
        await call(`/polar/v1/checkouts/client/${secret}`, 'PATCH', { customer_email: 'ada@example.com', customer_billing_address: { country: 'FR' } }),
        await call(`/polar/v1/checkouts/client/${secret}/confirm`, 'POST', { confirmation_token_id: 'ctoken_1' }),
        await call('/bias/v1/checkout_sessions/current', 'GET', undefined, { Authorization: `Bearer ${bias}` }),
      ]
    },
    { base, secret: made.client_secret, bias: biased.client_secret },
  )
  assert.deepEqual(answers, [[200, 'open'], [200, 'open'], [200, 'confirmed'], [200, 'requires_confirmation']])
  await leave(page)
})

await browser.close()
shop.close()
