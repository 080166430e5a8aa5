// Drives a running localcheckout's dashboard in Chromium, with axe-core.
//
//	LOCALCHECKOUT_URL=http://127.0.0.1:4747 node walk.mjs
//
// One line `ok <step>` per step; the first step that fails ends the program with status 1.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { ask, at, base, control, create, furnish, openBrowser, openReceiver, ready, sandbox } from './desk.mjs'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const receiver = await openReceiver()
const browser = await openBrowser()

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

// visit opens a view. The page fails on script errors, on what its policy stops, and on requests to
// anywhere else than localcheckout.
async function visit(view, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  const page = await context.newPage()
  page.complaints = []
  page.asked = []
  page.on('pageerror', (err) => page.complaints.push(String(err)))
  page.on('console', (message) => message.type() === 'error' && !/status of 4\d\d/.test(message.text()) && page.complaints.push(message.text()))
  page.on('request', (request) => {
    const to = new URL(request.url())
    if (to.protocol === 'data:') return
    page.asked.push(to.pathname)
    if (to.origin !== base) page.complaints.push(`asked for ${to.href}`)
  })
  await page.goto(at(view))
  await ready(page)
  return page
}

async function leave(page) {
  assert.deepEqual(page.complaints, [])
  await page.context().close()
}

const el = (page, id) => page.getByTestId(id)
const says = (page, words) => page.waitForFunction((text) => document.querySelector('[data-testid=message]').textContent.includes(text), words)
const text = (page, id, words) => page.waitForFunction(([id, words]) => document.querySelector(`[data-testid="${id}"]`)?.textContent.includes(words), [id, words])

const desk = await furnish(receiver)

await step('a session appears by itself, is paid here, and its timeline tells', async () => {
  const page = await visit('sessions')
  const made = await create({ customer_email: 'grace@example.com' })
  await el(page, `session-${made.id}`).click()
  await text(page, 'session-status', 'open')
  await el(page, 'act-pay').click()
  await says(page, 'the session is succeeded')
  await text(page, 'session-status', 'succeeded')
  await page.locator('[data-testid^="moment-delivery-"]').first().waitFor()
  const kinds = await page.locator('[data-testid=timeline] li').evaluateAll((all) => all.map((one) => one.dataset.kind))
  assert.equal(kinds[0], 'request')
  assert.equal(kinds[1], 'event')
  assert.ok(kinds.includes('sent event') && kinds.includes('webhook'))
  const times = await page.locator('[data-testid=timeline] time').evaluateAll((all) => all.map((one) => Date.parse(one.dateTime)))
  assert.deepEqual(times, [...times].sort((a, b) => a - b))
  assert.equal((await control('GET', `/sessions/${made.id}`)).status, 'succeeded')
  await leave(page)
})

await step('a decline with a code, and what is allowed changes with the state', async () => {
  const page = await visit(`sessions/${desk.open.id}`)
  await el(page, 'act-code').selectOption('insufficient_funds')
  await el(page, 'act-decline').click()
  await says(page, 'Declined')
  assert.equal((await control('GET', `/sessions/${desk.open.id}`)).decline_code, 'insufficient_funds')
  assert.equal(await el(page, 'act-code').inputValue(), 'insufficient_funds') // what was chosen stays
  await el(page, 'act-confirm').click()
  await el(page, 'act-settle').waitFor()
  assert.equal(await el(page, 'act-pay').count(), 0)
  await el(page, 'act-after').fill('soon')
  await el(page, 'act-settle').click()
  await page.locator('[data-testid=message].bad').waitFor()
  await el(page, 'act-after').fill('')
  await el(page, 'act-settle').click()
  await text(page, 'session-status', 'succeeded')
  await leave(page)
})

await step('the status of a session follows another client', async () => {
  const made = await create()
  const page = await visit(`sessions/${made.id}`)
  await control('POST', `/sessions/${made.id}/expire`)
  await text(page, 'session-status', 'expired')
  await leave(page)
})

await step('sessions are filtered', async () => {
  const page = await visit('sessions')
  await el(page, 'filter-status').selectOption('expired')
  await page.waitForFunction(() => [...document.querySelectorAll('[data-testid^="status-"]')].every((one) => one.textContent === 'expired'))
  assert.match(page.url(), /status=expired/)
  await el(page, 'filter-provider').selectOption('tilled')
  await el(page, 'no-sessions').waitFor()
  await leave(page)
})

await step('a request with faults, unread fields and a body; copied as curl', async () => {
  const page = await visit('requests', { permissions: ['clipboard-read', 'clipboard-write'] })
  await el(page, 'filter-problem').check()
  await el(page, `request-${desk.refused.n}`).click()
  await text(page, 'violations', '/products')
  await text(page, 'sent-body', 'bread')
  await el(page, 'copy-curl').click()
  await says(page, 'Copied')
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^curl /m)
  await create({ note: 'fresh' })
  await el(page, 'nav-requests').click()
  await el(page, 'filter-unread').check()
  await page.locator('[data-testid^="request-"]').first().click()
  await text(page, 'unread', '/note')
  await leave(page)
})

