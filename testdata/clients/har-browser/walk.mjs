// Has Chromium replay what an application asked, from the archive of the journal alone: playwright-core
// reads it, and nothing reaches localcheckout any more.
//
//	LOCALCHECKOUT_URL=http://127.0.0.1:4747 node walk.mjs
//
// One line `ok <step>` per step; the first step that fails ends the program with status 1.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const base = (process.env.LOCALCHECKOUT_URL ?? '').replace(/\/+$/, '')
if (!base) {
  console.error('LOCALCHECKOUT_URL is not set; give the address of a running localcheckout, such as http://127.0.0.1:4747')
  process.exit(2)
}

const root = `${base}/s/har`
const control = (path, options) => fetch(`${root}/_control${path}`, options)
const account = { 'tilled-account': 'acct_CornerBakery000000001', 'tilled-api-key': 'sk_test_har' }
const line = { quantity: 1, price_data: { currency: 'usd', unit_amount: 1250, product_data: { name: 'Pain d’épices <1 kg> & "butter"' } } }

// ask makes a request and returns what came of it, as the browser will.
async function ask({ method = 'GET', path, headers = {}, body }) {
  const res = await fetch(root + path, { method, headers: { ...headers, ...(body && { 'Content-Type': 'application/json' }) }, body })
  return { status: res.status, type: res.headers.get('content-type'), text: await res.text() }
}

const asked = [
  { method: 'POST', path: '/tilled/v1/checkout-sessions', headers: account, body: JSON.stringify({ line_items: [line], payment_intent_data: { payment_method_types: ['card'] } }) },
  { path: '/tilled/v1/checkout-sessions?limit=2&offset=0', headers: account },
  { path: '/tilled/v1/checkout-sessions/cs_unknown', headers: account },
  { method: 'POST', path: '/bias/v1/checkout_sessions', headers: { Authorization: 'Bearer sk_test_har' }, body: '{"amount":-1}' },
  { path: '/leanrails/v1/no_such_thing' },
  { path: '/polar/v1/products/?limit=1', headers: { Authorization: 'Bearer polar_oat_har' } },
]

let browser
const folder = await mkdtemp(join(tmpdir(), 'localcheckout-har-'))

async function step(name, run) {
  try {
    await run()
    console.log(`ok ${name}`)
  } catch (err) {
    console.error(`FAILED ${name}: ${err?.stack ?? err}`)
    await browser?.close()
    await rm(folder, { recursive: true, force: true })
    process.exit(1)
  }
}

const answers = []
let archive

await step('an application asks', async () => {
  await control('/reset', { method: 'POST' })
  for (const one of asked) answers.push(await ask(one))
  assert.deepEqual(answers.map((one) => one.status), [201, 200, 404, 400, 404, 200])
  const res = await control('/requests.har')
  archive = await res.text()
  assert.equal(JSON.parse(archive).log.entries.length, asked.length)
  assert.ok(!archive.includes('sk_test_har') && !archive.includes('polar_oat_har'), 'a credential is in the archive')
  await writeFile(join(folder, 'journal.har'), archive)
})

await step('the browser replays every answer from the archive, byte for byte', async () => {
  const before = (await (await control('/requests')).json()).requests.length
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--no-first-run', '--disable-dev-shm-usage',
    ],
  })
  const context = await browser.newContext()
  await context.routeFromHAR(join(folder, 'journal.har'), { notFound: 'abort' })
  const page = await context.newPage()
  const shown = await page.goto(root + asked[1].path) // a page of the same origin, itself from the archive
  assert.equal(await shown.text(), answers[1].text)
  for (const [i, one] of asked.entries()) {
    const got = await page.evaluate(async ({ root, one }) => {
      const res = await fetch(root + one.path, { method: one.method, headers: { ...one.headers, ...(one.body && { 'Content-Type': 'application/json' }) }, body: one.body })
      return { status: res.status, type: res.headers.get('content-type'), text: await res.text() }
    }, { root, one })
    assert.deepEqual(got, answers[i], `${one.method ?? 'GET'} ${one.path}`)
  }
  const other = await page.evaluate((to) => fetch(to).then(() => 'answered', () => 'nothing'), `${root}/tilled/v1/checkout-sessions/cs_other`)
  assert.equal(other, 'nothing', 'what is not in the archive is answered')
  assert.equal((await (await control('/requests')).json()).requests.length, before, 'a replayed request has reached localcheckout')
})

await step('a body decides which of two answers is replayed', async () => {
  const body = asked[0].body.replace('1250', '400')
  const second = await ask({ ...asked[0], body })
  await writeFile(join(folder, 'both.har'), await (await control('/requests.har')).text())
  const context = await browser.newContext()
  await context.routeFromHAR(join(folder, 'both.har'), { notFound: 'abort' })
  const page = await context.newPage()
  await page.goto(root + asked[1].path)
  const got = await page.evaluate(async ({ to, headers, body }) => (await fetch(to, { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body })).text(), { to: root + asked[0].path, headers: account, body })
  assert.equal(got, second.text)
  assert.notEqual(got, answers[0].text)
})

await browser.close()
await rm(folder, { recursive: true, force: true })
