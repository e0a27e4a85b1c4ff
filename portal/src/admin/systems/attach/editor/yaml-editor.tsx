import { type KeyboardEvent, type ReactNode, type Ref, useEffect, useImperativeHandle, useRef, useState } from 'react'
import { attachTexts } from '../texts.ts'
import { type Edit, indent, newLine, outdent } from './indent.ts'
import { type Marks, offsetOf } from './marks.ts'

export interface EditorHandle {
  /** Puts the cursor there and shows it. */
  goTo(line: number, column: number | null): void
}

type Props = {
  label: string
  value: string
  marks: Marks
  onChange: (value: string) => void
  onCheck: () => void
  /** what describes the faults of the text */
  describedBy: string
  ref?: Ref<EditorHandle>
}

const lineHeight = 20

/** A text of several lines with their numbers. Tab and Shift+Tab indent; Escape lets the next Tab leave the field. */
export function YamlEditor({ label, value, marks, onChange, onCheck, describedBy, ref }: Props): ReactNode {
  const t = attachTexts.useTexts()
  const field = useRef<HTMLTextAreaElement>(null)
  const numbers = useRef<HTMLDivElement>(null)
  const leaving = useRef(false)
  const [cursor, setCursor] = useState<{ line: number; column: number }>({ line: 1, column: 1 })
  const lines = value.split('\n').length

  useImperativeHandle(ref, () => ({
    goTo: (line, column) => {
      const area = field.current
      if (!area) return
      const at = offsetOf(area.value, line, column)
      area.focus()
      area.setSelectionRange(at, at)
      area.scrollTop = Math.max(0, (line - 4) * lineHeight)
      area.scrollLeft = 0
      area.scrollIntoView({ block: 'nearest' })
    },
  }))
  useEffect(() => {
    const area = field.current
    if (!area) return
    const follow = (): void => {
      if (document.activeElement !== area) return
      const before = area.value.slice(0, area.selectionStart)
      setCursor({ line: before.split('\n').length, column: before.length - before.lastIndexOf('\n') })
    }
    document.addEventListener('selectionchange', follow)
    return () => document.removeEventListener('selectionchange', follow)
  }, [])

  const apply = ({ from, to, insert, selection }: Edit): void => {
    const area = field.current
    if (!area) return
    area.setSelectionRange(from, to)
    // Deprecated and without a successor: the one way to change a field's text so that it can be undone.
    const done = insert === '' ? document.execCommand('delete') : document.execCommand('insertText', false, insert)
    if (!done) {
      area.setRangeText(insert, from, to)
      onChange(area.value)
    }
    area.setSelectionRange(...selection)
  }
  const press = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    const { selectionStart: start, selectionEnd: end } = event.currentTarget
    const wasLeaving = leaving.current
    if (event.key !== 'Shift') leaving.current = event.key === 'Escape'
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      onCheck()
    } else if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault()
      apply(newLine(value, start, end))
    } else if (event.key === 'Tab' && !wasLeaving && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault()
      const edit = event.shiftKey ? outdent(value, start, end) : indent(value, start, end)
      if (edit.insert !== value.slice(edit.from, edit.to)) apply(edit)
    }
  }
  return (
    <div className="yamled">
      <div className="yamlbox">
        <div className="yamllines" ref={numbers} aria-hidden="true">
          {Array.from({ length: lines }, (_, place) => {
            const mark = marks.get(place + 1)
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number
              <i key={place} className={mark === 'ERROR' ? 'bad' : mark ? 'warn' : undefined}>
                {place + 1}
              </i>
            )
          })}
        </div>
        <textarea
          ref={field}
          className="code"
          aria-label={label}
          aria-invalid={[...marks.values()].includes('ERROR') || undefined}
          aria-describedby={describedBy}
          wrap="off"
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          autoCorrect="off"
          translate="no"
          value={value}
          onChange={event => onChange(event.target.value)}
          onKeyDown={press}
          onScroll={event => {
            if (numbers.current) numbers.current.scrollTop = event.currentTarget.scrollTop
          }}
        />
      </div>
      <p className="yamlfoot micro dimmer">
        <span>{t('editor.place', cursor)}</span>
        <span>{t('editor.keys')}</span>
      </p>
    </div>
  )
}
