// Every state of the page: how a session gets there, and what is to be opened.

import { base, control, create, url } from './shop.mjs'

const act = (made, action, body) => control('POST', `/sessions/${made.id}/${action}`, body)

// framed opens a checkout in the frame of the merchant's page.
async function framed(page, site, checkout) {
  await page.goto(`${site}/frame.html?checkout=${encodeURIComponent(checkout)}`)
  await page.frameLocator('iframe').locator('main').waitFor()
}

// states lists [name, open(page, site)]; open leaves the page in the state.
export const states = [
  ['polar-form', async (page, site) => page.goto(await url(await create.polar(site)))],
  ['polar-fields', async (page, site) => {
    const made = await create.polar(site, { products: ['a4f86bd8-c457-42c9-b4aa-fa363eda3b68'], require_billing_address: true })
    await page.goto(await url(made))
  }],
  ['polar-discount', async (page, site) => {
    await page.goto(await url(await create.polar(site)))
    await page.getByTestId('discount-code').fill('QUARTER')
    await page.getByTestId('discount-apply').click()
    await page.getByTestId('discount-applied').waitFor()
  }],
  ['polar-trial', async (page, site) => page.goto(await url(await create.polar(site, { products: ['63e04365-112b-4e69-8740-f443e62ed24e'] })))],
  ['polar-free', async (page, site) => page.goto(await url(await create.polar(site, { products: ['e47bbf54-d913-4e6b-bd2f-6678a36081b8'] })))],
  ['polar-own-sum', async (page, site) => page.goto(await url(await create.polar(site, { products: ['2ff5ad69-1473-4dc2-8f8c-4445a3914cd9'] })))],
  ['tilled-bank', async (page, site) => page.goto(await url(await create.tilled(site, { payment_intent_data: { payment_method_types: ['ach_debit'] } })))],
  ['tilled-long', async (page, site) => {
    const name = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft, Sonderanfertigung in Eiche, geölt, mit Messinggriffen'
    const item = (i) => ({ quantity: 999, price_data: { currency: 'usd', unit_amount: 8_333, product_data: { name: `${i}. ${name}`, description: name.repeat(2) } } })
    await page.goto(await url(await create.tilled(site, { line_items: Array.from({ length: 12 }, (_, i) => item(i + 1)) })))
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
  ['bias-setup', async (page, site) => page.goto(await url(await create.bias(site, { mode: 'setup', line_items: undefined })))],
  ['canceled', async (page, site) => {
    await page.goto(await url(await create.bias(site)))
    await page.getByTestId('cancel').click()
    await page.getByTestId('message').waitFor()
  }],
  ['stale', async (page, site) => {
    await page.goto(await url(await create.polar(site)))
    await page.locator('[name=ticket]').evaluateAll((all) => all.forEach((one) => (one.value = 'AAAA')))
    await page.getByTestId('simulate-paid').click()
    await page.getByTestId('stale').waitFor()
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
  ['embedded-in-flight', async (page, site) => {
    const made = await create.polar(site, { embed_origin: site })
    await act(made, 'confirm')
    await framed(page, site, `${await url(made)}?embed=true&theme=dark`)
    await page.frameLocator('iframe').getByTestId('in-flight').waitFor()
  }],
  ['embedded-receipt', async (page, site) => {
    await framed(page, site, `${await url(await create.polar(site, { embed_origin: site, success_url: undefined }))}?embed=true`)
    await page.frameLocator('iframe').getByTestId('simulate-paid').click()
    await page.frameLocator('iframe').getByTestId('receipt').waitFor()
  }],
  ['framed-bias', async (page, site) => framed(page, site, `${base}/checkout/${(await create.bias(site)).client_secret}?embed=true`)],
  ['framed-leanrails', async (page, site) => {
    const made = await create.leanrails(site, { ui_mode: 'embedded', success_url: undefined, cancel_url: undefined })
    await framed(page, site, `${base}/checkout/${made.client_secret}?embed=true`)
  }],
  ['unknown', async (page, site) => {
    const made = await create.polar(site)
    await page.goto((await url(made)).slice(0, -4) + 'none')
  }],
]
