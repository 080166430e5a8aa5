// What happens appears by itself, and the actions of a session do what they say.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { ask, control, create } from './desk.mjs'
import { el, leave, says, step, text, visit } from './stage.mjs'

export async function live(desk) {
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

  await step('a request appears by itself', async () => {
    const page = await visit('requests')
    await ask('GET', '/v1/nowhere')
    const n = (await control('GET', '/requests')).requests.at(-1).n
    await el(page, `request-${n}`).waitFor()
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

  await step('the journal is downloaded as HAR', async () => {
    const page = await visit('requests', { acceptDownloads: true })
    const [download] = await Promise.all([page.waitForEvent('download'), el(page, 'download-har').click()])
    assert.equal(download.suggestedFilename(), 'localcheckout.har')
    const har = JSON.parse(await readFile(await download.path(), 'utf8'))
    assert.equal(har.log.version, '1.2')
    assert.equal(har.log.entries.length, (await control('GET', '/requests')).requests.length)
    await leave(page)
  })

  await step('every action of a session, as long as it is allowed', async () => {
    for (const [actions, status] of [
      [['decline', 'pay'], 'succeeded'], [['confirm', 'settle'], 'succeeded'], [['confirm', 'fail'], 'open'], [['cancel'], 'open'], [['expire'], 'expired'], [['force'], 'failed'],
    ]) {
      const made = await create()
      const page = await visit(`sessions/${made.id}`)
      for (const action of actions) await el(page, `act-${action}`).click()
      await page.waitForFunction((status) => document.querySelector('[data-testid=session-status]')?.textContent === status && document.querySelector('[data-testid=message]').textContent, status)
      assert.equal((await control('GET', `/sessions/${made.id}`)).status, status)
      await leave(page)
    }
  })

  await step('an action on a clock that is to get there', async () => {
    const made = await create()
    const page = await visit(`sessions/${made.id}`)
    await el(page, 'act-confirm').click()
    await el(page, 'act-after').fill('10m')
    await el(page, 'act-settle').click()
    await says(page, 'Settled later')
    await el(page, 'nav-clock').click()
    await el(page, 'advance-10m').click()
    await text(page, 'fired', 'session.succeeded')
    assert.equal((await control('GET', `/sessions/${made.id}`)).status, 'succeeded')
    await leave(page)
  })
}
