// What a customer types: cards, codes, fields; without JavaScript, and by keyboard alone.

import assert from 'node:assert/strict'
import { base, create, url } from './shop.mjs'
import { arrived, at, fill, isPaidOnce, leave, shop, step, visit } from './stage.mjs'

export async function customer() {
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
}
