// Every state of the page: how a session gets there, and what is to be opened.

import { create, control, url } from './shop.mjs'

const act = (made, action, body) => control('POST', `/sessions/${made.id}/${action}`, body)

// states lists [name, open(page, site)]; open leaves the page in the state.
export const states = [
  ['polar-form', async (page, site) => page.goto(await url(await create.polar(site)))],
  ['polar-fields', async (page, site) => {
    const made = await create.polar(site, { products: ['a4f86bd8-c457-42c9-b4aa-fa363eda3b68'], require_billing_address: true })
    await page.goto(await url(made))
  }],
  ['tilled-form', async (page, site) => page.goto(await url(await create.tilled(site)))],
  ['leanrails-form', async (page, site) => page.goto(await url(await create.leanrails(site, { billing_address_collection: 'required' })))],
  ['bias-form', async (page, site) => page.goto(await url(await create.bias(site, { submit_label: 'donate' })))],
  ['declined', async (page, site) => {
    await page.goto(await url(await create.leanrails(site)))
    await page.getByTestId('simulate-decline-insufficient_funds').click()
    await page.getByTestId('message').waitFor()
  }],
  ['faults', async (page, site) => {
    await page.goto(await url(await create.polar(site)))
    await page.locator('#pay-form').evaluate((form) => { form.noValidate = true })
    await page.getByTestId('field-customer_email').fill('ada')
    await page.getByTestId('card-4242424242424242').click()
    await page.getByTestId('pay').click()
    await page.getByTestId('message').waitFor()
  }],
  ['challenge', async (page, site) => {
    await page.goto(await url(await create.polar(site)))
    await page.getByTestId('simulate-challenge').click()
    await page.getByTestId('challenge').waitFor()
  }],
  ['in-flight', async (page, site) => {
    const made = await create.polar(site)
    await act(made, 'confirm')
    await page.goto(await url(made))
  }],
  ['receipt', async (page, site) => {
    await page.goto(await url(await create.bias(site)))
    await page.getByTestId('simulate-paid').click()
    await page.getByTestId('receipt').waitFor()
  }],
  ['paid', async (page, site) => {
    const made = await create.polar(site)
    await act(made, 'pay')
    await page.goto(await url(made))
  }],
  ['failed', async (page, site) => {
    const made = await create.tilled(site)
    await act(made, 'confirm')
    await act(made, 'fail', {})
    await page.goto(await url(made))
  }],
  ['expired', async (page, site) => {
    const made = await create.polar(site)
    await act(made, 'expire')
    await page.goto(await url(made))
  }],
  ['embedded', async (page, site) => {
    const made = await create.polar(site, { embed_origin: site })
    await page.goto(`${site}/embed.html?checkout=${encodeURIComponent(await url(made))}`)
    await page.locator('#open').click()
    await page.waitForFunction(() => window.opened)
  }],
  ['unknown', async (page, site) => {
    const made = await create.polar(site)
    await page.goto((await url(made)).slice(0, -4) + 'none')
  }],
]
