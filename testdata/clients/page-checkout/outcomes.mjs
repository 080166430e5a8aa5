// Every outcome on the page of every provider that has it.

import assert from 'node:assert/strict'
import { advance, base, control, create, events, session, url } from './shop.mjs'
import { arrived, at, fill, isPaidOnce, leave, paidBy, providers, shop, step, visit } from './stage.mjs'

export async function outcomes() {
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
      page.asked.length = 0
      const began = performance.now()
      await page.goto(address)
      await at(page, 'simulate-paid').click()
      await arrived(page, provider)
      console.log(`   ${provider}: ${Math.round(performance.now() - began)} ms from opening the page to the redirect`)
      // The page, to which the form is sent, its style and its script; Bias ends on a page of its own.
      const own = new Set(page.asked.filter((to) => to.startsWith(base)))
      assert.equal(own.size, provider === 'bias' ? 4 : 3, [...own].join(' '))
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

    await step(`${provider}: turning back leads to the shop, where there is one, and the checkout is still there`, async () => {
      const made = await create[provider](shop.origin)
      const page = await visit(await url(made))
      await at(page, 'cancel').click()
      if (provider === 'bias') await at(page, 'message').waitFor() // its sessions name no page to turn back to
      else await page.waitForURL(`${shop.origin}/cart`)
      assert.equal((await session(made.id)).status, 'open')
      assert.deepEqual((await events(made.id)).filter((type) => type.startsWith('session.')), ['session.created', 'session.canceled'])
      await page.goto(await url(made))
      await at(page, 'simulate-paid').click()
      await arrived(page, provider)
      await isPaidOnce(made)
      await leave(page)
    })

    await step(`${provider}: an expired session says so, also when it expires while its page is open`, async () => {
      const made = await create[provider](shop.origin)
      const page = await visit(await url(made))
      await control('POST', `/sessions/${made.id}/expire`)
      await at(page, 'simulate-paid').click()
      await at(page, 'expired').waitFor()
      assert.equal((await page.reload()).status(), 410)
      assert.equal((await session(made.id)).status, 'expired')
      assert.equal(await at(page, 'pay-form').count(), 0)
      if (provider !== 'bias') { // its sessions name no page to turn back to
        await at(page, 'back').click()
        await page.waitForURL(`${shop.origin}/cart`)
      }
      await leave(page)
    })

    await step(`${provider}: a session that is paid says so, and leads on`, async () => {
      const made = await create[provider](shop.origin)
      await control('POST', `/sessions/${made.id}/pay`)
      const page = await visit(await url(made))
      await at(page, 'paid').waitFor()
      await at(page, 'continue').click()
      await arrived(page, provider)
      await isPaidOnce(made)
      await leave(page)
    })

    await step(`${provider}: a session that is not there`, async () => {
      const page = await visit()
      const address = await url(await create[provider](shop.origin))
      assert.equal((await page.goto(address.slice(0, -4) + 'none')).status(), 404)
      await at(page, 'unknown').waitFor()
      await leave(page)
    })
  }

  for (const [provider, done] of Object.entries(paidEvents)) {
    await step(`${provider}: webhooks before the redirect, after it, or never`, async () => {
      const endpoint = await control('POST', '/webhooks/endpoints', { provider, url: shop.hooks })
      const pay = async (timing) => {
        const made = await create[provider](shop.origin)
        await advance('0s')
        shop.log.length = 0
        const page = await visit(await url(made))
        await at(page, 'simulate-webhooks').selectOption(timing)
        await at(page, 'simulate-paid').click()
        await arrived(page, provider)
        await leave(page)
        return made
      }
      await pay('before_redirect')
      assert.ok(shop.log.indexOf(done) >= 0 && shop.log.indexOf(done) < shop.log.indexOf('thanks'), `before: ${shop.log}`)

      // The answer goes out first, so what follows it may still be on its way here.
      const after = await pay('after_redirect')
      let sent = []
      for (const end = Date.now() + 30_000; !sent.some((d) => d.state === 'delivered'); await new Promise((go) => setTimeout(go, 20))) {
        assert.ok(Date.now() < end, 'after: nothing came')
        sent = (await deliveries(after)).filter((d) => d.event.type === done)
      }
      assert.equal(sent.length, 1)
      assert.equal(sent[0].attempts.length, 1)

      const never = await pay('none')
      await advance('1h')
      const dropped = (await deliveries(never)).filter((d) => d.event.type === done)
      assert.deepEqual(dropped.map((d) => [d.state, d.reason, d.attempts.length]), [['dropped', 'webhooks: none', 0]])
      await control('DELETE', `/webhooks/endpoints/${endpoint.id}`)
    })
  }
}

const deliveries = async (made) => (await control('GET', `/webhooks/deliveries?session=${made.id}`)).deliveries

// paidEvents is the event that says that a session was paid; Bias sends no webhooks.
const paidEvents = { polar: 'order.paid', tilled: 'payment_intent.succeeded', leanrails: 'checkout.session.completed' }
