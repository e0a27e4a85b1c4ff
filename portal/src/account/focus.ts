/** Puts the focus on a section whose row or dialog has just gone, so that it is not lost at the top of the page. */
export function focusSection(id: string): void {
  // After the dialog has given the focus back to a button that may no longer be there.
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      const section = document.getElementById(id)
      if (!section || (document.activeElement && document.activeElement !== document.body)) return
      section.tabIndex = -1
      section.focus({ preventScroll: true })
    }),
  )
}
