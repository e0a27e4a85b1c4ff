// keycloak-js asks whether this frame may have cookies at all.
const found = document.documentElement.dataset.cookie === 'yes'
parent.postMessage(found ? 'supported' : 'unsupported', '*')
