// What keeps the dashboard safe: a token, an address of its own, text that stays text, and how it says
// that something is wrong.

import assert from 'node:assert/strict'
import { apart, ask, at, base, control, create, guarded, ready, sandbox } from './desk.mjs'
import { el, leave, open, step, text, visit } from './stage.mjs'

export async function guards(desk) {
  await step('the commands of the start panel make a first session of each provider, which is paid here', async () => {
    const page = await visit('start')
    for (const provider of ['bias', 'leanrails', 'polar', 'tilled']) {
      await el(page, 'nav-start').click()
      const command = (await el(page, `curl-${provider}`).textContent()).replaceAll('\\\n', ' ')
      const words = [...command.matchAll(/'([^']*)'/g)].map((m) => m[1])
      const headers = Object.fromEntries(words.slice(1, -1).map((line) => line.split(/: (.*)/s).slice(0, 2)))
      const res = await fetch(words[0], { method: 'POST', headers, body: words.at(-1) })
      const made = await res.json()
      assert.ok(res.ok, `${provider}: ${res.status} ${JSON.stringify(made)}`)
      assert.equal(res.headers.get('x-sandbox'), sandbox)
      await el(page, 'nav-sessions').click()
      await el(page, 'filter-provider').selectOption(provider)
      await el(page, `session-${made.id}`).click()
      await el(page, 'act-pay').click()
      await text(page, 'session-status', 'succeeded')
      const kinds = await page.locator('[data-testid=timeline] li').evaluateAll((all) => all.map((one) => one.dataset.kind))
      assert.ok(kinds[0] === 'request' && kinds.includes('event'), `${provider}: ${kinds}`)
    }
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

  await step('when the emulator does not answer, the page says so and comes back', async () => {
    const page = await visit('sessions')
    await page.context().setOffline(true)
    await page.evaluate(() => dispatchEvent(new HashChangeEvent('hashchange')))
    await el(page, 'error').waitFor()
    await page.context().setOffline(false)
    await el(page, 'sessions').waitFor()
    await page.context().close()
  })

  await step('all in all at most 20 files and under 100 KB, no cookie, nothing stored', async () => {
    const page = await visit('start')
    const files = [...new Set(page.asked.filter((path) => !path.includes('/_control')))]
    assert.ok(files.length <= 20, `${files.length} files`)
    assert.equal(page.asked.length - page.asked.filter((path) => path.includes('/_control')).length, files.length, 'a file is asked for twice')
    let weight = 0
    for (const file of files) weight += (await (await fetch(base + file, { headers: { Accept: 'text/html' } })).arrayBuffer()).byteLength
    assert.ok(weight < 100_000, `${weight} bytes`)
    assert.deepEqual(await page.context().cookies(), [])
    assert.equal(await page.evaluate(() => localStorage.length + sessionStorage.length), 0)
    console.log(`   ${weight} bytes in ${files.length} files`)
    await leave(page)
  })

  await step('with a token nothing is shown before it is given, and everything after', async () => {
    await fetch(`${guarded.url}/s/guarded/_control/reset`, { method: 'POST', headers: { Authorization: `Bearer ${guarded.token}` } })
    const page = await open(`${guarded.url}/#/guarded/sessions`)
    await el(page, 'token').fill('nobody')
    await el(page, 'token-send').click()
    await el(page, 'token-wrong').waitFor()
    assert.equal(await text(page, 'live', 'Token wanted').then(() => 'told'), 'told')
    await el(page, 'token').fill(guarded.token)
    await page.keyboard.press('Enter')
    await el(page, 'no-sessions').waitFor()
    await text(page, 'live', 'Live') // the streams have the token, too
    const res = await fetch(`${guarded.url}/s/guarded/polar/v1/checkouts/`, {
      method: 'POST', headers: { Authorization: 'Bearer polar_oat_guarded', 'Content-Type': 'application/json' }, body: '{"products": ["b3f3c9b1-1168-47b6-b178-2af9b468bad7"]}',
    })
    const made = await res.json()
    await el(page, `session-${made.id}`).click()
    await el(page, 'act-pay').click()
    await text(page, 'session-status', 'succeeded')
    const [download] = await Promise.all([page.waitForEvent('download'), el(page, 'nav-requests').click().then(() => el(page, 'download-har').click())])
    assert.equal(download.suggestedFilename(), 'localcheckout.har')
    assert.ok(!page.asked.some((path) => path.includes(guarded.token)))
    assert.equal(await page.evaluate(() => localStorage.length + sessionStorage.length + document.cookie.length), 0)
    await page.reload()
    await el(page, 'token').waitFor() // kept nowhere
    await leave(page)
  })

  await step('with a control API of its own address, the dashboard is there, and elsewhere says so', async () => {
    const page = await open(apart.url)
    await el(page, 'elsewhere').waitFor()
    assert.match(await el(page, 'bases').textContent(), new RegExp(`${apart.url}/polar`))
    assert.ok(page.asked.every((path) => !path.includes('_control')))
    await leave(page)
    const desk = await open(apart.control)
    await ready(desk)
    const command = await el(desk, 'curl-polar').textContent()
    const to = /'(http[^']+)'/.exec(command)[1]
    assert.equal(new URL(to).port, new URL(apart.url).port, 'the base URL is not where the providers are')
    const made = await (await fetch(to, { method: 'POST', headers: { Authorization: 'Bearer polar_oat_1', 'Content-Type': 'application/json' }, body: '{"products": ["b3f3c9b1-1168-47b6-b178-2af9b468bad7"]}' })).json()
    await el(desk, 'nav-sessions').click()
    await el(desk, `session-${made.id}`).click()
    await el(desk, 'act-pay').click()
    await text(desk, 'session-status', 'succeeded')
    assert.equal(new URL(await el(desk, 'checkout-link').getAttribute('href')).port, new URL(apart.url).port)
    await leave(desk)
  })
}
