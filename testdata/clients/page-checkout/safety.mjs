// What the page keeps to: nothing from elsewhere, nothing stored, text that stays text, addresses that are
// web pages; and which pages of other origins may call what.

import assert from 'node:assert/strict'
import { base, create, session, url } from './shop.mjs'
import { arrived, at, isPaidOnce, leave, providers, shop, step, visit } from './stage.mjs'

export async function safety() {
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

  await step('Content-Security-Policy, frame-ancestors, Referrer-Policy, and no cookie', async () => {
    for (const provider of providers) {
      const page = await visit()
      const res = await page.goto(await url(await create[provider](shop.origin)))
      const headers = res.headers()
      const policy = Object.fromEntries(headers['content-security-policy'].split('; ').map((one) => one.split(/ (.*)/s).slice(0, 2)))
      assert.equal(policy['default-src'], "'none'")
      assert.equal(policy['script-src'], "'self'")
      assert.equal(policy['style-src'], "'self'")
      assert.equal(policy['base-uri'], "'none'")
      assert.ok(provider === 'bias' ? policy['frame-ancestors'].startsWith("'self' http://localhost:*") : policy['frame-ancestors'] === "'none'")
      assert.equal(headers['referrer-policy'], 'same-origin')
      assert.equal(headers['cache-control'], 'no-store')
      assert.equal(headers['set-cookie'], undefined)
      await at(page, 'simulate-paid').click()
      await arrived(page, provider)
      assert.deepEqual(await page.context().cookies(), [])
      await leave(page)
    }
  })

  await step('names, metadata and what was typed are text, not markup', async () => {
    const evil = `"'></title></script><script>window.owned=1</script><img src=x onerror="window.owned=1">{{.}}`
    const item = { quantity: 1, price_data: { currency: 'usd', unit_amount: 900, product_data: { name: evil, description: evil } } }
    for (const [provider, fields, field] of [
      ['tilled', { line_items: [item], metadata: { note: evil } }, 'customer_email'],
      ['polar', { customer_name: evil, metadata: { note: evil.slice(0, 100) } }, 'customer_name'],
      ['leanrails', { metadata: { note: evil } }, 'name'],
      ['bias', { customer_details: { name: evil }, metadata: { note: evil } }, 'customer_details.email'],
    ]) {
      const page = await visit(await url(await create[provider](shop.origin, fields)))
      const harmless = async () => {
        assert.equal(await page.evaluate(() => window.owned), undefined, provider)
        assert.equal(await page.locator('img, body script').count(), 0, provider)
      }
      await harmless()
      await page.locator('#pay-form').evaluate((form) => (form.noValidate = true))
      await at(page, `field-${field}`).evaluate((input, text) => { input.type = 'text'; input.value = text }, evil)
      await at(page, 'card-number').fill('pm_"><script>window.owned=1</script>')
      await at(page, 'pay').click()
      await at(page, 'message').waitFor()
      await harmless()
      await leave(page)
    }
  })

  await step('addresses that are no web page are refused as the provider does, and never followed', async () => {
    for (const to of ['javascript:window.owned=1', 'data:text/html,<script>window.owned=1</script>']) {
      for (const provider of ['polar', 'leanrails']) {
        await assert.rejects(create[provider](shop.origin, { success_url: to }), provider === 'polar' ? /: 422 / : /: 400 /)
      }
      // Tilled takes any text; the page then keeps its customer.
      const page = await visit(await url(await create.tilled(shop.origin, { success_url: to, cancel_url: to })))
      await at(page, 'cancel').click()
      await at(page, 'message').waitFor()
      await at(page, 'simulate-paid').click()
      await at(page, 'receipt').waitFor()
      assert.equal(await page.evaluate(() => window.owned), undefined)
      await leave(page)
    }
    // What the address of the page says leads nowhere.
    const made = await create.tilled(shop.origin)
    const page = await visit(`${await url(made)}?success_url=https://evil.example&return_url=https://evil.example&embed_origin=https://evil.example`)
    await at(page, 'simulate-paid').click()
    await arrived(page, 'tilled')
    await leave(page)
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

  await step('servers alone call LeanRails and Tilled: no page of another origin reads their answers', async () => {
    const page = await visit(`${shop.origin}/app`)
    const calls = [
      ['/leanrails/v1/checkout_sessions', { Authorization: `Basic ${btoa('sk_test_page:')}` }],
      ['/tilled/v1/checkout-sessions', { 'tilled-account': 'acct_CornerBakery000000001', 'tilled-api-key': 'sk_test_page' }],
    ]
    for (const [path, headers] of calls) {
      const told = await page.evaluate(async ({ url, headers }) => fetch(url, { headers }).then(() => 'read', (err) => err.name), { url: base + path, headers })
      assert.equal(told, 'TypeError', path)
      const res = await fetch(base + path, { headers: { ...headers, Origin: shop.origin } })
      assert.equal(res.status, 200)
      assert.equal(res.headers.get('access-control-allow-origin'), null)
    }
    assert.equal(page.complaints.filter((text) => /blocked by CORS policy/.test(text)).length, calls.length)
    await page.context().close()
  })
}
