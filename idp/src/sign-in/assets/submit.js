// One click signs out: the page that the library asks for confirms itself. Without JavaScript its button does.
document.querySelector('[data-submit]')?.click()
