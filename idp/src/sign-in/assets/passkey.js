// Passkeys: asks the browser for one and sends its answer as an ordinary form. Where the browser can, passkeys are also
// offered among the names that it fills in (conditional mediation).
// Its names are its own: the scripts of a page share one scope.
;(() => {
  const form = document.querySelector('form[data-passkey]')
  const button = form?.querySelector('button')
  const fault = form?.querySelector('[role=alert]')
  const create = form?.dataset.passkey === 'create'

  // A challenge waits five minutes for its answer; the one behind the name field is renewed before.
  const renewMs = 240_000
  let pending
  let renewal

  if (form && window.PublicKeyCredential && navigator.credentials) {
    form.hidden = false
    for (const note of document.querySelectorAll('[data-no-passkey]')) note.hidden = true
    if (!fault.hidden || button.autofocus) button.focus()
    form.addEventListener('submit', event => {
      event.preventDefault()
      if (button.ariaBusy !== 'true') ask()
    })
    if ('autofill' in form.dataset) {
      offer()
      // A page that comes back by the back button has lost its challenge.
      addEventListener('pageshow', event => event.persisted && offer())
    }
  }

  /** Asks now, in the browser's own dialog. */
  async function ask() {
    stop()
    say('')
    busy(true)
    try {
      const options = await challenge()
      if (!options) return
      pending = new AbortController()
      const { signal } = pending
      const answer = create
        ? await navigator.credentials.create({ publicKey: creation(options), signal })
        : await navigator.credentials.get({ publicKey: request(options), signal })
      if (answer) return send(answer)
      say(form.dataset.cancelled)
    } catch (error) {
      say(wordsFor(error))
    }
    busy(false)
    if ('autofill' in form.dataset) offer()
  }

  /** Offers passkeys in the name field, for as long as the page is open. */
  async function offer() {
    stop()
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return
    const mine = new AbortController()
    pending = mine
    try {
      const options = await challenge()
      if (!options || mine.signal.aborted) return
      renewal = setTimeout(offer, renewMs)
      const answer = await navigator.credentials.get({
        publicKey: request(options),
        mediation: 'conditional',
        signal: mine.signal,
      })
      if (answer) send(answer)
    } catch {
      // Nobody asked for this one: the button says what is wrong when it is pressed.
    }
  }

  function stop() {
    clearTimeout(renewal)
    pending?.abort()
    pending = undefined
  }

  /** What to ask the browser for; nothing when the page is no longer the one that is due, and is being loaded anew. */
  async function challenge() {
    const response = await fetch(form.dataset.options, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'Accept-Language': document.documentElement.lang },
    })
    if (response.ok) return await response.json()
    if (response.type === 'opaqueredirect' || response.status === 410) {
      location.reload()
      return undefined
    }
    const problem = await response.json().catch(() => ({}))
    throw Object.assign(new Error(problem.detail), { told: problem.detail })
  }

  function send(answer) {
    stop()
    busy(true)
    form.elements.response.value = JSON.stringify(plain(answer))
    form.elements.remember.value = document.querySelector('input[type=checkbox][name=remember]')?.checked ? 'yes' : ''
    form.submit()
  }

  function say(text) {
    fault.hidden = !text
    fault.textContent = text
  }

  function busy(is) {
    button.ariaBusy = String(is)
  }

  function wordsFor(error) {
    const { cancelled, known, offline, broken } = form.dataset
    if (error.told) return error.told
    if (error.name === 'NotAllowedError' || error.name === 'AbortError') return cancelled
    if (error.name === 'InvalidStateError' && create) return known
    return error instanceof TypeError ? offline : broken
  }

  // Web Authentication Level 3 reads and writes JSON itself; older browsers get the members that our service uses.
  function request(options) {
    return (
      PublicKeyCredential.parseRequestOptionsFromJSON?.(options) ?? {
        ...options,
        challenge: bytes(options.challenge),
        allowCredentials: (options.allowCredentials ?? []).map(named),
      }
    )
  }

  function creation(options) {
    return (
      PublicKeyCredential.parseCreationOptionsFromJSON?.(options) ?? {
        ...options,
        challenge: bytes(options.challenge),
        user: { ...options.user, id: bytes(options.user.id) },
        excludeCredentials: (options.excludeCredentials ?? []).map(named),
      }
    )
  }

  function named(credential) {
    return { ...credential, id: bytes(credential.id) }
  }

  function plain(credential) {
    if (credential.toJSON) return credential.toJSON()
    const { response } = credential
    const members = create
      ? ['clientDataJSON', 'attestationObject']
      : ['clientDataJSON', 'authenticatorData', 'signature', 'userHandle']
    const answer = Object.fromEntries(members.filter(one => response[one]).map(one => [one, text(response[one])]))
    if (create) answer.transports = response.getTransports?.() ?? []
    return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response: answer }
  }

  function bytes(base64url) {
    return Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), char => char.charCodeAt(0))
  }

  function text(buffer) {
    const binary = String.fromCharCode(...new Uint8Array(buffer))
    return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  }
})()