await step('a request appears by itself', async () => {
  const page = await visit('requests')
  await ask('GET', '/v1/nowhere')
  const n = (await control('GET', '/requests')).requests.at(-1).n
  await el(page, `request-${n}`).waitFor()
  await leave(page)
})

await step('the clock: freeze, advance, resume', async () => {
  await control('POST', '/clock/resume')
  const made = await create()
  const page = await visit('clock')
  await el(page, 'freeze').click()
  await text(page, 'clock-state', 'frozen')
  assert.equal((await control('GET', '/clock')).frozen, true)
  const before = Date.parse((await control('GET', '/clock')).now)
  await el(page, 'advance-by').fill('24h')
  await el(page, 'advance').click()
  await el(page, 'fired').waitFor()
  assert.equal(Date.parse((await control('GET', '/clock')).now) - before, 24 * 3600_000)
  assert.equal((await control('GET', `/sessions/${made.id}`)).status, 'expired')
  await text(page, 'fired', 'session.expired')
  await el(page, 'advance-by').fill('yesterday')
  await el(page, 'advance').click()
  await page.locator('[data-testid=message].bad').waitFor()
  await el(page, 'resume').click()
  await text(page, 'clock-state', 'running')
  await leave(page)
})

await step('a fault is added, hits, and is removed', async () => {
  await control('DELETE', '/faults')
  const page = await visit('faults')
  await el(page, 'no-faults').waitFor()
  await el(page, 'fault-provider').selectOption('polar')
  await el(page, 'fault-operation').fill('createChekout')
  await el(page, 'fault-add').click()
  await says(page, 'createCheckout') // did you mean
  await el(page, 'fault-operation').fill('createCheckout')
  await el(page, 'fault-status').fill('503')
  await el(page, 'fault-times').fill('3')
  await el(page, 'fault-add').click()
  await says(page, 'is armed')
  const { id } = (await control('GET', '/faults')).faults[0]
  assert.equal(await ask('POST', '/v1/checkouts/', { products: ['b3f3c9b1-1168-47b6-b178-2af9b468bad7'] }), 503)
  await text(page, `hits-${id}`, '1')
  await el(page, `drop-${id}`).click()
  await el(page, 'no-faults').waitFor()
  assert.deepEqual((await control('GET', '/faults')).faults, [])
  await leave(page)
})

await step('a webhook that failed is delivered again', async () => {
  receiver.status = 500
  const made = await create()
  await control('POST', '/clock/advance', { by: '0s' })
  const delivery = (await control('GET', `/webhooks/deliveries?session=${made.id}`)).deliveries[0]
  const page = await visit(`deliveries/${delivery.id}`)
  receiver.status = 204
  const got = receiver.got
  await el(page, `redeliver-${delivery.id}`).click()
  await says(page, 'Sent once more: 204')
  await text(page, 'delivery-state', 'delivered')
  assert.ok(receiver.got > got)
  await el(page, `attempt-${delivery.id}-1-summary`).click()
  await leave(page)
})

await step('endpoints are added and removed', async () => {
  const page = await visit('deliveries')
  await el(page, 'new-endpoint-summary').click()
  await el(page, 'endpoint-provider').selectOption('polar')
  await el(page, 'endpoint-url').fill('http://127.0.0.1:9/other')
  await el(page, 'endpoint-add').click()
  await says(page, 'added')
  const { id } = (await control('GET', '/webhooks/endpoints')).endpoints.at(-1)
  await el(page, `drop-${id}`).click()
  await el(page, `drop-${id}`).waitFor({ state: 'detached' })
  await leave(page)
})

await step('the commands of the start panel make a first session of each provider', async () => {
  const page = await visit('start')
  for (const provider of ['bias', 'leanrails', 'polar', 'tilled']) {
    const command = (await el(page, `curl-${provider}`).textContent()).replaceAll('\\\n', ' ')
    const words = [...command.matchAll(/'([^']*)'/g)].map((m) => m[1])
    const res = await fetch(words[0], { method: 'POST', headers: Object.fromEntries(words.slice(1, -1).map((line) => line.split(/: (.*)/s).slice(0, 2))), body: words.at(-1) })
    assert.ok(res.ok, `${provider}: ${res.status} ${await res.text()}`)
    assert.equal(res.headers.get('x-sandbox'), sandbox)
  }
  await leave(page)
})

