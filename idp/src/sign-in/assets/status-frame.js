// OpenID Connect Session Management as keycloak-js speaks it: "<client> <sid>" in, "unchanged" | "changed" | "error" out.
addEventListener('message', async event => {
  const [client, sid] = typeof event.data === 'string' ? event.data.split(' ') : []
  if (!client || event.source === null) return
  // At its start keycloak-js knows no session yet and waits for this answer: "changed" makes it ask silently.
  if (!sid) return event.source.postMessage('changed', event.origin)
  const query = new URLSearchParams({ client_id: client, sid, origin: event.origin })
  let answer = 'error'
  try {
    const response = await fetch(`login-status-iframe.html/init?${query}`, { credentials: 'same-origin' })
    if (response.status === 204) answer = 'unchanged'
    if (response.status === 200) answer = 'changed'
  } catch {
    // The provider is away: a tab must not sign out for that, and keycloak-js asks again.
    answer = 'unchanged'
  }
  event.source.postMessage(answer, event.origin)
})
