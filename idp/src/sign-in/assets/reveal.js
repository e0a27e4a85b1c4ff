// Shows the password while the person wants to see it. Without JavaScript the button stays hidden.
const button = document.querySelector('[data-reveal]')
const field = document.getElementById(button?.getAttribute('aria-controls') ?? '')
if (button && field) {
  button.hidden = false
  button.addEventListener('click', () => {
    const shown = field.type === 'text'
    field.type = shown ? 'password' : 'text'
    button.setAttribute('aria-pressed', String(!shown))
    field.focus()
  })
}