await step('sandboxes are made, chosen and dropped', async () => {
  const page = await visit('sandboxes')
  await el(page, 'sandbox-name').fill('dash-2')
  await el(page, 'sandbox-seed').fill('7')
  await el(page, 'sandbox-add').click()
  await el(page, 'sandbox-dash-2').waitFor()
  await el(page, 'sandbox').selectOption('dash-2')
  await page.waitForURL(/#\/dash-2\/sandboxes/)
  await el(page, `drop-${sandbox}`).waitFor()
  await el(page, 'sandbox').selectOption(sandbox)
  await el(page, 'drop-dash-2').click()
  await el(page, 'sandbox-dash-2').waitFor({ state: 'detached' })
  await leave(page)
})

await step('text from outside stays text', async () => {
  const evil = `"><img src=x onerror="window.owned=1"><script>window.owned=1</script>`
  const made = await create({ customer_name: evil, metadata: { note: evil }, success_url: 'https://shop.example/?x="><script>window.owned=1</script>' })
  await ask('POST', `/v1/checkouts/?q=${encodeURIComponent(evil)}`, { products: [evil], [evil]: evil })
  await control('POST', '/webhooks/endpoints', { provider: 'polar', url: 'http://127.0.0.1:9/?x=<script>window.owned=1</script>' }).catch(() => {})
  const n = (await control('GET', '/requests')).requests.at(-1).n
  const page = await visit('requests')
  for (const view of [`requests/${n}`, `requests/${n - 1}`, `sessions/${made.id}`, 'sessions', 'requests', 'deliveries', `sessions/${encodeURIComponent(evil)}`, `requests?status=${encodeURIComponent(evil)}`]) {
    await page.goto(at(view))
    await ready(page)
    assert.equal(await page.evaluate(() => window.owned), undefined, view)
    assert.equal(await page.locator('main img, main script').count(), 0, view)
  }
  await leave(page)
})

await step('by keyboard alone: to a session, and paid', async () => {
  const made = await create()
  const page = await visit('start')
  const tabTo = async (id) => {
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab')
      if (await page.evaluate((id) => document.activeElement.dataset.testid === id, id)) return
    }
    assert.fail(`${id} is not reached`)
  }
  await tabTo('nav-sessions')
  await page.keyboard.press('Enter')
  await el(page, `session-${made.id}`).waitFor()
  await tabTo(`session-${made.id}`)
  await page.keyboard.press('Enter')
  await el(page, 'act-pay').waitFor()
  await tabTo('act-pay')
  await page.keyboard.press('Enter')
  await text(page, 'session-status', 'succeeded')
  await leave(page)
})

await step('every control of every view is reached by keyboard and shows it', async () => {
  for (const [name, view] of desk.views) {
    const page = await visit(view)
    const controls = await page.locator('a[href], button, input, select, summary').evaluateAll((all) => all.filter((one) => one.tabIndex >= 0 && one.checkVisibility()).length)
    const seen = new Set()
    for (let i = 0; i < controls * 2 && seen.size < controls; i++) {
      await page.keyboard.press('Tab')
      const { id, outline, place } = await page.evaluate(() => {
        const one = document.activeElement
        return { id: one.dataset.testid ?? one.tagName, outline: getComputedStyle(one).outlineStyle, place: [...document.querySelectorAll('a[href], button, input, select, summary')].indexOf(one) }
      })
      if (id !== 'BODY') assert.equal(outline, 'solid', `${name}: ${id} does not show the focus`)
      if (place >= 0) seen.add(place)
    }
    assert.equal(seen.size, controls, name)
    await leave(page)
  }
})

await step('axe-core finds nothing serious in any view, light or dark, wide or narrow', async () => {
  for (const [name, view] of desk.views) {
    const page = await visit(view, { bypassCSP: true })
    await page.addScriptTag({ path: axe })
    for (const [width, colorScheme] of [[1280, 'light'], [360, 'dark'], [360, 'light'], [1280, 'dark']]) {
      await page.setViewportSize({ width, height: 800 })
      await page.emulateMedia({ colorScheme })
      const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
      const bad = violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => `${v.id}: ${v.nodes.map((n) => n.html).slice(0, 3).join(' | ')}`)
      assert.deepEqual(bad, [], `${name} ${width} ${colorScheme}`)
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
      assert.ok(over <= 0, `${name} is ${over} px too wide at ${width}`)
    }
    await leave(page)
  }
})

await step('when the emulator does not answer, the page says so and comes back', async () => {
  const page = await visit('sessions')
  await page.context().setOffline(true)
  await page.evaluate(() => dispatchEvent(new HashChangeEvent('hashchange')))
  await el(page, 'error').waitFor()
  await page.context().setOffline(false)
  await el(page, 'sessions').waitFor()
  await page.context().close()
})

await step('all in all under 100 KB, nothing stored', async () => {
  const page = await visit('start')
  const files = [...new Set(page.asked.filter((path) => !path.includes('/_control')))]
  assert.equal(files.length, 3)
  let weight = 0
  for (const file of files) weight += (await (await fetch(base + file, { headers: { Accept: 'text/html' } })).arrayBuffer()).byteLength
  assert.ok(weight < 100_000, `${weight} bytes`)
  assert.deepEqual(await page.context().cookies(), [])
  assert.equal(await page.evaluate(() => localStorage.length + sessionStorage.length), 0)
  console.log(`   ${weight} bytes in ${files.length} files`)
  await leave(page)
})

await browser.close()
receiver.close()
