// One payment, however often it is submitted.

import assert from 'node:assert/strict'
import { advance, create, session, url } from './shop.mjs'
import { arrived, at, fill, isPaidOnce, leave, providers, shop, step, visit } from './stage.mjs'

export async function once() {
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
}
