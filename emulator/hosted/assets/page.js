// Makes the checkout page quicker to use. Everything works without it, but frames.
(() => {
  const body = document.body
  const all = (selector) => document.querySelectorAll(selector)
  const form = document.getElementById('pay-form')

  // A page that comes back from the browser's memory may be out of date.
  addEventListener('pageshow', (event) => event.persisted && location.reload())

  // One click fills in a test card.
  const number = document.getElementById('card_number')
  const known = new Set()
  for (const button of all('[data-fill]')) {
    known.add(button.dataset.fill.replaceAll(' ', ''))
    button.addEventListener('click', () => {
      number.value = button.dataset.fill
      refuse('')
      number.focus()
    })
  }

  // Other numbers do not leave the browser.
  const fault = document.getElementById('card-fault')
  function refuse(text) {
    fault.textContent = text
    if (text) number.setAttribute('aria-invalid', 'true')
    else number.removeAttribute('aria-invalid')
  }
  number?.addEventListener('input', () => refuse(''))
  form?.addEventListener('submit', (event) => {
    if (!number || event.submitter?.value === 'save') return
    const digits = number.value.replace(/[\s-]/g, '')
    if (known.has(digits) || !/^\d{8,}$/.test(digits)) return // names of test methods are for the server to know
    event.preventDefault()
    number.value = ''
    refuse('Only the test cards below work here. What you typed was not sent anywhere.')
    document.querySelector('details.cards').open = true
    number.focus()
  })

  // A second click while the first is on its way does nothing.
  for (const one of document.forms) {
    one.addEventListener('submit', (event) => {
      if (event.defaultPrevented) return
      if (one.dataset.sent) return event.preventDefault()
      one.dataset.sent = 'true'
      event.submitter?.setAttribute('aria-busy', 'true')
    })
  }

  // A choice that changes the page is saved at once, and the focus stays where it was.
  const focusKey = `localcheckout-focus:${location.pathname}`
  const store = {
    // A browser may keep storage from frames.
    get: (key) => { try { return sessionStorage.getItem(key) } catch { return null } },
    set: (key, value) => { try { sessionStorage.setItem(key, value) } catch { /* then it is forgotten */ } },
  }
  for (const field of all('[data-refresh]')) {
    field.addEventListener('change', () => {
      store.set(focusKey, field.id)
      const save = document.createElement('button')
      Object.assign(save, { name: 'action', value: 'save', formNoValidate: true, hidden: true })
      if (number) number.value = ''
      form.append(save)
      form.requestSubmit(save)
    })
  }
  const last = store.get(focusKey)
  if (last) {
    store.set(focusKey, '')
    document.getElementById(last)?.focus()
  }

  // The discount form takes along what stands in the other one.
  for (const one of all('form[data-carries]')) {
    one.addEventListener('formdata', (event) => {
      for (const [name, value] of new FormData(form)) {
        if (!['ticket', 'action', 'card_number', 'discount_code'].includes(name)) event.formData.append(name, value)
      }
    })
  }

  // When webhooks are sent is chosen for both forms.
  const timing = document.querySelector('[data-carried]')
  form?.addEventListener('formdata', (event) => timing?.value && event.formData.append(timing.name, timing.value))

  // Countries by their names.
  const names = new Intl.DisplayNames(['en'], { type: 'region' })
  for (const option of all('select[autocomplete="country"] option')) {
    if (option.value) option.textContent = names.of(option.value)
  }

  // A payment in flight: the page goes on when it ends.
  const flight = document.querySelector('[data-status-url]')
  async function follow() {
    const url = new URL(flight.dataset.statusUrl, location.href)
    url.searchParams.set('seen', 'confirmed')
    for (;;) {
      try {
        const { status } = await (await fetch(url)).json()
        if (status === 'succeeded') return location.replace(flight.dataset.returnUrl)
        if (status !== 'confirmed') return location.replace(flight.dataset.root)
      } catch {
        await new Promise((again) => setTimeout(again, 1000))
      }
    }
  }
  if (flight) follow()

  // In a frame the page around it is told, in the words of Polar's embed script.
  const target = body.dataset.embedTarget
  if (!target || window.parent === window) return
  const tell = (event, more) => window.parent.postMessage({ event, type: body.dataset.embedType, ...more }, target)
  const onceKey = `localcheckout-told:${body.dataset.session}:${body.dataset.attempt}:`
  const once = (event, more) => {
    if (store.get(onceKey + event)) return
    store.set(onceKey + event, '1')
    tell(event, more)
  }
  if ('embedLoaded' in body.dataset) tell('loaded')
  if (body.dataset.state === 'in-flight') once('confirmed')
  if (body.dataset.embedSuccess) {
    once('confirmed')
    tell('success', { successURL: body.dataset.embedSuccess, redirect: 'embedRedirect' in body.dataset })
    if (body.dataset.embedNext) location.replace(body.dataset.embedNext)
  }
  const close = () => tell('close')
  document.querySelector('[data-embed-close]')?.addEventListener('click', close)
  addEventListener('keydown', (event) => event.key === 'Escape' && close())
  body.addEventListener('click', (event) => event.target === body && close())
})()
