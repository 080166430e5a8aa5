// For pages under development that use Polar's published embed script, @polar-sh/checkout. That script
// listens to frames from polar.sh and sandbox.polar.sh alone; this one, loaded beside it, hands on what
// a frame from localcheckout says, as if it came from there. Not for production.
;(() => {
  const own = new URL(document.currentScript.src).origin
  addEventListener('message', (event) => {
    if (event.origin !== own || event.data?.type !== 'POLAR_CHECKOUT') return
    dispatchEvent(new MessageEvent('message', { data: event.data, origin: 'https://sandbox.polar.sh', source: event.source }))
  })
})()
