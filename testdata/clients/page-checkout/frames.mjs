// The page in a frame: by Polar's published embed script, and for Bias and LeanRails by a page of the
// merchant's own.

import assert from 'node:assert/strict'
import { base, create, session, url } from './shop.mjs'
import { arrived, at, isPaidOnce, leave, shop, step, visit } from './stage.mjs'

export async function frames() {
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

  for (const [name, make] of Object.entries(framed)) {
    const open = async (theme = 'light') => {
      const made = await make()
      const page = await visit(`${shop.origin}/frame.html?checkout=${encodeURIComponent(`${base}/checkout/${made.client_secret}?embed=true&theme=${theme}`)}`)
      return { made, page, frame: page.frameLocator('iframe'), told: () => page.evaluate(() => window.seen) }
    }

    await step(`${name} in a frame of another port: a decline, then paid, and the page around it is told in order`, async () => {
      const { made, page, frame, told } = await open('dark')
      assert.equal(await frame.locator('html').getAttribute('data-theme'), 'dark')
      await frame.locator('[data-testid^="simulate-decline-"]').first().click()
      await frame.getByTestId('message').waitFor()
      await frame.getByTestId('simulate-paid').click()
      await page.waitForFunction(() => window.seen.includes('success'))
      assert.deepEqual(await told(), ['loaded', 'confirmed', 'success'])
      await isPaidOnce(made)
      await leave(page)
    })

    await step(`${name} in a frame of another port: 3-D Secure, a payment in flight, close`, async () => {
      const { made, page, frame, told } = await open()
      await frame.getByTestId('simulate-challenge').click()
      await frame.getByTestId('challenge-fail').click()
      await frame.getByTestId('message').waitFor()
      await frame.getByTestId('embed-close').click()
      await page.waitForFunction(() => window.seen.includes('close'))
      await frame.getByTestId('simulate-pending-paid').click()
      await frame.getByTestId('in-flight').waitFor()
      await page.waitForFunction(() => window.seen.includes('confirmed'))
      await frame.getByTestId('in-flight-settle').click()
      await page.waitForFunction(() => window.seen.includes('success'))
      assert.deepEqual((await told()).filter((event) => event !== 'loaded'), ['close', 'confirmed', 'success'])
      assert.equal((await session(made.id)).status, 'succeeded')
      await leave(page)
    })
  }
}

// framed are the sessions that a merchant's page mounts by their client secret.
const framed = {
  Bias: () => create.bias(shop.origin),
  'LeanRails, embedded,': () => create.leanrails(shop.origin, { ui_mode: 'embedded', success_url: undefined, cancel_url: undefined }),
  'LeanRails, custom,': () => create.leanrails(shop.origin, { ui_mode: 'custom', success_url: undefined, cancel_url: undefined }),
}
