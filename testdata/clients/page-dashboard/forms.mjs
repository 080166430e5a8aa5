// The clock, faults, webhooks, the event plan, sandboxes: each by its form, and what it changes.

import assert from 'node:assert/strict'
import { ask, control, create, sandbox } from './desk.mjs'
import { el, leave, says, step, text, visit } from './stage.mjs'

export async function forms(desk, receiver) {
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

  await step('a fault is matched by header and body, and strikes every second time', async () => {
    const page = await visit('faults')
    await el(page, 'fault-provider').selectOption('polar')
    await el(page, 'fault-operation').fill('createCheckout')
    await el(page, 'fault-status').fill('502')
    await el(page, 'fault-more-summary').click()
    await el(page, 'fault-method').selectOption('POST')
    await el(page, 'fault-every').fill('2')
    await el(page, 'fault-chance').fill('1')
    await el(page, 'fault-header').fill('X-Test')
    await el(page, 'fault-header-value').fill('yes')
    await el(page, 'fault-body').fill('/customer_email')
    await el(page, 'fault-body-how').selectOption('contains')
    await el(page, 'fault-body-value').fill('@example')
    await el(page, 'fault-add').click()
    await says(page, 'is armed')
    const [fault] = (await control('GET', '/faults')).faults
    assert.deepEqual(fault.match, { provider: 'polar', operation: 'createCheckout', method: 'POST', header: { 'X-Test': 'yes' }, body: { '/customer_email': { contains: '@example' } } })
    const body = { products: ['b3f3c9b1-1168-47b6-b178-2af9b468bad7'], customer_email: 'ada@example.com' }
    const answers = []
    for (const [sent, headers] of [[body, {}], [{ ...body, customer_email: 'ada@shop.test' }, { 'X-Test': 'yes' }], ...Array(4).fill([body, { 'X-Test': 'yes' }])]) {
      answers.push(await ask('POST', '/v1/checkouts/', sent, headers))
    }
    assert.deepEqual(answers, [201, 422, 201, 502, 201, 502].map((status, i) => (i === 1 ? answers[1] : status)))
    assert.notEqual(answers[1], 502)
    await text(page, `hits-${fault.id}`, '2')
    await control('DELETE', '/faults')
    await leave(page)
  })

  await step('every effect is armed by the form, with what belongs to it', async () => {
    const page = await visit('faults')
    for (const [kind, fields, effect, phase] of [
      ['status', { status: '402', code: 'declined', delay: '5ms' }, { status: 402, code: 'declined', delay: '5ms' }, 'before'],
      ['rate_limit', { limit: '7', reset: '9s' }, { rate_limit: { limit: 7, reset: '9s' } }, 'before'],
      ['delay', { delay: '1s' }, { delay: '1s' }, 'before'],
      ['hang', {}, { hang: true }, 'before'],
      ['reset', {}, { reset: true }, 'before'],
      ['empty', {}, { empty: true }, 'before'],
      ['truncate', { bytes: '11' }, { truncate: 11 }, 'after'],
      ['garbage', {}, { garbage: true }, 'before'],
      ['drip', { chunk: '3', pause: '20ms' }, { drip: { chunk: 3, every: '20ms' } }, 'after'],
    ]) {
      await el(page, 'fault-kind').selectOption(kind)
      await el(page, 'fault-delay').fill('')
      for (const [name, value] of Object.entries(fields)) await el(page, `fault-${name}`).fill(value)
      assert.equal(await el(page, 'fault-phase').isVisible(), phase === 'before', kind)
      await el(page, 'fault-add').click()
      await el(page, 'clear-faults').waitFor()
      const [fault] = (await control('GET', '/faults')).faults
      assert.deepEqual(fault.effect, effect)
      assert.equal(fault.phase, phase)
      await el(page, 'clear-faults').click()
      await el(page, 'no-faults').waitFor()
    }
    await leave(page)
  })

  await step('the event plan: every step is added by the form, and one is played', async () => {
    await control('DELETE', '/webhooks/plan')
    const page = await visit('plan')
    await el(page, 'no-plan').waitFor()
    const kinds = ['drop', 'duplicate', 'delay', 'reorder', 'bad_signature', 'stale_timestamp', 'truncate']
    for (const [i, kind] of kinds.entries()) {
      await el(page, 'plan-do').selectOption(kind)
      assert.equal(await el(page, 'plan-delay').isVisible(), kind === 'delay')
      await el(page, 'plan-add').click()
      await el(page, `step-${i}`).waitFor()
    }
    assert.deepEqual((await control('GET', '/webhooks/plan')).steps.map((s) => s.do), kinds)
    await el(page, 'plan-drop-1').click()
    await el(page, 'step-6').waitFor({ state: 'detached' })
    assert.deepEqual((await control('GET', '/webhooks/plan')).steps.map((s) => s.do), kinds.filter((kind) => kind !== 'duplicate'))
    await el(page, 'plan-clear').click()
    await el(page, 'no-plan').waitFor()

    await el(page, 'plan-do').selectOption('duplicate')
    await el(page, 'plan-provider').selectOption('polar')
    await el(page, 'plan-type').fill('order.payed')
    await el(page, 'plan-add').click()
    await says(page, 'order.paid') // did you mean
    await el(page, 'plan-type').fill('order.paid')
    await el(page, 'plan-add').click()
    await el(page, 'step-0').waitFor()
    const made = await create()
    receiver.types.length = 0
    await control('POST', `/sessions/${made.id}/pay`, { webhooks: 'before_redirect' })
    await control('POST', '/clock/advance', { by: '0s' })
    assert.equal(receiver.types.filter((type) => type === 'order.paid').length, 2)
    await el(page, 'no-plan').waitFor()
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
}
